"""What the other side cannot say of an event, or says otherwise (groupware.md 1); the event itself is synced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import Message

DIAGNOSTICS: Final[Mapping[str, Message]] = {
    "title-cut": Message(
        "タイトルが長いため、同期先では途中までになっています。元のタイトルはそのまま残ります。",
        "The title is too long for the other side and is cut there; the original stays whole.",
    ),
    "title-added": Message(
        "タイトルがないため、同期先では「(件名なし)」と表示されます。",
        "The event has no title; the other side shows a placeholder.",
    ),
    "place-cut": Message(
        "場所が長いため、同期先では途中までになっています。",
        "The place is too long for the other side and is cut there.",
    ),
    "body-cut": Message(
        "内容が長いため、同期先では途中までになっています。",
        "The description is too long for the other side and is cut there.",
    ),
    "show-as-narrowed": Message(
        "空き時間の表示（外出中など）は、同期先にある近い表示に置き換えられています。",
        "The other side does not know this kind of busy time and shows the nearest one.",
    ),
    "importance-dropped": Message(
        "重要度は同期先にないため、反映されていません。",
        "The other side has no importance, so it is not shown there.",
    ),
    "visibility-narrowed": Message(
        "公開範囲は同期先では「非公開」になっています。",
        "The other side does not know this visibility and shows the event as private.",
    ),
    "zone-renamed": Message(
        "タイムゾーンは、同じ時刻になる別の名前で表示されます。",
        "The time zone is shown under another name with the same times.",
    ),
    "form-narrowed": Message(
        "予定の種類（期間・時刻なし・開始のみ）は、Outlook では終日または時刻のある予定として表示されます。",
        "Outlook shows this kind of entry (period, no time, start only) as an all-day or timed event.",
    ),
    "series-as-singles": Message(
        "この繰り返しは Outlook では表せないため、期間内の各回が単独の予定として同期されています。",
        "Outlook cannot repeat an event in this way, so its dates in the window are synced as single events.",
    ),
    "occurrence-detached": Message(
        "この回は Outlook の繰り返しには含められないため、単独の予定として同期されています。",
        "Outlook cannot keep this date inside the series, so it is synced as a single event.",
    ),
    "participant-unlinked": Message(
        "Outlook と連携していない参加者がいるため、その名前を Outlook の本文の「参加者」欄に表示しています。",
        "A participant is not linked to Outlook and is named in the participants' block of its text instead.",
        "招待する場合は、管理者がユーザー情報連携設定でこの人の同期を有効にしてください。",
        "To invite the person, the administrator switches the person's sync on.",
    ),
    "participant-outside": Message(
        "社外の参加者には招待メールを送らず、Outlook の本文の「参加者」欄に表示しています。",
        "A participant from outside is not invited but named in the participants' block of Outlook's text.",
        "招待する場合は、主催者が Outlook で出席者に追加してください。",
        "To invite the person, the organizer adds the address in Outlook.",
    ),
    "address-ambiguous": Message(
        "同じメールアドレスの人が複数いるため招待できず、名前を Outlook の本文に表示しています。",
        "Several people have the same mail address, so it names nobody; the person stands in Outlook's text.",
        "管理者が、この人たちのメールアドレスを一人ずつ別のものに直してください。",
        "The administrator gives each of them an address of their own.",
    ),
    "participant-without-address": Message(
        "メールアドレスが分からない参加者がいるため、その名前を Outlook の本文に表示しています。",
        "The mail address of a participant is not known, so the person stands in Outlook's text.",
        "管理者がユーザー情報連携設定にメールアドレスを登録してください。",
        "The administrator enters the person's mail address.",
    ),
    "organization-expanded": Message(
        "組織への登録は、Outlook では連携しているメンバー一人ひとりの招待になり、組織名は本文に表示されます。",
        "Outlook invites the linked members of a group one by one and names the group in its text.",
    ),
    "facility-unlinked": Message(
        "会議室のメールアドレスが設定されていない設備は、Outlook では予約されず、名前だけを表示しています。",
        "A facility without the address of a room mailbox is not booked in Outlook, only named.",
        "予約する場合は、管理者が設備情報連携設定で会議室のメールアドレスを登録してください。",
        "To book it, the administrator enters the address of its room mailbox.",
    ),
    "organizer-on-every-date": Message(
        "主催者が参加しない回がありますが、Outlook では主催者を1回だけ外せないため、主催者の予定表には残ります。",
        "The organizer does not take part in one of the dates; Outlook keeps that date in the organizer's calendar.",
    ),
    "date-answer-not-kept": Message(
        "1回だけの出欠の回答は、グループウェアに保存できないため、Outlook だけに残ります。",
        "The groupware cannot keep an answer for a single date, so it stays in Outlook alone.",
    ),
    "no-rule": Message(
        "日付を1つずつ指定した繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event on dates that are listed one by one.",
    ),
    "zone-without-windows-name": Message(
        "この予定のタイムゾーンは Outlook にないため、繰り返しとして表せません。",
        "Outlook does not have the time zone of this series.",
    ),
    "zone-differs-in-windows": Message(
        "この予定のタイムゾーンは Outlook では時刻がずれるため、繰り返しとして表せません。",
        "Outlook's clocks differ from those of this series' time zone.",
    ),
    "start-at-clock-change": Message(
        "最初の回が夏時間の切り替えで存在しない時刻のため、Outlook では繰り返しとして表せません。",
        "The first date falls into an hour that the change of the clocks skips.",
    ),
    "occurrences-overlap": Message(
        "次の回と重なる長さの予定は、Outlook では繰り返しとして表せません。",
        "Outlook cannot repeat an event that lasts into its next date.",
    ),
    "interval-too-large": Message(
        "間隔が長すぎる繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event at such a long interval.",
    ),
    "by-week-number": Message(
        "年の第何週という繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event by the number of the week.",
    ),
    "by-year-day": Message(
        "年の第何日という繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event by the number of the day in the year.",
    ),
    "by-set-position": Message(
        "候補の日から何番目かを選ぶこの繰り返しは、Outlook では表せません。",
        "Outlook cannot pick these dates out of the possible ones.",
    ),
    "daily-on-some-weekdays": Message(
        "数日ごとで曜日も限る繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event every few days on certain weekdays only.",
    ),
    "days-of-some-months": Message(
        "特定の月だけの毎日・毎週の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event daily or weekly in certain months only.",
    ),
    "days-of-some-years": Message(
        "特定の年だけの毎週の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event weekly in certain years only.",
    ),
    "nth-of-year": Message(
        "年の第何番目の曜日という繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event on such a weekday of the year.",
    ),
    "several-months": Message(
        "間隔のそろわない複数の月の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event in several months that are not equally far apart.",
    ),
    "several-month-days": Message(
        "月に何度もある日付の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event on several days of the month.",
    ),
    "short-months": Message(
        "29～31日の繰り返しは、Outlook では短い月の末日にもなるため表せません。",
        "On days 29 to 31 Outlook would also use the last day of shorter months.",
    ),
    "day-from-month-end": Message(
        "月末から数えた日の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event on a day counted from the end of the month.",
    ),
    "several-weekdays": Message(
        "月ごとに違う週の複数の曜日の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event on several such weekdays of the month.",
    ),
    "fifth-weekday": Message(
        "第5週の曜日の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event on the fifth such weekday of the month.",
    ),
    "weekday-from-month-end": Message(
        "月末から数えた曜日（最終以外）の繰り返しは、Outlook では表せません。",
        "Outlook cannot count weekdays from the end of the month, except the last one.",
    ),
    "weekday-and-month-day": Message(
        "日付と曜日の両方が合う日の繰り返しは、Outlook では表せません。",
        "Outlook cannot repeat an event where both weekday and day of the month must fit.",
    ),
}
