"""One person's calendar over CalDAV: what an idle round costs, what is told of changes, and what a write says was
done, against answers that the servers which run here do not give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
import requests

from sync.adapters.groupware.caldav.calendar import CaldavCalendar
from sync.adapters.groupware.caldav.collection import Collection
from sync.adapters.groupware.caldav.directory import CaldavDirectory
from sync.adapters.groupware.caldav.discovery import Homes
from sync.adapters.groupware.caldav.quirks import SERVERS, UNKNOWN, Quirks
from sync.adapters.groupware.caldav.sync_state import SyncState, close
from sync.adapters.groupware.caldav.writer import together
from sync.core.change import SHARED, Removed, Seen, Unreadable
from sync.core.event import Field, Side
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.core.write import Verb, Write
from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, TryLater
from sync.ports import Outcome
from tests.adapters.groupware.caldav.servers import Server
from tests.adapters.groupware.caldav.wire import (
    CALENDAR,
    Said,
    Saying,
    Wire,
    etag_of,
    event,
    found,
    ics,
    missing,
    multistatus,
    refused,
    wire,
)
from tests.contract.calendar import timed
from tests.fakes import FakeClock

WINDOW = Window(date(2026, 9, 1), date(2026, 9, 15), "Asia/Tokyo")
LIST = '{"users": [{"id": "taro", "name": "山田太郎", "email": "taro@example.co.jp"}]}'
TASK = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
PLAIN = Quirks()
HREF = CALENDAR + "00000000-0000-0000-0000-000000000001.ics"


def opened(made: Wire, quirks: Quirks = PLAIN) -> CaldavCalendar:
    directory = CaldavDirectory({"list": LIST}, "list", lambda: made.client, made.clock)
    homes = Homes(made.clock, "p/{user}/")
    return CaldavCalendar(made.client, homes, directory, made.clock, "taro", "Asia/Tokyo", quirks)


def cursor(clock: FakeClock, token: str = "t1", ctag: str = "") -> str:
    return close(SyncState(CALENDAR, "", ("p/{user}/", ""), WINDOW, clock.now(), token, ctag))


def talking(*sayings: Saying, quirks: Quirks = PLAIN) -> tuple[CaldavCalendar, Wire]:
    """A calendar whose place is known from its cursor."""
    made = wire(multistatus(token="t1"), *sayings)
    calendar = opened(made, quirks)
    calendar.changes(WINDOW, cursor(made.clock))
    made.canned.asked.clear()
    return calendar, made


def create(title: str = "新規") -> Write:
    return Write(
        "k",
        Verb.CREATE,
        event=timed(title),
        token="00000000-0000-0000-0000-000000000001",
        uid="u-1",
        fields=frozenset(map(str, Field)),
    )


def update(title: str = "変更", version: str = "1", name: str = "a.ics") -> Write:
    return Write("k", Verb.UPDATE, name, version, timed(title), frozenset({Field.TITLE}))


def delete(version: str = "1", name: str = "a.ics") -> Write:
    return Write("k", Verb.DELETE, name, version)


def only(calendar: CaldavCalendar, write: Write) -> Outcome:
    (outcome,) = calendar.write([write])
    return outcome


def title_of(outcome: Outcome) -> str:
    assert outcome.seen is not None, outcome.error
    return outcome.seen.event.title


# Reading.


def test_an_idle_round_is_one_request() -> None:
    made = wire(multistatus(token="t1"))
    snapshot, following = opened(made).changes(WINDOW, cursor(made.clock))
    assert snapshot == Snapshot(Side.GROUPWARE)
    assert following == cursor(made.clock)
    assert made.canned.methods == ["REPORT"]


def test_an_idle_round_by_ctag_is_one_request() -> None:
    made = wire(multistatus(found(CALENDAR, "<cs:getctag>c1</cs:getctag>")))
    calendar = opened(made, SERVERS["sogo"])
    snapshot, _ = calendar.changes(WINDOW, cursor(made.clock, "", "c1"))
    assert snapshot == Snapshot(Side.GROUPWARE)
    assert made.canned.methods == ["PROPFIND"]
    with pytest.raises(CursorExpired):
        calendar.changes(WINDOW, cursor(made.clock, "", "c0"))


def test_a_server_whose_tokens_lie_is_asked_for_its_ctag(radicale: Server) -> None:
    clock, user = FakeClock(), radicale.person()
    made = wire(Said())
    directory = CaldavDirectory({"list": "{}"}, "list", lambda: made.client, clock)
    for quirks, kind in ((radicale.quirks, '"ctag": ""'), (SERVERS["sogo"], '"token": ""')):
        homes, client = radicale.homes(user, clock), radicale.client()
        calendar = CaldavCalendar(client, homes, directory, clock, user, "Asia/Tokyo", quirks)
        _, following = calendar.changes(WINDOW, None)
        assert kind in following
        assert calendar.changes(WINDOW, following) == (Snapshot(Side.GROUPWARE), following)


def test_changes_are_told_in_two_requests_and_tasks_are_none() -> None:
    made = wire(
        multistatus(
            *(found(CALENDAR + n) for n in ("a.ics", "task.ics", "late.ics")),
            missing(CALENDAR + "b.ics"),
            token="t2",
        ),
        multistatus(event("a.ics"), event("task.ics", text=TASK), missing(CALENDAR + "late.ics")),
    )
    snapshot, following = opened(made).changes(WINDOW, cursor(made.clock))
    assert set(snapshot.observations) == {"a.ics"}
    assert snapshot.missing == {"b.ics", "late.ics", "task.ics"}
    assert not snapshot.is_complete
    assert following == cursor(made.clock, "t2")
    assert made.client.requests == 2


def test_what_cannot_be_read_is_there_and_parked() -> None:
    calendar, _ = talking(
        multistatus(event("a.ics", text="BEGIN:VCALENDAR\nBEGIN:VEVENT\nnonsense"), event("t.ics", text=TASK))
    )
    read = calendar.read(["a.ics", "t.ics"])
    assert all(isinstance(one, Unreadable) for one in read.values())


def test_other_people_s_copies_are_theirs() -> None:
    """One person's delete is of the own copy alone."""
    text = ics("a", ORGANIZER="mailto:taro@example.co.jp", ATTENDEE="mailto:x@example.org")
    calendar, _ = talking(multistatus(event("a.ics", text=text)))
    seen = calendar.read(["a.ics"])["a.ics"]
    assert isinstance(seen, Seen)
    assert len(seen.event.participants) == 2
    assert SHARED not in seen.residue
    assert calendar.capabilities.has_own_copies


