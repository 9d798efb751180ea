"""The demonstration's people on a CalDAV server: what they enter is what is compared later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest

from sync.adapters.groupware.caldav.directory import read_list
from sync.sandbox.demo import samples
from sync.sandbox.demo.caldav import CaldavGroupware, company_list
from sync.sandbox.demo.company import EVENT_TYPES, LEAVE, PEOPLE
from sync.sandbox.demo.equal import from_groupware
from sync.sandbox.demo.outsides import Refused
from tests.adapters.groupware.caldav.servers import ACCOUNT, PASSWORD, Server

TODAY = date(2026, 11, 16)
PERSON = PEOPLE[0]


@pytest.fixture(scope="module")
def groupware(radicale: Server) -> CaldavGroupware:
    made = CaldavGroupware(radicale.url, (ACCOUNT, PASSWORD))
    made.add_company()
    return made


@pytest.fixture
def empty(groupware: CaldavGroupware) -> Iterator[CaldavGroupware]:
    yield groupware
    for person in PEOPLE:
        for event in groupware.events(person.user):
            groupware.delete(person.user, event["id"])


def only(groupware: CaldavGroupware, user: str = PERSON.user) -> dict[str, Any]:
    (event,) = groupware.events(user)
    return event


@pytest.mark.parametrize("person", PEOPLE[:4])
def test_every_sample_looks_as_it_was_entered(empty: CaldavGroupware, person: Any) -> None:
    entered = {}
    for sample in samples.samples_of(person, TODAY, 12, "groupware"):
        event = samples.to_groupware(sample)
        entered[empty.create(person.user, event)] = from_groupware(
            {"showAs": "busy", "duration": None, **event}
        )
    shown = {event["id"]: from_groupware(event) for event in empty.events(person.user)}
    assert shown == entered


def test_an_edit_changes_only_what_it_names(empty: CaldavGroupware) -> None:
    sample = samples.Sample("題", TODAY, time(9), place="場所", memo="一行目\n二行目", event_type=LEAVE)
    event_id = empty.create(PERSON.user, samples.to_groupware(sample))
    before = only(empty)
    empty.edit(PERSON.user, event_id, {"title": "新しい題"})
    assert only(empty) == {**before, "title": "新しい題"}
    empty.edit(PERSON.user, event_id, {"start": "2026-11-17T09:00:00", "duration": "PT2H30M"})
    assert from_groupware(only(empty)).end == "2026-11-17T02:30:00+00:00"
    empty.edit(PERSON.user, event_id, {"recurrence": {"rrule": "FREQ=WEEKLY;COUNT=3"}})
    assert only(empty)["recurrence"] == {"rrule": "FREQ=WEEKLY;COUNT=3"}


def test_everybody_who_takes_part_has_a_copy(empty: CaldavGroupware) -> None:
    person, event = next(samples.shared_events(TODAY))
    empty.create(person.user, event)
    users = [one["userId"] for one in event["participants"]]
    for user in users:
        copy = only(empty, user)
        assert {one["userId"] for one in copy["participants"]} == set(users)
        assert copy["ownerId"] == person.user


def test_a_refusal_is_said(empty: CaldavGroupware) -> None:
    with pytest.raises(Refused, match="404"):
        empty.delete(PERSON.user, "nothing.ics")


def test_the_service_can_read_the_list_of_the_company() -> None:
    listed = read_list(company_list(), "list")
    assert {user: known.email for user, known in listed.users.items()} == {
        one.user: one.upn for one in PEOPLE
    }
    assert listed.types == set(EVENT_TYPES)
