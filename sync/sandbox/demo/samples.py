"""What stands in the sample company's calendars before the first sync, as plain data; the same for the same day.

`Sample` is an event as a person means it; `to_groupware` and `to_outlook` are the person typing it on either side.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sync.sandbox.demo.company import (
    CATEGORIES,
    EVENT_TYPES,
    FUTURE_DAYS,
    LEAVE,
    MEETING,
    PAST_DAYS,
    PEOPLE,
    PRIVATE,
    ROOMS,
    TRAINING,
    TRAVEL,
    VISIT,
    ZONE,
    Person,
)

Json = dict[str, Any]

ONLY_GROUPWARE, ONLY_OUTLOOK, ON_BOTH, ON_BOTH_UNLIKE = 15, 11, 4, 2


@dataclass(frozen=True, slots=True)
class Sample:
    """`at` None: whole days, `days` of them. `own_category`: one that no event type stands for."""

    title: str
    day: date
    at: time | None = None
    minutes: int = 60
    days: int = 1
    zone: str = ZONE
    place: str = ""
    memo: str = ""
    event_type: str = ""
    is_private: bool = False
    is_tentative: bool = False
    is_important: bool = False
    own_category: str = ""

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, self.at or time())


TITLES = (
    ("週次定例会議", MEETING), ("営業会議", MEETING), ("予算の打ち合わせ", MEETING), ("新製品の企画会議", MEETING),
    ("採用面接", VISIT), ("見本商事さま ご来社", VISIT), ("お客さま訪問", TRAVEL), ("大阪出張", TRAVEL),
    ("安全衛生研修", TRAINING), ("健康診断", ""), ("棚卸し", ""), ("歓迎会 🎉", ""), ("資料作成", ""),
    ("有給休暇", LEAVE), ("Weekly stand-up", MEETING), ("Quarterly review", MEETING),
    ("Design workshop ✏️", TRAINING), ("Call with Müller & Söhne", MEETING), ("Lunch with Zoë", ""),
    ("Dentist", ""), ("Release 2.0 🚀", ""), ("Budget <draft>", MEETING), ("Besprechung Übergabe", MEETING),
    ("Déjeuner d'équipe", ""), ("出張報告 / Trip report", ""),
)  # fmt: skip
PLACES = (
    "", "", "会議室A", "応接室", "本社 3階", "Online", "東京駅 八重洲口", "Café Zürich", "Room 4; 2nd floor",
    "大阪支店",
)  # fmt: skip
MEMOS = (
    "", "", "", "資料は前日までに共有してください。\n・議題1\n・議題2",
    "Bitte Unterlagen mitbringen: Größe, Maße, Präsentation.",
    "Agenda:\n1. Welcome 👋\n2. Numbers\n\nPlease read the draft <before> the meeting & bring questions.",
    "持ち物: 名刺、ノートPC 💻", "https://www.example.com/agenda?id=1&lang=ja", "変更の可能性あり。\t要確認。",
)  # fmt: skip
SHAPES = ("timed",) * 7 + ("allDay", "several", "abroad", "overnight")
OWN_CATEGORIES = ("", "", "", "", "青の分類")


def samples_of(person: Person, today: date, wanted: int, kind: str) -> list[Sample]:
    """`wanted` events of this person, spread over the window; `kind` makes the choice another one."""
    chance = random.Random(f"{person.user} {kind}")
    return [any_sample(chance, today) for _ in range(wanted)]


def any_sample(chance: random.Random, today: date) -> Sample:
    title, event_type = chance.choice(TITLES)
    day = today + timedelta(days=chance.randint(-PAST_DAYS + 2, FUTURE_DAYS - 5))
    sample = Sample(
        title=f"{title} {chance.randint(1, 99):02d}",
        day=day,
        at=time(chance.randint(8, 18), chance.choice((0, 15, 30, 45))),
        minutes=chance.choice((15, 30, 45, 60, 60, 90, 120)),
        place=chance.choice(PLACES),
        memo=chance.choice(MEMOS),
        event_type=event_type,
        is_private=chance.random() < 0.1,
        is_tentative=chance.random() < 0.1,
        is_important=chance.random() < 0.1,
        own_category=chance.choice(OWN_CATEGORIES),
    )
    return in_shape(sample, chance.choice(SHAPES), chance)


def in_shape(sample: Sample, shape: str, chance: random.Random) -> Sample:
    if shape == "allDay":
        return replace(sample, at=None)
    if shape == "several":
        return replace(sample, at=None, days=chance.randint(2, 4))
    if shape == "abroad":
        return replace(sample, zone=chance.choice(("Europe/Berlin", "America/New_York", "Europe/London")))
    if shape == "overnight":
        return replace(sample, at=time(22), minutes=10 * 60)
    return sample


def unlike(sample: Sample) -> Sample:
    """The same event as somebody else remembers it: same title and time, other details."""
    return replace(sample, place="別館 / Annex", memo="後で確認 / to be checked", event_type=MEETING)


def to_groupware(sample: Sample) -> Json:
    event: Json = {
        "title": sample.title,
        "place": sample.place,
        "memo": sample.memo,
        "typeId": EVENT_TYPES.get(sample.event_type),
        "visibility": "private" if sample.is_private else "public",
        "status": "tentative" if sample.is_tentative else "confirmed",
        "importance": "high" if sample.is_important else "normal",
    }
    if sample.at is None:
        form = "allDay" if sample.days == 1 else "period"
        until = sample.day + timedelta(days=sample.days)
        return event | {"form": form, "start": sample.day.isoformat(), "end": until.isoformat()}
    hours, minutes = divmod(sample.minutes, 60)
    duration = "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    start = sample.start.isoformat(timespec="seconds")
    return event | {"form": "timed", "start": start, "duration": duration, "timeZone": sample.zone}


def to_outlook(sample: Sample) -> Json:
    """As the simulator's control surface takes it."""
    categories = [CATEGORIES.get(sample.event_type, sample.event_type), sample.own_category]
    event: Json = {
        "subject": sample.title,
        "location": sample.place,
        "body": sample.memo,
        "categories": [name for name in categories if name],
        "sensitivity": "private" if sample.is_private else "normal",
        "showAs": "tentative" if sample.is_tentative else "busy",
        "importance": "high" if sample.is_important else "normal",
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
    }
    if sample.at is None:
        until = sample.day + timedelta(days=sample.days)
        return event | {"start": sample.day.isoformat(), "end": until.isoformat()}
    end = sample.start + timedelta(minutes=sample.minutes)
    return event | {"start": sample.start.isoformat(), "end": end.isoformat(), "time_zone": sample.zone}


