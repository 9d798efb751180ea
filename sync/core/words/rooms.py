"""Rooms that declined in Outlook: an event, or single dates of a series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import Message

_FREE_JA = "その日だけ、別の日時または別の設備に変更してください。"
_FREE_EN = "Choose another time or another facility for these dates; it is still booked in the groupware."

ROOMS: Final[Mapping[str, Message]] = {
    "room-declined": Message(
        "設備「{facility}」の会議室が Outlook で予約を断りました。グループウェアの予約はそのままです。",
        'The room of the facility "{facility}" declined in Outlook; it is still booked in the groupware.',
        "会議室の空きを確認し、日時または設備を変更してください。",
        "See when the room is free, and choose another time or another facility.",
    ),
    "room-taken": Message(
        "設備「{facility}」の会議室は {start} から {owner} さんが Outlook で予約しているため、予約できませんでした。",
        'The room of the facility "{facility}" declined in Outlook because {owner} has it from {start}.',
        "別の日時または別の設備を選んでください。グループウェアの予約はそのままです。",
        "Choose another time or another facility; it is still booked in the groupware.",
    ),
    "room-occupied": Message(
        "設備「{facility}」の会議室には {start} から Outlook で別の予約が入っているため、予約できませんでした。",
        'The room of the facility "{facility}" declined in Outlook because it has another booking from {start}.',
        "別の日時または別の設備を選んでください。グループウェアの予約はそのままです。",
        "Choose another time or another facility; it is still booked in the groupware.",
    ),
    "room-refused": Message(
        "設備「{facility}」の会議室は誰も予約していませんが、会議室の規則（最長の時間、予約できる期間など）により "
        "Outlook で断られました。",
        'Nobody has the room of the facility "{facility}": its own rules (longest booking, booking window) refused '
        "this event in Outlook.",
        "予定を短くするか日時を変更し、それでも断られる場合は会議室の管理者に規則を確認してください。",
        "Make the event shorter or choose another time. If it stays, ask the room's administrator for its rules.",
    ),
    "room-dates-declined": Message(
        "設備「{facility}」の会議室が、この繰り返しのうち次の日の予約を Outlook で断りました: {date}。"
        "グループウェアの予約はそのままです。",
        'The room of the facility "{facility}" declined these dates of the series in Outlook: {date}.',
        _FREE_JA,
        _FREE_EN,
    ),
    "room-dates-taken": Message(
        "設備「{facility}」の会議室は、この繰り返しのうち次の日に予約できませんでした: {date}。"
        "Outlook で予約している人（予約の開始）: {owner}。",
        'The room of the facility "{facility}" declined these dates of the series in Outlook: {date}. '
        "Who has it (from when): {owner}.",
        _FREE_JA,
        _FREE_EN,
    ),
    "room-dates-occupied": Message(
        "設備「{facility}」の会議室は、この繰り返しのうち次の日に予約できませんでした: {date}。"
        "Outlook に別の予約が入っています（予約の開始）: {start}。",
        'The room of the facility "{facility}" declined these dates of the series in Outlook: {date}. '
        "It has other bookings from: {start}.",
        _FREE_JA,
        _FREE_EN,
    ),
    "room-dates-refused": Message(
        "設備「{facility}」の会議室は、この繰り返しのうち次の日に誰も予約していませんが、会議室の規則（最長の時間、"
        "予約できる期間など）により Outlook で断られました: {date}。",
        'Nobody has the room of the facility "{facility}": its own rules (longest booking, booking window) refused '
        "these dates of the series in Outlook: {date}.",
        "その日の予定を短くするか日時を変更し、それでも断られる場合は会議室の管理者に規則を確認してください。",
        "Make these dates shorter or move them. If it stays, ask the room's administrator for its rules.",
    ),
}
