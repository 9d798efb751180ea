"""One record of the groupware with two linked people in it: a plain appointment in each Outlook, and no mail ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from sync.core.settings import Connection, OrganizationSettings, ParticipantsMode
from tests.e2e.office import AT, assert_still, counts, later, links, parked, passed, problems, reasons, twin
from tests.e2e.world import Conditions, G, O, World

Json = dict[str, Any]


@dataclass
class Two:
    """Hanako and Taro, both linked; mails are counted."""

    world: World
    hanako: Connection
    taro: Connection

    def enter(self, title: str = "打合せ", **more: Any) -> str:
        """Hanako enters an event for both."""
        event = {"title": title, "start": AT, "participants": self.everybody, **more}
        return str(self.world.groupware.create(event, by=self.hanako.user)["id"])

    @property
    def everybody(self) -> list[Json]:
        return [{"userId": self.hanako.user}, {"userId": self.taro.user}]

    def everyone_passes(self) -> None:
        for person in (self.hanako, self.taro):
            passed(self.world, person)

    def mailbox(self, person: Connection) -> Any:
        return self.world.tenant.mailbox(person.mailbox)

    def outlook(self, person: Connection) -> list[Json]:
        events: list[Json] = self.mailbox(person).events()
        return events

    def record(self, event: str) -> Json:
        found = self.world.groupware.get(event)
        assert found is not None
        return found

    def assert_still(self) -> None:
        for person in (self.hanako, self.taro):
            assert_still(self.world, person)
        assert len(self.world.tenant.outbox) == 0, self.world.tenant.outbox.mails()


@pytest.fixture
def two() -> Iterator[Two]:
    settings = OrganizationSettings(participants=ParticipantsMode.APPOINTMENTS)
    with closing(World(Conditions(settings=settings))) as world:
        taro = world.link(world.other_user, "taro@example.com")
        yield Two(world, world.connection, taro)


def test_each_linked_participant_gets_one_plain_appointment(two: Two) -> None:
    two.enter()
    two.everyone_passes()
    two.everyone_passes()
    for person in (two.hanako, two.taro):
        (event,) = two.outlook(person)
        assert event["subject"] == "打合せ"
        assert event["attendees"] == []
        assert event["isOrganizer"]
    two.assert_still()


def test_an_edit_in_either_outlook_reaches_the_record_and_the_other_outlook(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.mailbox(two.taro).edit(twin(two.world, event, two.taro), subject="太郎の改題")
    two.mailbox(two.hanako).edit(twin(two.world, event, two.hanako), location="花子の場所")
    two.everyone_passes()
    two.everyone_passes()
    shown = two.record(event)
    assert (shown["title"], shown["place"]) == ("太郎の改題", "花子の場所")
    assert shown["participants"] == two.everybody or len(shown["participants"]) == 2
    for person in (two.hanako, two.taro):
        (mine,) = two.outlook(person)
        assert (mine["subject"], mine["location"]["displayName"]) == ("太郎の改題", "花子の場所")
    two.assert_still()


def test_both_editing_one_field_ends_with_one_value_everywhere_and_the_other_one_kept(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.mailbox(two.hanako).edit(twin(two.world, event, two.hanako), subject="花子の改題")
    two.world.clock.advance(60)
    two.mailbox(two.taro).edit(twin(two.world, event, two.taro), subject="太郎の改題")
    for _ in range(3):
        two.everyone_passes()
    title = two.record(event)["title"]
    assert title in ("花子の改題", "太郎の改題")
    assert [e["subject"] for p in (two.hanako, two.taro) for e in two.outlook(p)] == [title, title]
    kept = [
        k.value for user in (two.hanako.user, two.taro.user) for k in two.world.history.list("default", user)
    ]
    assert set(kept) == {"花子の改題", "太郎の改題"} - {title}
    two.assert_still()


def test_one_person_s_delete_of_the_own_copy_deletes_it_for_nobody_else(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.mailbox(two.taro).delete(twin(two.world, event, two.taro))
    record = passed(two.world, two.taro)
    assert reasons(record) == {"answered": 1}
    assert (counts(record, G), counts(record, O)) == ({"update": 1}, {})
    two.everyone_passes()
    answers = {p["userId"]: p["response"] for p in two.record(event)["participants"]}
    assert answers == {two.hanako.user: "none", two.taro.user: "declined"}
    assert len(two.outlook(two.hanako)) == 1
    assert two.outlook(two.taro) == [], "and it does not come back by itself"
    two.assert_still()
    assert two.outlook(two.taro) == []
    assert not problems(two.world, two.taro), "it is no trouble of anybody's"


def test_after_a_delete_of_the_own_copy_nothing_flaps_when_everything_is_listed_again(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.mailbox(two.taro).delete(twin(two.world, event, two.taro))
    for _ in range(4):
        two.world.cursors.clear(two.taro)
        later(two.world, two.taro)
        assert two.outlook(two.taro) == []
    assert len(two.outlook(two.hanako)) == 1
    two.assert_still()


def test_an_edit_of_the_record_does_not_bring_a_declined_copy_back(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.mailbox(two.taro).delete(twin(two.world, event, two.taro))
    passed(two.world, two.taro)
    two.world.groupware.edit(event, {"start": "2026-11-19T15:00:00"}, by=two.hanako.user)
    two.everyone_passes()
    assert two.outlook(two.taro) == []
    two.assert_still()


def test_a_delete_of_the_record_removes_everybody_s_copy(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.world.groupware.delete(event, by=two.hanako.user)
    two.everyone_passes()
    assert two.outlook(two.hanako) == two.outlook(two.taro) == []
    assert not links(two.world, two.hanako)
    assert not links(two.world, two.taro)
    two.assert_still()


def test_who_is_removed_as_a_participant_loses_the_own_copy_and_nobody_else_does(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    two.world.groupware.edit(event, {"participants": two.everybody[:1]}, by=two.hanako.user)
    two.everyone_passes()
    assert two.outlook(two.taro) == []
    assert len(two.outlook(two.hanako)) == 1
    assert two.record(event)["title"] == "打合せ"
    two.assert_still()


def test_who_is_removed_and_edited_the_own_copy_meanwhile_changes_nothing_for_the_others(two: Two) -> None:
    event = two.enter()
    two.everyone_passes()
    mine = twin(two.world, event, two.taro)
    two.world.groupware.edit(event, {"participants": two.everybody[:1]}, by=two.hanako.user)
    two.mailbox(two.taro).edit(mine, subject="太郎だけの改題")
    two.everyone_passes()
    two.everyone_passes()
    assert two.record(event)["title"] == "打合せ"
    assert [e["subject"] for e in two.outlook(two.hanako)] == ["打合せ"]
    assert [e["subject"] for e in two.outlook(two.taro)] == ["太郎だけの改題"], "an edit is never lost"
    two.assert_still()


@pytest.mark.parametrize("times", [1, 2])
def test_who_kept_an_edited_copy_and_is_added_again_has_both(two: Two, times: int) -> None:
    event = two.enter()
    two.everyone_passes()
    for time in range(times):
        two.world.groupware.edit(event, {"participants": two.everybody[:1]}, by=two.hanako.user)
        mine = twin(two.world, event, two.taro)
        two.mailbox(two.taro).edit(mine, subject=f"太郎だけの改題{time}")
        two.everyone_passes()
        two.world.groupware.edit(event, {"participants": two.everybody}, by=two.hanako.user)
        two.everyone_passes()
    kept = [f"太郎だけの改題{time}" for time in range(times)]
    assert sorted(e["subject"] for e in two.outlook(two.taro)) == [*kept, "打合せ"]
    assert sorted(e["title"] for e in two.world.groupware.events_of(two.taro.user)) == [*kept, "打合せ"]
    assert [e["subject"] for e in two.outlook(two.hanako)] == ["打合せ"]
    two.assert_still()


def test_who_is_added_later_gets_a_copy(two: Two) -> None:
    event = two.enter(participants=two.everybody[:1])
    two.everyone_passes()
    assert two.outlook(two.taro) == []
    two.world.groupware.edit(event, {"participants": two.everybody}, by=two.hanako.user)
    two.everyone_passes()
    assert [e["subject"] for e in two.outlook(two.taro)] == ["打合せ"]
    two.assert_still()


def test_a_private_event_of_outlook_that_gets_participants_stays_one_record(two: Two) -> None:
    """F1, as far as this stage goes: made in one Outlook, shared in the groupware."""
    mine = two.mailbox(two.hanako).create(subject="相談", start=AT, end="2026-11-18T11:00:00")
    two.everyone_passes()
    event = twin(two.world, mine, two.hanako)
    two.world.groupware.edit(event, {"participants": two.everybody}, by=two.hanako.user)
    two.everyone_passes()
    two.everyone_passes()
    assert len(two.world.groupware.events_of(two.hanako.user)) == 1
    assert [len(two.outlook(person)) for person in (two.hanako, two.taro)] == [1, 1]
    two.assert_still()


def test_an_event_of_a_whole_department_is_everybody_s_and_one(two: Two) -> None:
    world = two.world
    office = world.groupware.add_organization("営業部")
    for user in (two.hanako.user, two.taro.user):
        world.groupware.change(_user_kind(), user, organizationIds=[office])
    event = world.groupware.create(
        {"title": "朝礼", "start": AT, "participants": [{"organizationId": office}]}, by=two.hanako.user
    )["id"]
    two.everyone_passes()
    assert [len(two.outlook(person)) for person in (two.hanako, two.taro)] == [1, 1]
    two.mailbox(two.taro).delete(twin(world, event, two.taro))
    record = passed(world, two.taro)
    assert reasons(record) == {"shared-delete": 1}
    assert two.record(event)["title"] == "朝礼"
    two.assert_still()


def _user_kind() -> Any:
    from sync.sandbox.groupware import Kind

    return Kind.USER


def test_a_facility_and_outsiders_do_not_become_attendees(two: Two) -> None:
    room = two.world.groupware.add_facility("第1会議室", email="room1@example.com")
    guest = {"email": "guest@example.org", "name": "客"}
    event = two.enter(participants=[*two.everybody, guest], facilities=[{"facilityId": room}])
    two.everyone_passes()
    two.mailbox(two.taro).edit(twin(two.world, event, two.taro), subject="改題")
    two.everyone_passes()
    two.everyone_passes()
    for person in (two.hanako, two.taro):
        (mine,) = two.outlook(person)
        assert (mine["subject"], mine["attendees"]) == ("改題", [])
    shown = two.record(event)
    assert len(shown["participants"]) == 3
    assert shown["facilities"][0]["facilityId"] == room
    two.assert_still()


def test_a_shared_event_that_one_person_cannot_hold_is_parked_for_that_person_alone(two: Two) -> None:
    two.world.tenant.faults.script(
        lambda call: (
            call.method == "POST" and two.taro.mailbox in call.path and call.route.endswith("/events")
        ),
        _refusal(),
        times=100_000,
    )
    event = two.enter()
    passed(two.world, two.hanako)
    record = passed(two.world, two.taro)
    assert parked(record)[event][0] == "graph-refused"
    assert len(two.outlook(two.hanako)) == 1
    assert two.record(event)["title"] == "打合せ"
    two.world.tenant.faults.clear_scripts()
    later(two.world, two.taro)
    assert len(two.outlook(two.taro)) == 1
    two.assert_still()


def _refusal() -> Any:
    from sync.sandbox.faults import fail

    return fail(400, "ErrorPropertyValidationFailure")
