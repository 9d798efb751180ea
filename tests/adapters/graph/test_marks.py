"""Our marker read, taken off, and what carries it removed: against the simulator, request by request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.adapters.graph.mapping import PROPERTY_ID
from sync.adapters.graph.marks import GraphMarks, marked_of
from sync.errors import CannotSync, NeedsAdministrator, TryLater
from sync.ports import Marked
from sync.sandbox.faults import commit_then_drop, fail, throttled
from tests.e2e.office import AT, office
from tests.e2e.world import World

END = "2026-11-18T11:00:00"


def marks(world: World) -> GraphMarks:
    found = world.services.marks(world.connection)
    assert isinstance(found, GraphMarks)
    return found


def marked(world: World, subject: str, marker: str) -> str:
    event = world.mailbox.create(subject=subject, start=AT, end=END)
    item, _ = world.mailbox.find(event)
    item.content = replace(item.content, extended={PROPERTY_ID: marker})
    return event


def titles(world: World) -> list[str]:
    return sorted(str(event["subject"]) for event in world.mailbox.events())


def test_events_are_read_with_their_marker_and_those_that_are_gone_are_absent() -> None:
    with office() as world:
        ours, plain = marked(world, "ours", "gw1"), world.mailbox.create(subject="plain", start=AT, end=END)
        gone = world.mailbox.create(subject="gone", start=AT, end=END)
        world.mailbox.delete(gone)
        found = marks(world).read([ours, plain, gone])
        assert found == {ours: Marked(ours, "gw1"), plain: Marked(plain, "")}


def test_guests_and_whose_meeting_it_is_come_along() -> None:
    with office() as world:
        other = world.link(world.other_user, "taro@example.com")
        meeting = world.mailbox.invite(
            ["taro@example.com", "out@example.org"], subject="m", start=AT, end=END
        )
        assert marks(world).read([meeting]) == {
            meeting: Marked(meeting, "", ("taro@example.com", "out@example.org"))
        }
        [copy] = world.tenant.mailbox(other.mailbox).events()
        theirs = world.services.marks(other).read([copy["id"]])[copy["id"]]
        assert isinstance(theirs, Marked)
        assert not theirs.is_organizer


def test_every_event_with_a_marker_is_found_page_by_page() -> None:
    with office() as world:
        wanted = {marked(world, f"e{n}", "gw7") for n in range(12)}
        marked(world, "other", "gw8")
        assert {one.id for one in marks(world).find(["gw7", "o'brien"])} == wanted


def test_taking_off_keeps_the_event_and_mails_nobody() -> None:
    with office() as world:
        world.link(world.other_user, "taro@example.com")
        meeting = world.mailbox.invite(["taro@example.com"], subject="m", start=AT, end=END)
        item, _ = world.mailbox.find(meeting)
        mails = len(world.tenant.outbox)
        assert marks(world).take_off([meeting]) == {meeting: None}
        assert item.content.extended == {PROPERTY_ID: ""}
        assert item.content.subject == "m"
        assert len(world.tenant.outbox) == mails
        assert marks(world).find(["gw1"]) == []


def test_removing_is_for_good_and_twenty_at_a_time() -> None:
    with office() as world:
        events = [marked(world, f"e{n:02}", "gw1") for n in range(45)]
        assert marks(world).remove(events) == dict.fromkeys(events)
        assert titles(world) == []
        assert world.tenant.requests.count("POST", "/$batch") == 3
        assert marks(world).remove(events) == dict.fromkeys(events)  # gone already


def test_a_lost_answer_is_no_error() -> None:
    with office() as world:
        events = [marked(world, f"e{n}", "gw1") for n in range(3)]
        world.faults.script(lambda call: "permanentDelete" in call.route, commit_then_drop(), times=2)
        assert marks(world).remove(events) == dict.fromkeys(events)
        assert titles(world) == []


def test_one_event_that_is_refused_is_told_and_the_others_are_done() -> None:
    with office() as world:
        events = [marked(world, f"e{n}", "gw1") for n in range(3)]
        world.faults.script(lambda call: "permanentDelete" in call.route, fail(400, "ErrorX"))
        done = marks(world).remove(events)
        assert [type(error) for error in done.values()].count(CannotSync) == 1
        assert len(titles(world)) == 1


@pytest.mark.parametrize("ask", ["read", "find", "take_off", "remove"])
def test_a_mailbox_that_may_not_be_touched_stops_it(ask: str) -> None:
    with office() as world:
        event = marked(world, "ours", "gw1")
        next(iter(world.tenant.applications.values())).mailboxes = frozenset()
        with pytest.raises(NeedsAdministrator) as refused:
            getattr(marks(world), ask)([event])
        assert refused.value.code == "mailbox-forbidden"
        assert titles(world) == ["ours"]


def test_a_service_that_stays_busy_is_waited_for() -> None:
    with office() as world:
        event = marked(world, "ours", "gw1")
        world.faults.script(lambda _call: True, throttled(3), times=1000)
        with pytest.raises(TryLater):
            marks(world).remove([event])


def test_a_property_of_somebody_elses_is_no_marker() -> None:
    item = {"id": "1", "singleValueExtendedProperties": [{"id": "String {x} Name Other", "value": "gw1"}]}
    assert marked_of(item) == Marked("1", "")
    assert marked_of({"id": "1", "attendees": None, "isOrganizer": None}) == Marked("1", "")
