"""Why an Action of a Plan is taken (`rules.Reason`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import Message

REASONS: Final[Mapping[str, Message]] = {
    "new": Message("新しい予定です。", "The event is new."),
    "edited": Message("予定が変更されました。", "The event was edited."),
    "deleted": Message("予定が削除されました。", "The event was deleted."),
    "edit-beats-delete": Message(
        "一方で削除、他方で変更されたため、変更を残しました。",
        "It was deleted on one side and edited on the other; the edit was kept.",
    ),
    "both-edited": Message(
        "両方で変更されたため、項目ごとにまとめました。",
        "It was edited on both sides; the edits were merged field by field.",
    ),
    "same-on-both": Message(
        "両方にある同じ予定を対応付けました。", "The same event on both sides was linked."
    ),
    "recognised": Message(
        "以前に同期した予定を見つけて対応付けました。", "An event synced earlier was found again and linked."
    ),
    "no-edit": Message("変更はありません。", "Nothing was edited."),
    "gone-on-both": Message("両方で削除されました。", "It was deleted on both sides."),
    "answered": Message(
        "出欠の回答をグループウェアに反映しました。",
        "The answer to the invitation was entered in the groupware.",
    ),
    "declined": Message(
        "本人が欠席と回答したため、Outlook には登録しません。",
        "The person declined, so the event is not entered in Outlook.",
    ),
    "watched": Message(
        "主催者の予定表から届いた会議として対応付けました。",
        "It is the copy of a meeting in another mailbox and is only watched.",
    ),
    "handed-over": Message(
        "会議の主催が別の参加者に移りました。", "Another participant's mailbox holds the meeting from now on."
    ),
}