def test_a_calendar_that_went_elsewhere_is_looked_for() -> None:
    home = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
    made = wire(
        refused(404),
        multistatus(
            found("/dav/p/taro/", "<c:calendar-home-set><d:href>/dav/new/</d:href></c:calendar-home-set>")
        ),
        multistatus(found("/dav/new/work/", home)),
        multistatus(found("/dav/new/work/")),
        multistatus(),
    )
    calendar = opened(made)
    with pytest.raises(CursorExpired):
        calendar.changes(WINDOW, cursor(made.clock))
    snapshot, following = calendar.changes(WINDOW, None)
    assert snapshot.is_complete
    assert '"/dav/new/work/"' in following


def test_the_listing_looks_a_day_beyond_the_window() -> None:
    """Servers take floating times for another zone's."""
    made = wire(
        multistatus(found("/dav/p/taro/")),
        multistatus(found(CALENDAR, "<d:resourcetype><c:calendar/></d:resourcetype>")),
        multistatus(found(CALENDAR)),
        multistatus(),
    )
    opened(made).changes(WINDOW, None)
    assert 'start="20260830T150000Z" end="20260915T150000Z"' in made.canned.body(3)


def test_only_the_very_uid_is_found() -> None:
    calendar, _ = talking(multistatus(event("a.ics"), event("aa.ics")))
    found_now = calendar.find(["aa.ics@test"])
    assert {uid: seen.id for uid, seen in found_now.items()} == {"aa.ics@test": "aa.ics"}


