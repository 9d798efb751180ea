"""What a report says and what it never says: ids, counts, reasons, but no title, body or address (law 9)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sync.core.action import Action, Kind, Plan
from sync.core.event import Field, Side
from sync.core.guard import Hold
from sync.core.link import Base, Link
from sync.core.merge import Loss
from sync.core.rules import Reason
from sync.core.settlement import Refusal
from sync.core.window import Window
from sync.core.write import Verb, Write
from sync.engine.apply import Progress
from sync.engine.observe import Calendars
from sync.engine.report import build_report, row
from tests.engine.office import G, O, Office

WINDOW = Window(date(2026, 11, 1), date(2026, 12, 1), "Asia/Tokyo")
CALENDARS = cast(Calendars, {G: SimpleNamespace(requests=2), O: SimpleNamespace(requests=3)})


def link(name: str, *, groupware: bool = True, outlook: bool = True) -> Link:
    return Link(
        f"g:{name}",
        Base(f"g-{name}", "1", {}) if groupware else None,
        Base(f"o-{name}", "1", {}) if outlook else None,
    )


def action(kind: Kind, name: str, reason: str = Reason.EDITED, **writes: Verb) -> Action:
    made = {
        Side(side): Write(f"g:{name}", verb, f"x-{name}", fields=frozenset({Field.TITLE, Field.TIME}))
        for side, verb in writes.items()
    }
    return Action(kind, reason, link(name), writes=made)


def report(*actions: Action, progress: Progress | None = None, hold: Hold | None = None) -> dict[str, Any]:
    found = build_report(Plan(actions), progress, CALENDARS, WINDOW, hold)
    assert json.loads(json.dumps(found)) == found, "a report is stored as JSON"
    return cast(dict[str, Any], found)


def test_an_empty_plan_still_says_window_and_requests() -> None:
    assert report() == {
        "window": {"from": "2026-11-01", "to": "2026-12-01", "timeZone": "Asia/Tokyo"},
        "counts": {"groupware": {}, "outlook": {}, "events": {}},
        "reasons": {},
        "actions": [],
        "requests": {"groupware": 2, "outlook": 3},
    }


def test_an_update_names_the_fields_it_writes_in_order() -> None:
    assert row(action(Kind.UPDATE, "a", outlook=Verb.UPDATE)) == {
        "action": "update",
        "reason": "edited",
        "groupwareId": "g-a",
        "outlookId": "o-a",
        "writes": {"outlook": "update"},
        "fields": {"outlook": ["time", "title"]},
    }


def test_a_create_and_a_delete_name_no_fields() -> None:
    assert "fields" not in row(action(Kind.CREATE, "a", outlook=Verb.CREATE))
    assert "fields" not in row(action(Kind.DELETE, "a", outlook=Verb.DELETE))


def test_an_event_of_one_side_has_one_id() -> None:
    half = Action(Kind.PARK, "series", link("a", outlook=False), side=G)
    assert {"groupwareId"} == {name for name in row(half) if name.endswith("Id")}


def test_a_kept_value_is_announced_without_the_value() -> None:
    lost = Action(Kind.MERGE, Reason.BOTH_EDITED, link("a"), losses=(Loss(O, Field.TITLE, "秘密"),))
    assert row(lost)["kept"] == [{"side": "outlook", "field": "title"}]
    assert "秘密" not in json.dumps(row(lost), ensure_ascii=False)


def test_counts_are_by_side_and_verb() -> None:
    found = report(
        action(Kind.CREATE, "a", outlook=Verb.CREATE),
        action(Kind.CREATE, "b", outlook=Verb.CREATE),
        action(Kind.CREATE, "c", groupware=Verb.CREATE),
        action(Kind.DELETE, "d", outlook=Verb.DELETE),
        action(Kind.MERGE, "e", groupware=Verb.UPDATE, outlook=Verb.UPDATE),
        action(Kind.ADOPT, "f"),
    )
    assert found["counts"] == {
        "groupware": {"create": 1, "update": 1},
        "outlook": {"create": 2, "delete": 1, "update": 1},
        "events": {"merge": 1, "adopt": 1},
    }
    assert len(found["actions"]) == 6


@pytest.mark.parametrize("kind", [Kind.REFRESH, Kind.FORGET, Kind.SKIP])
def test_what_nobody_asks_about_is_counted_and_not_listed(kind: Kind) -> None:
    found = report(action(kind, "a", Reason.OUTSIDE_WINDOW), action(kind, "b", Reason.OUTSIDE_WINDOW))
    assert found["actions"] == []
    assert found["counts"]["events"] == {kind: 2}
    assert found["reasons"] == {"outside-window": 2}


def test_a_write_that_was_refused_counts_as_parked_and_not_as_written() -> None:
    refused = action(Kind.UPDATE, "a", outlook=Verb.UPDATE)
    fine = action(Kind.UPDATE, "b", outlook=Verb.UPDATE)
    progress = Progress(parked=[(refused, O, Refusal("title-too-long", {"limit": "255"}))])
    found = report(refused, fine, progress=progress)
    assert found["counts"]["outlook"] == {"update": 1}
    assert found["counts"]["events"] == {"park": 1}
    parked = [line for line in found["actions"] if line["action"] == "park"]
    assert [(line["reason"], line["detail"], line["side"]) for line in parked] == [
        ("title-too-long", {"limit": "255"}, "outlook")
    ]
    assert found["reasons"]["title-too-long"] == 1


def test_a_held_plan_says_how_many_of_how_many_and_which() -> None:
    hold = Hold("guard-deletes", 2, 1, frozenset({"g:b", "g:a"}), mails=3)
    found = report(action(Kind.DELETE, "a", Reason.DELETED, outlook=Verb.DELETE), hold=hold)
    assert found["held"] == {
        "reason": "guard-deletes",
        "count": 2,
        "limit": 1,
        "mails": 3,
        "links": ["g:a", "g:b"],
    }


@pytest.fixture
def office() -> Iterator[Office]:
    with closing(Office()) as office:
        yield office


def test_each_thing_a_person_does_has_its_line_and_reason(office: Office) -> None:
    office.fill(4)
    events = {event["title"]: event["id"] for event in office.groupware.events_of(office.user)}
    there = {event["subject"]: event["id"] for event in office.mailbox.events()}
    office.groupware.edit(events["E0"], {"title": "changed"}, by=office.user)
    office.mailbox.delete(there["E1"])
    office.groupware.edit(events["E2"], {"title": "mine"}, by=office.user)
    office.mailbox.edit(there["E2"], subject="theirs")
    office.mailbox.delete(there["E3"])
    office.groupware.edit(events["E3"], {"title": "edited, so it stays"}, by=office.user)
    office.add(O, "new")
    for side in Side:
        office.add(side, "typed twice", 2)
    found = cast(dict[str, Any], office.sync().report)
    lines = {(line["action"], line["reason"]) for line in found["actions"]}
    assert lines == {
        ("update", "edited"),
        ("delete", "deleted"),
        ("merge", "both-edited"),
        ("create", "edit-beats-delete"),
        ("create", "new"),
        ("adopt", "same-on-both"),
    }
    assert found["requests"]["outlook"] <= 6
    text = json.dumps(found, ensure_ascii=False)
    for content in ("changed", "mine", "theirs", "stays", "typed", "hanako", "example.com"):
        assert content not in text, content


def test_a_linked_event_that_can_no_longer_be_synced_is_a_line_of_its_own(office: Office) -> None:
    [event, _] = office.fill(2)
    there = next(e for e in office.mailbox.events() if e["subject"] == "E0")
    office.mailbox.label_zone(there["id"], "Nowhere Standard Time")
    office.mailbox.edit(there["id"], subject="renamed")
    found = cast(dict[str, Any], office.sync().report)
    assert found["counts"]["events"]["park"] == 1
    [line] = found["actions"]
    assert (line["action"], line["reason"], line["groupwareId"]) == ("park", "unknown-zone", event)


def test_what_outlook_cannot_say_is_named_in_the_line(office: Office) -> None:
    office.add(G, "E" * 300)
    found = cast(dict[str, Any], office.sync().report)
    [line] = found["actions"]
    assert line["diagnostics"] == {"outlook": ["title-cut"]}
