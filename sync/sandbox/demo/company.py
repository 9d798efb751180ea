"""The sample company: people with accounts on both sides, rooms, event types. Nobody here exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DOMAIN = "example.com"
ZONE = "Asia/Tokyo"


@dataclass(frozen=True, slots=True)
class Person:
    """`user` is the id in the groupware; the UPN is the name in Microsoft 365."""

    user: str
    name: str
    name_en: str

    @property
    def upn(self) -> str:
        return f"{self.user}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    name: str


ADMINISTRATOR = "administrator"

PEOPLE = (
    Person("hanako.yamada", "山田 花子", "Hanako Yamada"),
    Person("taro.yamada", "山田 太郎", "Taro Yamada"),
    Person("midori.sample", "見本 みどり", "Midori Sample"),
    Person("ken.rei", "例 健", "Ken Rei"),
    Person("aoi.kasou", "仮想 葵", "Aoi Kasou"),
    Person("yoko.tesuto", "手須戸 陽子", "Yoko Tesuto"),
    Person("jane.sample", "Jane Sample", "Jane Sample"),
    Person("john.example", "John Example", "John Example"),
    Person("jurgen.muster", "Jürgen Müster", "Jürgen Müster"),
    Person("zoe.exemple", "Zoé Exemple", "Zoé Exemple"),
)

ROOMS = (
    Room("room-a", "会議室A / Room A"),
    Room("room-b", "会議室B / Room B"),
    Room("guest-room", "応接室 / Guest room"),
    Room("hall", "ホール / Hall"),
)

MEETING, VISIT, TRAVEL, TRAINING, LEAVE, PRIVATE = "会議", "来客", "出張", "研修", "休暇", "私用"
# Event type -> category in Outlook; a type without an entry has its own name there.
CATEGORIES: Mapping[str, str] = {
    MEETING: "会議 Meeting",
    VISIT: "来客 Visitor",
    TRAVEL: "出張 Business trip",
    TRAINING: "研修 Training",
}
EVENT_TYPES: Mapping[str, str] = {
    MEETING: "t-meeting",
    VISIT: "t-visit",
    TRAVEL: "t-travel",
    TRAINING: "t-training",
    LEAVE: "t-leave",
    PRIVATE: "t-private",
}
EXCLUDED_TYPES = (PRIVATE,)

# Around today, so that the demonstration has the same dates to fill on every day of a month.
PAST_DAYS, FUTURE_DAYS = 14, 42
WINDOW: Mapping[str, Any] = {"base": "today", "pastDays": PAST_DAYS, "futureDays": FUTURE_DAYS}
SETTINGS: Mapping[str, Any] = {
    "timeZone": ZONE,
    "interval": 10,
    "automaticWindow": WINDOW,
    "manualWindow": WINDOW,
    "excludedTypes": list(EXCLUDED_TYPES),
    "categories": dict(CATEGORIES),
    # So that each person's Outlook can be compared with the schedule event by event.
    "participants": "appointments",
}


def microsoft365_users() -> list[dict[str, Any]]:
    return [{"userPrincipalName": person.upn, "displayName": person.name} for person in PEOPLE]