# What a write says was done.


def test_an_update_is_read_written_and_read_again() -> None:
    after = ics("a.ics", title="変更").replace("END:VEVENT", "X-SERVER:1\r\nEND:VEVENT")
    calendar, made = talking(
        multistatus(event("a.ics")),
        Said(204, headers={"ETag": '"2"'}),
        multistatus(event("a.ics", '"2"', after)),
    )
    outcome = only(calendar, update())
    assert title_of(outcome) == "変更"
    assert outcome.seen is not None
    assert outcome.seen.version == "2"
    assert made.canned.methods == ["REPORT", "PUT", "REPORT"]
    assert made.canned.asked[1].headers["If-Match"] == '"1"'


@pytest.mark.parametrize("etag", ['"2"', ""])
def test_a_person_s_edit_right_after_ours_is_not_taken_for_ours(etag: str) -> None:
    theirs = event("a.ics", '"3"', ics("a.ics", title="変更", LOCATION="人の場所"))
    calendar, _ = talking(multistatus(event("a.ics")), Said(204, headers={"ETag": etag}), multistatus(theirs))
    outcome = only(calendar, update())
    assert outcome.seen is not None
    assert (outcome.seen.event.title, outcome.seen.event.place) == ("変更", "")
    assert outcome.seen.version != "3", "the next round tells it as a change"


def test_an_event_that_is_gone_right_after_our_write_was_written() -> None:
    calendar, _ = talking(multistatus(event("a.ics")), Said(204), multistatus(missing(CALENDAR + "a.ics")))
    assert title_of(only(calendar, update())) == "変更"


def test_what_is_as_wanted_is_not_written() -> None:
    calendar, made = talking(multistatus(event("a.ics", text=ics("a.ics", title="変更"))))
    assert title_of(only(calendar, update())) == "変更"
    assert "PUT" not in made.canned.methods


def test_a_version_that_is_known_to_be_old_is_not_even_tried() -> None:
    calendar, made = talking(multistatus(event("a.ics", '"9"')))
    assert isinstance(only(calendar, update()).error, Moved)
    assert "PUT" not in made.canned.methods


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (event("a.ics", '"2"', ics("a.ics", title="人")), Moved),
        (missing(CALENDAR + "a.ics"), Gone),
        (event("a.ics"), CannotSync),
    ],
)
@pytest.mark.parametrize("status", [409, 412])
def test_a_412_is_looked_into(now: str, kind: type[Exception], status: int) -> None:
    calendar, _ = talking(multistatus(event("a.ics")), refused(status), multistatus(now))
    assert isinstance(only(calendar, update()).error, kind)


@pytest.mark.parametrize(
    ("quirks", "code"), [(SERVERS["radicale"], "too-large"), (UNKNOWN, "groupware-refused")]
)
def test_radicale_says_too_large_with_412(quirks: Quirks, code: str) -> None:
    calendar, _ = talking(
        multistatus(event("a.ics")), refused(412), multistatus(event("a.ics")), quirks=quirks
    )
    error = only(calendar, update()).error
    assert error is not None
    assert error.code == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (refused(413), "too-large"),
        (refused(507), "too-large"),
        (refused(403, "c:max-resource-size"), "too-large"),
        (refused(403, "c:valid-calendar-data"), "groupware-refused"),
        (refused(403), "calendar-read-only"),
    ],
)
@pytest.mark.parametrize("write", [create(), update()])
def test_a_refusal_is_that_event_s_alone(said: Said, code: str, write: Write) -> None:
    before = [multistatus(event("a.ics"))] if write.verb is Verb.UPDATE else []
    calendar, _ = talking(*before, said)
    error = only(calendar, write).error
    assert error is not None
    assert error.code == code


