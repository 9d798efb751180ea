"""The sample company: the same every time, spread over the window, and accepted by both sides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sync.sandbox.demo import samples
from sync.sandbox.demo.company import EVENT_TYPES, FUTURE_DAYS, PAST_DAYS, PEOPLE, ROOMS, microsoft365_users
from sync.sandbox.demo.equal import from_groupware, from_outlook
from sync.sandbox.groupware import Groupware
from sync.sandbox.microsoft365 import Tenant

TODAY = date(2026, 11, 21)


def everything() -> list[samples.Sample]:
    return [sample for person in PEOPLE for sample in samples.samples_of(person, TODAY, 40, "test")]


def test_people_are_plainly_samples_and_differ() -> None:
    assert len({person.user for person in PEOPLE}) == len(PEOPLE) == 10
    assert all(person.upn.endswith("@example.com") for person in PEOPLE)
    assert len(ROOMS) == 4
    assert [user["displayName"] for user in microsoft365_users()] == [person.name for person in PEOPLE]


def test_the_same_day_gives_the_same_events() -> None:
    assert everything() == everything()


def test_events_lie_in_the_window() -> None:
    first, last = TODAY - timedelta(days=PAST_DAYS), TODAY + timedelta(days=FUTURE_DAYS)
    assert all(
        first < sample.day and sample.day + timedelta(days=sample.days) < last for sample in everything()
    )


def test_events_are_of_every_kind() -> None:
    found = everything()
    assert {sample.at is None for sample in found} == {True, False}
    assert any(sample.days > 1 for sample in found)
    assert any(sample.is_private for sample in found)
    assert any(sample.is_tentative for sample in found)
    assert any("🎉" in sample.title for sample in found)
    assert any("ü" in sample.title for sample in found)
    assert any(not sample.title.isascii() for sample in found)


def test_both_sides_take_every_event_and_show_it_alike() -> None:
    with Groupware() as groupware:
        user = groupware.add_user("Jane Sample", id="jane")
        for name, id_ in EVENT_TYPES.items():
            groupware.add_event_type(name, id=id_)
        tenant = Tenant()
        tenant.add_user("jane@example.com")
        mailbox = tenant.mailbox("jane@example.com")
        for sample in everything():
            groupware.create(samples.to_groupware(sample), by=user)
            mailbox.create(**samples.to_outlook(sample))
        here = sorted(map(from_groupware, groupware.events_of(user)))
        there = sorted(map(from_outlook, mailbox.events()))
        assert here == there


@pytest.mark.parametrize(
    "today", [TODAY, date(2027, 1, 26), date(2027, 1, 28), date(2028, 2, 29), date(2027, 12, 31)]
)
def test_what_is_special_is_taken_by_its_side_on_any_day_of_a_month(today: date) -> None:
    tenant = Tenant()
    with Groupware() as groupware:
        for person in PEOPLE:
            groupware.add_user(person.name, id=person.user)
            tenant.add_user(person.upn)
        for room in ROOMS:
            groupware.add_facility(room.name, id=room.id)
        for name, id_ in EVENT_TYPES.items():
            groupware.add_event_type(name, id=id_)
        for person, side, event in samples.left_alone(today):
            if side == "groupware":
                groupware.create(event, by=person.user)
            else:
                tenant.mailbox(person.upn).create(**event)
        for person, event in samples.shared_events(today):
            made = groupware.create(event, by=person.user)
            assert len(made["participants"]) == 3
            assert made["facilities"][0]["state"] == "approved"