def shared_events(today: date) -> Iterator[tuple[Person, Json]]:
    """Groupware events with several participants and a room, each with the person who made it."""
    for number, day in enumerate((-6, -1, 2, 6, 9, 13, 20, 27)):
        people = [PEOPLE[(number + step) % len(PEOPLE)] for step in (0, 3, 5)]
        room = ROOMS[number % len(ROOMS)]
        sample = Sample(
            f"部門会議 Department meeting {number + 1}", today + timedelta(days=day), time(10), 60, place=room.name,
            memo="参加者全員の予定です。\nOne record, on three schedules.", event_type=MEETING,
        )  # fmt: skip
        participants = [{"userId": person.user} for person in people]
        yield people[0], {
            **to_groupware(sample), "participants": participants, "facilities": [{"facilityId": room.id}]
        }  # fmt: skip


def left_alone(today: date) -> Sequence[tuple[Person, str, Json]]:
    """Events that are not synced on purpose: whose, on which side, and what."""
    day = today + timedelta(days=3)
    weekly = Sample("毎週の朝礼 Weekly assembly", day, time(9), 15)
    return (
        (PEOPLE[0], "groupware", {**to_groupware(weekly), "recurrence": {"rrule": "FREQ=WEEKLY;COUNT=8"}}),
        (
            PEOPLE[1],
            "outlook",
            {**to_outlook(replace(weekly, title="Monthly walk")), "recurrence": monthly(day)},
        ),
        (
            PEOPLE[2],
            "outlook",
            {**to_outlook(replace(weekly, title="Vendor meeting")), "attendees": guests()},
        ),
        (PEOPLE[3], "groupware", to_groupware(replace(weekly, title="通院", event_type=PRIVATE))),
        (
            PEOPLE[4],
            "groupware",
            {**to_groupware(replace(weekly, title="日程調整中 Proposed")), "status": "candidate"},
        ),
    )


def twice_but_a_meeting(today: date) -> tuple[Person, Json, Json]:
    """Typed on both sides, but in Outlook it is a meeting with guests: linked, and parked with that reason."""
    sample = Sample("共同開発の相談 Joint project", today + timedelta(days=4), time(15), 60, place="Online")
    return PEOPLE[5], to_groupware(sample), {**to_outlook(sample), "attendees": guests()}


def guests() -> list[Json]:
    return [{"emailAddress": {"address": "guest@example.org", "name": "Guest Sample"}, "type": "required"}]


def monthly(day: date) -> Json:
    return {
        "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": min(day.day, 28)},
        "range": {"type": "numbered", "startDate": day.isoformat(), "numberOfOccurrences": 6},
    }
