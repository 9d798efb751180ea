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
        "このグループウェアは繰り返しの予定を受け取れないため、同期されていません。",
        "This groupware cannot hold repeating events, so this one is not synced.",
        "必要な回は、単独の予定として登録してください。",
        "Enter the dates you need as single events.",
    ),
    "meeting": Message(
        "参加者のいる会議のため、内容は変更しません。",
        "This event is a meeting with attendees, so it is left as it is.",
        "変更が必要な場合は、主催者が Outlook で変更してください。",
        "If it needs to change, its organizer changes it in Outlook.",
    ),
    "occurrence-crossing": Message(
        "{date} の回は、前後の回と重なるため Outlook の繰り返しの中では変更できません。",
        "Outlook cannot move the date {date} past its neighbours in the series.",
        "その回を単独の予定として登録し直してください。",
        "Enter that date as a single event.",
    ),
    "occurrence-cannot-return": Message(
        "Outlook で削除された {date} の回は、繰り返しの中に戻せません。",
        "Outlook cannot bring the deleted date {date} back into its series.",
        "その回を単独の予定として登録し直してください。",
        "Enter that date as a single event.",
    ),
    "occurrence-missing": Message(
        "Outlook の繰り返しに {date} の回がないため、変更を反映できませんでした。",
        "The series in Outlook has no date {date}, so the change could not be carried over.",
        RETRIED_JA,
        RETRIED_EN,
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
    "calendar-read-only": Message(
        "グループウェアのこのカレンダーには書き込めません。",
        "The groupware does not let us write to this calendar.",
        "管理者がグループウェアでカレンダーへの書き込み権限を与えてください。",
        "The administrator grants the right to write to the calendar in the groupware.",
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
    "meeting-changed": Message(
        "同じ会議が別のユーザーの同期で変更されたため、次回の同期で反映します。",
        "Another person's pass changed the same meeting; the next pass looks at it again.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "meeting-damaged": Message(
        "保存された会議の対応付け（{column}）が壊れているため、この会議は同期されていません。",
        "This meeting is not synced because what is stored about it is damaged ({column}).",
        "運用担当者がテーブル meetings のこの会議の行を削除してください。予定は削除されません。",
        "The operator deletes the meeting's rows in the table meetings. No event is deleted.",
    ),
    "address-ambiguous": Message(
        "複数のユーザーに同じメールアドレスがあるため、参加者を特定できません。",
        "Several people have the same mail address, so that it does not tell who takes part.",
        "ユーザー毎に異なるメールアドレスを設定してください。",
        "Give each person an address of its own.",
    ),
    "candidate": Message(
        "候補の予定のため、確定するまで同期しません。",
        "This is a proposed date; it is synced once it is decided.",
    ),
    "waits-for-host": Message(
        "この予定の会議を Outlook に登録する人の同期がまだのため、待っています。",
        "It waits until the person in whose mailbox the meeting is made has been synced.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "waits-for-copy": Message(
        "Outlook の招待がまだこのメールボックスに届いていないため、待っています。",
        "It waits until Outlook's invitation has arrived in this mailbox.",
        "自動で再試行します。招待を削除した場合は、主催者に再送を頼んでください。",
        "It is retried automatically. If you removed the invitation, ask the organizer for a new one.",
    ),
    "waits-for-organizer": Message(
        "主催者もこのサービスと連携しているため、主催者の同期を待ってグループウェアに登録します。",
        "The organizer is linked too; the meeting enters the groupware with the organizer's own sync.",
        RETRIED_JA,
        RETRIED_EN,
    ),
    "meeting-of-others": Message(
        "主催者が社外などにいる会議のため、グループウェアでの変更を Outlook に反映できません。",
        "The organizer is not linked, so the edit in the groupware cannot be carried to Outlook.",
        "変更が必要な場合は、会議の主催者に頼んでください。グループウェアでの変更は元に戻せます。",
        "Ask the organizer for the change, or undo it in the groupware.",
    ),
    "facility-conflict": Message(
        "設備「{facility}」は {start} から {owner} さんが予約しているため、グループウェアに登録できませんでした。",
        'The groupware refused this event because {owner} has the facility "{facility}" from {start}.',
        "別の日時または別の設備を選んでください。",
        "Choose another time or another facility.",
    ),
    "facility-forbidden": Message(
        "設備「{facility}」はグループウェアの画面からのみ予約できるため、登録できませんでした。",
        'The facility "{facility}" can be booked in the groupware only.',
        "グループウェアで予約するか、予定から設備を外してください。",
        "Book it in the groupware, or take the facility off the event.",
    ),
    "occurrence-form": Message(
        "グループウェアでは、繰り返しの1回だけを終日または時刻付きに変えることができません。",
        "The groupware cannot make a single date of a series all-day, or timed, if the others are not.",
        "その回を繰り返しから削除し、単独の予定として登録してください。",
        "Remove that date from the series and enter it as an event of its own.",
    ),
    "recurrence-unreadable": Message(
        "繰り返しの設定（{part}）を読み取れないため、この予定は同期されていません。",
        "This event is not synced because its repetition cannot be read ({part}).",
        "予定を開き、繰り返しを設定し直して保存してください。",
        "Open the event, set its repetition again and save it.",
    ),
    "recurrence-too-frequent": Message(
        "1日に何度も繰り返す予定のため、同期されていません。",
        "This event is not synced because it repeats several times a day.",
        "1日1回の繰り返しに分けて登録してください。",
        "Enter it as several events that each repeat once a day.",
    ),
    "recurrence-dates-differ": Message(
        "繰り返しの開始日（{date}）と最初の回の日付が合わないため、この予定は同期されていません。",
        "This event is not synced because its repetition begins on {date} and its first date does not fit that.",
        "Outlook で予定を開き、繰り返しを設定し直して保存してください。",
        "Open the event in Outlook, set its repetition again and save it.",
    ),
    "recurrence-not-native": Message(
        "この繰り返しは Outlook では表せません（{reason}）。",
        "Outlook cannot repeat an event in this way ({reason}).",
        "自動で再試行します。続く場合は、繰り返しを簡単なものに変更してください。",
        "It is retried automatically. If it stays, choose a simpler repetition.",
    ),
    "range-this-and-future": Message(
        "「この回以降すべて」を変更した繰り返し（RANGE=THISANDFUTURE）のため、この予定は同期されていません。",
        "This event is not synced because one of its dates stands for all that follow (RANGE=THISANDFUTURE).",
        "変更した回から先を、別の繰り返しの予定として登録し直してください。",
        "Enter the dates from the changed one on as a repeating event of their own.",
    ),
    "series-without-master": Message(
        "繰り返しの一部の回だけがあり、元の繰り返しがないため、この予定は同期されていません。",
        "This event is not synced because it holds some dates of a series that is not there itself.",
        "必要な回を、単独の予定として登録し直してください。",
        "Enter the dates you need as single events.",
    ),
}
