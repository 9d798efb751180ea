"""Why one event is parked, or left alone on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import RETRIED_EN, RETRIED_JA, Message

EVENTS: Final[Mapping[str, Message]] = {
    "unknown-zone": Message(
        "タイムゾーン「{zone}」が分からないため、この予定は同期されていません。",
        'This event is not synced because its time zone "{zone}" is unknown.',
        "予定を開いて、タイムゾーンを一般的なものに変更してください。",
        "Open the event and choose a common time zone.",
    ),
    "invalid-time": Message(
        "開始または終了の日時が正しくないため、この予定は同期されていません。",
        "This event is not synced because its start or end is not valid.",
        "予定の開始と終了を確認し、保存し直してください。",
        "Check the start and end of the event and save it again.",
    ),
    "event-unreadable": Message(
        "グループウェアのデータに読み取れない項目があるため、この予定は同期されていません。",
        "This event is not synced because the groupware gives it in a form that cannot be read.",
        "予定を保存し直してください。続く場合は、グループウェアの提供元に知らせてください。",
        "Save the event again. If it stays, tell the vendor of the groupware.",
    ),
    "series": Message(
        "繰り返しの予定にはまだ対応していないため、同期されていません。",
        "Repeating events are not synced yet.",
        "必要な回は、単独の予定として登録してください。",
        "Enter the dates you need as single events.",
    ),
    "meeting": Message(
        "参加者のいる会議のため、内容は変更しません。",
        "This event is a meeting with attendees, so it is left as it is.",
        "変更が必要な場合は、主催者が Outlook で変更してください。",
        "If it needs to change, its organizer changes it in Outlook.",
    ),
    "cancelled": Message(
        "中止された会議のため、同期されていません。",
        "This meeting was cancelled, so it is not synced.",
        "不要であれば、予定表から削除してください。",
        "Remove it from the calendar if you no longer need it.",
    ),
    "graph-refused": Message(
        "Microsoft 365 がこの予定を受け付けませんでした（{status} {graph_code}）。",
        "Microsoft 365 refused this event ({status} {graph_code}).",
        "予定の内容を確認し、保存し直してください。続く場合はコードを管理者に知らせてください。",
        "Check the event and save it again. If it stays, tell the administrator the code.",
    ),
    "groupware-refused": Message(
        "グループウェアがこの予定を受け付けませんでした（{reason}）。",
        "The groupware refused this event ({reason}).",
        "予定の内容を確認し、保存し直してください。続く場合はコードを管理者に知らせてください。",
        "Check the event and save it again. If it stays, tell the administrator the code.",
    ),
    "groupware-failing": Message(
        "グループウェアがこの予定を処理できませんでした。",
        "The groupware could not process this event.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "too-large": Message(
        "予定の内容が大きすぎるため、同期されていません。",
        "This event is too large to be synced.",
        "本文や添付を短くしてください。",
        "Shorten its text or remove attachments.",
    ),
    "event-moved": Message(
        "同期中に予定が変更されたため、次回の同期で反映します。",
        "The event changed while it was being synced; the next pass takes the change.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "excluded-type": Message(
        "同期対象外の予定種別のため、同期されていません。",
        "Its event type is excluded from sync.",
        "同期する場合は、管理者が共通設定の「同期対象外の予定種別」を変更してください。",
        "To sync it, the administrator removes the type from the excluded ones.",
    ),
    "past-event": Message(
        "過去の予定のため、同期されていません。",
        "Past events are not synced.",
        "同期する場合は、管理者が共通設定の「過去の予定」を変更してください。",
        "To sync them, the administrator changes the setting for past events.",
    ),
    "outside-window": Message(
        "同期する範囲の外にある予定のため、同期されていません。",
        "This event lies outside the dates that are synced.",
        "範囲に入ると自動で同期します。範囲は管理者が共通設定で変更できます。",
        "It is synced once its dates are inside. The administrator can widen the range.",
    ),
    "direction": Message(
        "同期の方向の設定により、この変更は反映されません。",
        "The direction that is set does not carry this change.",
        "両方向に同期する場合は、共通設定の「同期種別」を変更してください。",
        "To carry it, set the direction to both.",
    ),
    "shared-delete": Message(
        "ほかの参加者がいる予定のため、削除を反映しませんでした。",
        "The event has other participants, so the removal was not carried over.",
        "全員の予定から消す場合は、グループウェアで予定を削除してください。",
        "To remove it for everybody, delete it in the groupware.",
    ),
    "event-gone": Message(
        "予定がすでに削除されていました。",
        "The event had already been removed.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "graph-failing": Message(
        "Microsoft 365 がこの予定を処理できませんでした。",
        "Microsoft 365 could not process this event.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "create-key-used": Message(
        "Microsoft 365 に同じ予定を登録済みのため、もう一度照合します。",
        "Microsoft 365 already took this event once; it is looked for again.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "uid-taken": Message(
        "グループウェアに同じ識別子の予定があるため、登録できませんでした。",
        "The groupware already has an event with the same identifier.",
        "重複している予定がないか確認してください。",
        "Look for the other event and remove one of the two.",
    ),
    "join-block-unknown": Message(
        "オンライン会議の参加情報を壊すおそれがあるため、本文を変更しませんでした。",
        "The text was left alone because changing it could break the online meeting's join details.",
        "本文の変更が必要な場合は、Outlook で編集してください。",
        "Edit the text in Outlook if it needs to change.",
    ),
    "candidate": Message(
        "候補の予定のため、確定するまで同期しません。",
        "This is a proposed date; it is synced once it is decided.",
    ),
}