def test_an_answer_that_was_lost_is_recognised() -> None:
    done = multistatus(event("a.ics", '"2"', ics("a.ics", title="変更")))
    calendar, _ = talking(multistatus(event("a.ics")), requests.ConnectionError(), refused(412), done)
    assert title_of(only(calendar, update())) == "変更"


def test_a_create_whose_name_is_taken_shows_what_is_there() -> None:
    there = found(HREF, etag_of('"5"'), f"<c:calendar-data>{ics('x', title='前の')}</c:calendar-data>")
    calendar, made = talking(refused(412), multistatus(there))
    assert title_of(only(calendar, create())) == "前の"
    assert made.canned.asked[0].headers["If-None-Match"] == "*"
    assert made.canned.paths[0] == HREF


@pytest.mark.parametrize(
    "said", [refused(409, "c:no-uid-conflict"), refused(403, "c:no-uid-conflict"), refused(412)]
)
def test_a_create_whose_uid_is_taken_shows_who_has_it(said: Said) -> None:
    other = event("other.ics", '"5"', ics("x", title="別の").replace("UID:x@test", "UID:u-1"))
    calendar, _ = talking(said, multistatus(missing(HREF)), multistatus(other))
    outcome = only(calendar, create())
    assert outcome.seen is not None
    assert (outcome.seen.id, outcome.seen.event.title) == ("other.ics", "別の")


def test_a_uid_that_nobody_shows_is_taken_all_the_same() -> None:
    calendar, _ = talking(refused(409, "c:no-uid-conflict"), multistatus(missing(HREF)), multistatus())
    error = only(calendar, create()).error
    assert error is not None
    assert error.code == "uid-taken"


def test_a_server_that_overwrites_is_looked_at_first() -> None:
    there = found(HREF, etag_of('"5"'), f"<c:calendar-data>{ics('x', title='前の')}</c:calendar-data>")
    calendar, made = talking(multistatus(there), quirks=UNKNOWN)
    assert title_of(only(calendar, create())) == "前の"
    assert made.canned.methods == ["REPORT"]


def test_a_delete_costs_one_request() -> None:
    calendar, made = talking(Said(200, b"<d:multistatus xmlns:d='DAV:'/>"))
    assert only(calendar, delete()) == Outcome("k")
    assert made.canned.methods == ["DELETE"]


def test_a_404_is_believed_only_if_the_calendar_says_so_too() -> None:
    calendar, _ = talking(refused(404), multistatus(missing(CALENDAR + "a.ics")))
    assert only(calendar, delete()) == Outcome("k")
    calendar, _ = talking(refused(404), multistatus(event("a.ics")))
    with pytest.raises(TryLater):
        only(calendar, delete())


def test_a_delete_of_what_was_edited_is_refused() -> None:
    calendar, _ = talking(refused(412), multistatus(event("a.ics", '"2"')))
    assert isinstance(only(calendar, delete()).error, Moved)


def test_without_entity_tags_a_delete_looks_first() -> None:
    bare = found(CALENDAR + "a.ics", f"<c:calendar-data>{ics('a.ics')}</c:calendar-data>")
    calendar, made = talking(multistatus(bare), multistatus(bare), Said(204), multistatus(bare))
    seen = calendar.read(["a.ics"])["a.ics"]
    assert isinstance(seen, Seen)
    assert only(calendar, delete(seen.version)) == Outcome("k")
    assert isinstance(only(calendar, delete("~other")).error, Moved)
    assert made.canned.methods == ["REPORT", "REPORT", "DELETE", "REPORT"]


# Many at once, and what stops everything.


def test_twenty_updates_cost_twenty_two_requests() -> None:
    names = [f"{number}.ics" for number in range(20)]

    def shown(title: str) -> Said:
        return multistatus(*(event(name, '"1"', ics(name, title=title)) for name in names))

    calendar, made = talking(shown("予定"), *[Said(204, headers={"ETag": '"1"'})] * 20, shown("変更"))
    outcomes = list(calendar.write([replace(update(name=name), key=name) for name in names]))
    assert [outcome.key for outcome in outcomes] == names
    assert all(title_of(outcome) == "変更" for outcome in outcomes)
    assert made.client.requests - 1 == 22


