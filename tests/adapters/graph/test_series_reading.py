"""A series with all that its dates say differently is one event, and is read as a whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from sync.adapters.graph.calendar import GraphCalendar
from sync.adapters.graph.mapping import PROPERTY_ID, TypeTable
from sync.adapters.graph.series import master_version, series_from_graph, version_of_series
from sync.core.change import Observation, Removed, Seen, Unreadable
from sync.core.event import AllDay, Event, Form, Reminder, ShowAs, Timed, Visibility
from sync.core.link import marker_of
from sync.core.recurrence import occurrence_of
from sync.sandbox.microsoft365 import Switches
from sync.sandbox.microsoft365.switches import SeriesVersions
from tests.adapters.graph.canned import OID, Canned, FakeClock, Json, Said, batch_of, graph_event, make_client
from tests.adapters.graph.simulated import WINDOW, World, make_world
from tests.adapters.graph.test_calendar import a_series, open_calendar, round_of
from tests.contract.calendar import create

ZONE = "Asia/Tokyo"
TOKYO = "Tokyo Standard Time"
DAY = timedelta(days=1)


def weekly(first: str = "2026-09-07", zone: str = TOKYO) -> Json:
    """Every Monday."""
    return {
        "pattern": {
            "type": "weekly",
            "interval": 1,
            "month": 0,
            "dayOfMonth": 0,
            "daysOfWeek": ["monday"],
            "firstDayOfWeek": "monday",
            "index": "first",
        },
        "range": {
            "type": "noEnd",
            "startDate": first,
            "endDate": "0001-01-01",
            "recurrenceTimeZone": zone,
            "numberOfOccurrences": 0,
        },
    }


def moment(text: str) -> Json:
    return {"dateTime": f"{text}.0000000", "timeZone": "UTC"}


def master(**changes: Any) -> Json:
    """Ten to eleven on Mondays in Tokyo, as an expanded GET shows it."""
    return graph_event(
        "M",
        **{
            "type": "seriesMaster",
            "start": moment("2026-09-07T01:00:00"),
            "end": moment("2026-09-07T02:00:00"),
            "recurrence": weekly(),
            "exceptionOccurrences": [],
            "cancelledOccurrences": [],
            **changes,
        },
    )


def exception(day: str, **changes: Any) -> Json:
    """A Monday that differs."""
    return graph_event(
        f"M.{day}",
        **{
            "type": "exception",
            "seriesMasterId": "M",
            "occurrenceId": f"OID.M.{day}",
            "start": moment(f"{day}T01:00:00"),
            "end": moment(f"{day}T02:00:00"),
            **changes,
        },
    )


def shown(item: Json, zone: str = ZONE) -> Seen:
    found = series_from_graph(item, zone=zone, types=TypeTable())
    assert isinstance(found, Seen), found
    return found


def at(day: str, hour: int, zone: str = ZONE) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), ZoneInfo(zone))


def series_of(event: Event) -> Any:
    assert event.recurrence is not None
    return event.recurrence


# One event.


def test_a_series_is_one_event_with_its_rule() -> None:
    found = shown(master())
    assert (found.id, found.version, found.hands_off) == ("M", 'W/"key1"', None)
    assert series_of(found.event).rrule == "FREQ=WEEKLY;BYDAY=MO"
    assert found.event.span == Timed(at("2026-09-07", 10), at("2026-09-07", 11))
    assert found.residue == {"series": True}


def test_cancelled_dates_are_exdates() -> None:
    item = master(cancelledOccurrences=["OID.M.2026-09-21", "OID.M.2026-09-14"])
    found = shown(item)
    assert series_of(found.event).exdates == (date(2026, 9, 14), date(2026, 9, 21))
    assert found.residue == {"series": True, "exceptions": True}


def test_an_exception_is_an_override_with_its_whole_content() -> None:
    changed = exception(
        "2026-09-14",
        subject="別の件名",
        start=moment("2026-09-15T05:00:00"),
        end=moment("2026-09-15T07:30:00"),
        location={"displayName": "A;B"},
        body={"contentType": "html", "content": "<p>別の本文</p>"},
        sensitivity="private",
        showAs="free",
        isReminderOn=False,
    )
    found = shown(master(exceptionOccurrences=[changed]))
    (override,) = series_of(found.event).overrides
    assert override.original == date(2026, 9, 14)
    one = override.event
    assert one.span == Timed(at("2026-09-15", 14), at("2026-09-15", 16) + timedelta(minutes=30))
    assert (one.title, one.place, one.body) == ("別の件名", "A; B", "別の本文")
    assert (one.visibility, one.show_as, one.reminder) == (Visibility.PRIVATE, ShowAs.FREE, Reminder(None))
    assert one.recurrence is None
    assert found.event.title == "打合せ"


def test_an_exception_that_says_what_the_series_says_is_no_override() -> None:
    found = shown(master(exceptionOccurrences=[exception("2026-09-14")]))
    assert series_of(found.event).overrides == ()
    # It is one all the same for whoever renames the series next.
    assert found.residue["exceptions"] is True


@pytest.mark.parametrize(
    ("first", "original_start", "day"),
    [
        ("2026-09-07T01:00:00", "2026-09-14T01:00:00Z", date(2026, 9, 14)),
        ("2026-09-07T01:00:00", "2026-09-14T10:00:00+09:00", date(2026, 9, 14)),  # T20
        # Eight in the morning in Tokyo is the day before in UTC.
        ("2026-09-06T23:00:00", "2026-09-13T23:00:00Z", date(2026, 9, 14)),
        ("2026-09-06T23:00:00", "2026-09-13T16:00:00-07:00", date(2026, 9, 14)),
    ],
)
def test_without_an_occurrence_id_the_original_start_names_the_local_day(
    first: str, original_start: str, day: date
) -> None:
    changed = exception("2026-09-14", occurrenceId=None, originalStart=original_start, subject="x")
    end = datetime.fromisoformat(first) + timedelta(hours=1)
    found = shown(master(exceptionOccurrences=[changed], start=moment(first), end=moment(end.isoformat())))
    assert [override.original for override in series_of(found.event).overrides] == [day]


def all_day(**changes: Any) -> Json:
    midnight, next_midnight = moment("2026-09-07T00:00:00"), moment("2026-09-08T00:00:00")
    return master(**{"isAllDay": True, "start": midnight, "end": next_midnight, **changes})


@pytest.mark.parametrize("zone", [TOKYO, "Pacific Standard Time", "tzone://Microsoft/Custom"])
def test_whole_days_are_dates_whatever_zone_they_are_stored_in(zone: str) -> None:
    """originalStart of whole days is the instant of a zone that may not even be named (T62)."""
    changed = exception(
        "2026-09-14",
        isAllDay=True,
        subject="x",
        start=moment("2026-09-14T00:00:00"),
        end=moment("2026-09-16T00:00:00"),
        originalStart="2026-09-13T15:00:00Z",
    )
    item = all_day(
        exceptionOccurrences=[changed],
        cancelledOccurrences=["OID.M.2026-09-21"],
        recurrence=weekly(zone=zone),
        originalStartTimeZone="UTC",
    )
    found = shown(item)
    assert found.event.form is Form.ALL_DAY
    assert found.event.span == AllDay(date(2026, 9, 7), date(2026, 9, 8))
    assert series_of(found.event).exdates == (date(2026, 9, 21),)
    (override,) = series_of(found.event).overrides
    assert override.original == date(2026, 9, 14)
    assert override.event.span == AllDay(date(2026, 9, 14), date(2026, 9, 16))


def test_whole_days_without_occurrence_ids_are_read_in_the_zone_of_the_rule() -> None:
    changed = exception(
        "2026-09-14",
        occurrenceId=None,
        isAllDay=True,
        subject="x",
        start=moment("2026-09-14T00:00:00"),
        end=moment("2026-09-15T00:00:00"),
        originalStart="2026-09-14T07:00:00Z",
    )
    item = all_day(
        exceptionOccurrences=[changed],
        recurrence=weekly(zone="Pacific Standard Time"),
        originalStartTimeZone="UTC",
    )
    assert [o.original for o in series_of(shown(item).event).overrides] == [date(2026, 9, 14)]


# Zones.


def test_a_series_keeps_the_wall_time_of_its_own_zone() -> None:
    berlin = "W. Europe Standard Time"
    item = master(
        recurrence=weekly(zone=berlin),
        originalStartTimeZone=berlin,
        start=moment("2026-09-07T08:00:00"),
        end=moment("2026-09-07T09:00:00"),
        exceptionOccurrences=[
            exception(
                "2026-10-26",
                subject="x",
                start=moment("2026-10-26T09:00:00"),
                end=moment("2026-10-26T10:00:00"),
            )
        ],
    )
    found = shown(item)
    assert found.event.span.zone == "Europe/Berlin"  # type: ignore[union-attr]
    winter = occurrence_of(found.event, date(2026, 11, 2))
    assert winter is not None
    assert winter.span.start.astimezone(UTC).hour == 9  # type: ignore[union-attr]
    # Ten in winter time is what the series says: only the title differs.
    (override,) = series_of(found.event).overrides
    assert override.event == replace(winter, title="x", span=override.event.span)
    assert override.event.span.start == at("2026-10-26", 10, "Europe/Berlin")


@pytest.mark.parametrize(
    "changes",
    [
        {"recurrence": weekly(zone="tzone://Microsoft/Custom")},
        {"originalStartTimeZone": "tzone://Microsoft/Custom"},
        {"recurrence": weekly(zone="Nowhere Standard Time")},
        {"originalStartTimeZone": "Customized Time Zone"},
    ],
)
def test_a_series_in_a_zone_that_has_no_name_is_not_guessed(changes: Json) -> None:
    found = series_from_graph(master(**changes), zone=ZONE, types=TypeTable())
    assert isinstance(found, Unreadable)
    assert (found.id, found.code) == ("M", "unknown-zone")


def test_one_date_in_a_zone_that_has_no_name_is_labelled_as_its_series() -> None:
    """Its instants are exact, as those of a single event."""
    changed = exception("2026-09-14", originalStartTimeZone="tzone://Microsoft/Custom", subject="x")
    (override,) = series_of(shown(master(exceptionOccurrences=[changed]), "America/New_York").event).overrides
    assert override.event.span.zone == ZONE


def test_one_date_may_have_a_zone_of_its_own() -> None:
    changed = exception(
        "2026-09-14",
        originalStartTimeZone="UTC",
        start=moment("2026-09-14T03:00:00"),
        end=moment("2026-09-14T04:00:00"),
    )
    (override,) = series_of(shown(master(exceptionOccurrences=[changed])).event).overrides
    assert override.event.span.zone == "Etc/UTC"
    assert override.event.span.start == at("2026-09-14", 12)


# What cannot be read.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start": moment("nonsense")}, "invalid-time"),
        ({"originalStartTimeZone": "Nowhere"}, "unknown-zone"),
        ({"occurrenceId": "nonsense"}, "recurrence-unreadable"),
        ({"occurrenceId": None}, "recurrence-unreadable"),
    ],
)
def test_one_date_that_cannot_be_read_is_never_a_deleted_one(changes: Json, code: str) -> None:
    """failures.md F26."""
    item = master(exceptionOccurrences=[exception("2026-09-14", **changes)])
    found = series_from_graph(item, zone=ZONE, types=TypeTable())
    assert isinstance(found, Unreadable)
    assert (found.id, found.version, found.code) == ("M", version_of_series(item), code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cancelledOccurrences": ["OID.M.nonsense"]}, "recurrence-unreadable"),
        ({"recurrence": {"pattern": {"type": "lunar"}, "range": {}}}, "recurrence-unreadable"),
        ({"start": moment("x")}, "invalid-time"),
    ],
)
def test_a_series_that_cannot_be_read_says_why(changes: Json, code: str) -> None:
    found = series_from_graph(master(**changes), zone=ZONE, types=TypeTable())
    assert isinstance(found, Unreadable)
    assert found.code == code


# Versions, owners, marks.


def test_the_version_moves_with_every_date() -> None:
    one, other = exception("2026-09-14"), exception("2026-09-21")
    versions = [
        version_of_series(master()),
        version_of_series(master(exceptionOccurrences=[one])),
        version_of_series(master(exceptionOccurrences=[one, other])),
        version_of_series(master(exceptionOccurrences=[{**one, "@odata.etag": 'W/"key2"'}, other])),
        version_of_series(master(exceptionOccurrences=[one], cancelledOccurrences=["OID.M.2026-09-21"])),
        version_of_series(master(cancelledOccurrences=["OID.M.2026-09-21"])),
    ]
    assert len(set(versions)) == len(versions)
    assert {master_version(version) for version in versions} == {'W/"key1"'}
    assert version_of_series(master(exceptionOccurrences=[other, one])) == versions[2]


def test_the_series_was_modified_when_any_of_it_was() -> None:
    late = exception("2026-09-14", lastModifiedDateTime="2026-09-03T00:00:00Z")
    early = exception("2026-09-21", lastModifiedDateTime=None)
    assert shown(master(exceptionOccurrences=[late, early])).modified == datetime(2026, 9, 3, tzinfo=UTC)


GUEST = {"emailAddress": {"address": "a@example.org"}}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"attendees": [GUEST]}, None),
        ({"isOrganizer": False}, None),
        ({"isCancelled": True, "isOrganizer": False}, "cancelled"),
        ({"exceptionOccurrences": [exception("2026-09-14", attendees=[GUEST])]}, None),
        ({"exceptionOccurrences": [exception("2026-09-14", isCancelled=True)]}, None),
    ],
)
def test_a_series_is_called_off_only_as_a_whole(changes: Json, reason: str | None) -> None:
    assert shown(master(**changes)).hands_off == reason


def test_a_series_says_whose_it_is() -> None:
    marker = marker_of("org", "user", "1")
    assert shown(master(transactionId=f"{marker}.token")).marker == marker
    assert (
        shown(master(singleValueExtendedProperties=[{"id": PROPERTY_ID, "value": marker}])).marker == marker
    )


# Asking.


def calendar_on(*answers: Any) -> tuple[Canned, GraphCalendar]:
    graph = Canned(*answers)
    return graph, GraphCalendar(make_client(graph, FakeClock()), OID, zone=ZONE, types=TypeTable)


def by_url(answers: dict[str, Json | int]) -> Any:
    """Answers the items of a batch: a whole master for `?whole`, else by the last part of the path."""

    def answer(item: Json) -> Json:
        parts = urlsplit(item["url"])
        key = parts.path.rsplit("/", 1)[-1] + ("?whole" if "cancelledOccurrences" in parts.query else "")
        found = answers[key]
        if isinstance(found, int):
            return {"status": found, "body": {"error": {"code": "ErrorItemNotFound", "message": "x"}}}
        return {"status": 200, "body": found}

    return batch_of(answer)


DELTA: list[Json] = [
    {"id": "M.2026-09-07", "seriesMasterId": "M", "type": "occurrence", "start": {}, "end": {}},
    {"id": "M.2026-09-14", "seriesMasterId": "M", "type": "exception", "subject": "x"},
    {"id": "M.x", "seriesMasterId": "M"},
    {"id": "M.4", "@removed": {"reason": "deleted"}},
]


@pytest.mark.parametrize("delta", [[*DELTA, master()], DELTA, DELTA[:1], [master()], DELTA[2:3]])
def test_whatever_a_round_says_of_a_series_it_is_read_once_and_whole(delta: list[Json]) -> None:
    whole = master(cancelledOccurrences=["OID.M.2026-09-21"])
    _, calendar = calendar_on(round_of(*delta, graph_event("E1")), by_url({"M?whole": whole}))
    snapshot, _ = calendar.changes(WINDOW, None)
    assert set(snapshot.observations) == {"M", "E1"}
    found = snapshot.observations["M"]
    assert isinstance(found, Seen)
    assert series_of(found.event).exdates == (date(2026, 9, 21),)
    assert snapshot.missing == ({"M.4"} if delta[:4] == DELTA else set())
    assert calendar.batch_items == 1


def test_a_round_with_many_series_reads_twenty_in_one_request() -> None:
    world = make_world()
    for n in range(41):
        a_series(world, date(2026, 8, 28) + n % 3 * DAY)
    calendar = open_calendar(world)
    before = world.tenant.requests.total
    snapshot, cursor = calendar.changes(WINDOW, None)
    assert len(snapshot.observations) == 41
    assert calendar.batch_items == 41
    pages = calendar.requests - 3
    assert world.tenant.requests.total - before == pages + 3
    one = next(iter(snapshot.observations))
    world.mailbox.edit(world.mailbox.occurrence_id(one, date(2026, 8, 30)), subject="x")
    calendar = open_calendar(world)
    snapshot, _ = calendar.changes(WINDOW, cursor)
    assert set(snapshot.observations) == {one}
    assert calendar.batch_items == 1  # one more read for the series that changed


def test_a_series_that_is_gone_by_now_is_removed() -> None:
    _, calendar = calendar_on(round_of(*DELTA), by_url({"M?whole": 404}))
    snapshot, _ = calendar.changes(WINDOW, None)
    assert snapshot.observations == {"M": Removed(calendar.side, "M")}


def test_asking_for_a_series_by_id_shows_it_whole() -> None:
    whole = master(cancelledOccurrences=["OID.M.2026-09-21"])
    plain = {name: value for name, value in whole.items() if not name.endswith("Occurrences")}
    graph, calendar = calendar_on(by_url({"M": plain, "E1": graph_event("E1"), "M?whole": whole}))
    found = calendar.read(["M", "E1"])
    assert calendar.requests == 2
    assert isinstance(found["M"], Seen)
    assert series_of(found["M"].event).exdates == (date(2026, 9, 21),)
    assert isinstance(found["E1"], Seen)
    # Nobody says that a single event may be asked for the dates of a series (1.1).
    asked = [item["url"] for sent in graph.sent for item in sent.items]
    assert [("cancelledOccurrences" in url, url.split("?")[0].rsplit("/", 1)[1]) for url in asked] == [
        (False, "M"),
        (False, "E1"),
        (True, "M"),
    ]


def test_a_date_of_a_series_is_never_an_event_of_its_own() -> None:
    _, calendar = calendar_on(by_url({"M.1": exception("2026-09-14")}))
    assert isinstance(calendar.read(["M.1"])["M.1"], Unreadable)


def test_a_marker_leads_to_the_whole_series() -> None:
    whole = master(cancelledOccurrences=["OID.M.2026-09-21"])
    plain = {name: value for name, value in whole.items() if not name.endswith("Occurrences")}
    _, calendar = calendar_on(by_url({"events": {"value": [plain]}, "M?whole": whole}))
    found = calendar.find(["gw" + "0" * 30])
    (seen,) = found.values()
    assert series_of(seen.event).exdates == (date(2026, 9, 21),)


def test_everything_that_is_read_is_asked_for() -> None:
    """A $select leaves out what it does not name, of the master and of its dates (1.1)."""
    graph, calendar = calendar_on(round_of(*DELTA), by_url({"M?whole": master()}))
    calendar.changes(WINDOW, None)
    (item,) = graph.sent[-1].items
    query = parse_qs(urlsplit(item["url"]).query)
    selected = set(query["$select"][0].split(","))
    assert query["$expand"][0].split(",")[0] == "exceptionOccurrences"
    assert {"exceptionOccurrences", "cancelledOccurrences", "occurrenceId", "originalStart"} <= selected
    whole = shown(master(exceptionOccurrences=[exception("2026-09-14", subject="x")]))
    cut = {n: v for n, v in master().items() if n in selected or n.startswith("@")}
    date_cut = {
        n: v for n, v in exception("2026-09-14", subject="x").items() if n in selected or n.startswith("@")
    }
    assert shown({**cut, "exceptionOccurrences": [date_cut]}) == whole


def test_an_exception_that_is_shown_in_part_is_asked_for_by_id() -> None:
    full = exception("2026-09-14", subject="x", body={"contentType": "text", "content": "本文"})
    part = {name: full[name] for name in ("id", "subject", "start", "end", "occurrenceId")}
    _, calendar = calendar_on(
        round_of(*DELTA), by_url({"M?whole": master(exceptionOccurrences=[part]), "M.2026-09-14": full})
    )
    snapshot, _ = calendar.changes(WINDOW, None)
    found = snapshot.observations["M"]
    assert isinstance(found, Seen)
    (override,) = series_of(found.event).overrides
    assert (override.event.title, override.event.body) == ("x", "本文")


@pytest.mark.parametrize(("status", "expected"), [(404, Unreadable), (400, Unreadable)])
def test_an_exception_that_cannot_be_had_makes_its_series_unreadable(status: int, expected: type) -> None:
    part = {"id": "M.2026-09-14", "subject": "x"}
    _, calendar = calendar_on(
        round_of(*DELTA), by_url({"M?whole": master(exceptionOccurrences=[part]), "M.2026-09-14": status})
    )
    snapshot, _ = calendar.changes(WINDOW, None)
    assert isinstance(snapshot.observations["M"], expected)


def test_exceptions_on_further_pages_are_read_as_well() -> None:
    link = "https://graph.microsoft.com/v1.0/users/u/events/M/exceptionOccurrences?$skip=1"
    whole = master(
        exceptionOccurrences=[exception("2026-09-14", subject="x")],
        **{"exceptionOccurrences@odata.nextLink": link},
    )
    _, calendar = calendar_on(
        round_of(*DELTA),
        by_url({"M?whole": whole}),
        Said(200, {"value": [exception("2026-09-21", subject="y")]}),
    )
    snapshot, _ = calendar.changes(WINDOW, None)
    found = snapshot.observations["M"]
    assert isinstance(found, Seen)
    assert [o.event.title for o in series_of(found.event).overrides] == ["x", "y"]


# With the simulator, under each assumption that matters here.


SWITCHES = {
    "as assumed": Switches(),
    "versions alone": Switches(series_versions=SeriesVersions.ALONE),
    "versions of all": Switches(series_versions=SeriesVersions.WHOLE_SERIES),
    "another id": Switches(exception_keeps_id=False),
    "in full": Switches(exceptions_expanded_by_select=False),
    "no old masters": Switches(delta_omits_old_masters=True),
    "skeletons": Switches(delta_exceptions_full=False),
}


def follow(world: World, cursor: str | None) -> tuple[dict[str, Observation], str]:
    snapshot, following = open_calendar(world).changes(WINDOW, cursor)
    return dict(snapshot.observations), following


@pytest.mark.parametrize("name", SWITCHES)
def test_every_change_of_a_date_moves_the_version_and_nothing_else_does(name: str) -> None:
    world = make_world(switches=SWITCHES[name])
    series = a_series(world, date(2026, 8, 20))
    mailbox = world.mailbox

    def day(number: int) -> str:
        return mailbox.occurrence_id(series, date(2026, 8, number))

    versions: list[str] = []
    cursor: str | None = None
    acts: list[Any] = [
        lambda: None,
        lambda: mailbox.edit(day(26), subject="x"),
        lambda: mailbox.edit(day(26), subject="y"),
        lambda: mailbox.edit(day(27), location="別室"),
        lambda: mailbox.delete(day(28)),
        lambda: mailbox.delete(day(26)),
    ]
    for act in acts:
        act()
        found, cursor = follow(world, cursor)
        seen = found[series]
        assert isinstance(seen, Seen)
        assert open_calendar(world).read([series])[series] == seen
        versions.append(seen.version)
    assert len(set(versions)) == len(versions)
    again, _ = follow(world, None)
    assert again[series] == seen


def test_a_series_that_we_made_is_recognised_by_its_marker() -> None:
    world = make_world()
    write = create("a")
    assert write.event is not None
    body = create("毎日")
    outcome = next(iter(open_calendar(world).write([body])))
    assert outcome.seen is not None
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-09-02", "numberOfOccurrences": 3},
    }
    world.mailbox.edit(outcome.seen.id, recurrence=recurrence)
    world.mailbox.delete(world.mailbox.occurrence_id(outcome.seen.id, date(2026, 9, 3)))
    found = open_calendar(world).find([body.marker])[body.marker]
    assert series_of(found.event).exdates == (date(2026, 9, 3),)
    assert found.marker == body.marker