def names_of(parts: Sequence[Sequence[Write]]) -> list[list[str]]:
    return [[write.id for write in part] for part in parts]


def test_writes_to_one_event_are_not_under_way_together() -> None:
    writes = [update(name=name) for name in ("a", "b", "a", "c", "c")]
    assert names_of(list(together(writes))) == [["a", "b"], ["a", "c"], ["c"]]
    assert [len(part) for part in together([create()] * 45)] == [20, 20, 5]


@pytest.mark.parametrize(
    ("said", "kind"),
    [(refused(401), NeedsAdministrator), (Said(503, headers={"Retry-After": "600"}), TryLater)],
)
def test_what_was_done_before_everything_stopped_is_told(said: Said, kind: type[Exception]) -> None:
    before, after = (
        multistatus(event("a.ics"), event("b.ics")),
        multistatus(event("a.ics", '"2"', ics("a.ics", title="変更"))),
    )
    calendar, _ = talking(before, Said(204, headers={"ETag": '"2"'}), said, after)
    outcomes = calendar.write([update(), update(name="b.ics")])
    assert title_of(next(outcomes)) == "変更"
    with pytest.raises(kind):
        next(outcomes)


def test_a_server_that_fails_at_everything_is_away() -> None:
    calendar, _ = talking(multistatus(*(event(f"{n}.ics") for n in range(5))), refused(500))
    outcomes = calendar.write([update(name=f"{n}.ics") for n in range(5)])
    assert [next(outcomes).error.code for _ in range(3)] == ["groupware-failing"] * 3  # type: ignore[union-attr]
    with pytest.raises(TryLater):
        next(outcomes)


def test_gone_events_and_nothing_at_all() -> None:
    calendar, made = talking(multistatus(missing(CALENDAR + "a.ics")))
    assert isinstance(only(calendar, update()).error, Gone)
    assert only(calendar, delete("")) == Outcome("k")
    assert calendar.read(["a.ics"]) == {"a.ics": Removed(Side.GROUPWARE, "a.ics")}
    asked = made.client.requests
    assert list(calendar.write([])) == []
    assert calendar.read([]) == calendar.find([]) == {}
    assert made.client.requests == asked


@pytest.mark.parametrize("quirks", [SERVERS["radicale"], SERVERS["other"]])
def test_an_event_of_which_the_server_cannot_work_out_when_it_is_is_shown_all_the_same(
    radicale: Server, quirks: Quirks
) -> None:
    """Radicale finds no occurrence of these two, and a query by time leaves them out."""
    user, clock = radicale.person(), FakeClock()
    theirs = Collection(radicale.client(), radicale.path.replace("{user}", user))
    theirs.create("odd.ics", ics("odd", EXDATE="20260910T010000Z"))
    theirs.create("broken.ics", ics("broken", RRULE="FREQ=WEEKLY;COUNT=-1"))
    theirs.create("past.ics", ics("past").replace("20260902", "20250902"))
    theirs.create("series.ics", ics("series", RRULE="FREQ=DAILY").replace("20260902", "20250902"))
    theirs.create("over.ics", ics("over", RRULE="FREQ=DAILY;COUNT=5").replace("20260902", "20250902"))
    directory = CaldavDirectory({"list": "{}"}, "list", lambda: radicale.client(), clock)
    homes, client = radicale.homes(user, clock), radicale.client()
    calendar = CaldavCalendar(client, homes, directory, clock, user, "Asia/Tokyo", quirks)
    snapshot, _ = calendar.changes(WINDOW, None)
    everything = {"odd.ics", "broken.ics", "series.ics"}
    assert set(snapshot.observations) == (everything if quirks.misses_times else {"series.ics"})
