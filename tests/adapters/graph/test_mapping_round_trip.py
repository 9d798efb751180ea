"""What fits Outlook comes back from it unchanged: same values, same digests, so nothing of ours looks edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.adapters.graph.mapping import OUTLOOK, TypeTable, create_to_graph, seen_from_graph, update_to_graph
from sync.core.capabilities import fit
from sync.core.change import Seen
from sync.core.event import (
    FIELDS,
    AllDay,
    Event,
    Field,
    Form,
    Importance,
    Reminder,
    ShowAs,
    Span,
    Timed,
    Visibility,
    with_fields,
)
from sync.core.fingerprint import digests
from sync.core.link import marker_of
from sync.core.text import canonical_body, canonical_place, canonical_title
from tests.adapters.graph.exchange import given_back

MARKER = marker_of("default", "u-1", "e-1")
TYPES = TypeTable(frozenset({"会議", "外出", "a"}), {"外出": "会議"})
ZONES = (
    "Asia/Tokyo",
    "Asia/Kolkata",
    "America/New_York",
    "Europe/London",
    "Europe/Stockholm",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Etc/UTC",
)
BLOCK = f'<div>{"_" * 80}</div><div class="me-email-text"><a href="https://teams.microsoft.com/l/meetup-join/1">Join</a></div>'

zones = st.sampled_from(ZONES)
# Around the changes of the clocks of those zones, to the minute.
instants = st.builds(
    lambda day, minutes: datetime(2026, day[0], day[1], tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from([(3, 8), (3, 29), (4, 4), (10, 3), (10, 25), (11, 1), (12, 1)]),
    st.integers(0, 2880),
)
texts = st.one_of(st.text(st.sampled_from("a日 ;\n\u3000<&😀"), max_size=12), st.text(max_size=300))


@st.composite
def timed(draw: st.DrawFn) -> Timed:
    zone = ZoneInfo(draw(zones))
    start = draw(instants)
    end = start + timedelta(minutes=draw(st.integers(0, 3000)))
    return Timed(start.astimezone(zone), end.astimezone(zone))


@st.composite
def days(draw: st.DrawFn) -> AllDay:
    first = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    return AllDay(first, first + timedelta(days=draw(st.integers(1, 9))))


@st.composite
def events(draw: st.DrawFn) -> Event:
    span: Span = draw(st.one_of(timed(), days()))
    forms = (
        (Form.ALL_DAY, Form.PERIOD, Form.NO_TIME)
        if isinstance(span, AllDay)
        else (Form.TIMED, Form.START_ONLY)
    )
    return Event(
        title=canonical_title(draw(texts)),
        span=span,
        form=draw(st.sampled_from(forms)),
        place=canonical_place(draw(texts)),
        body=canonical_body(draw(texts)),
        visibility=draw(st.sampled_from(Visibility)),
        show_as=draw(st.sampled_from(ShowAs)),
        importance=draw(st.sampled_from(Importance)),
        event_type=draw(st.sampled_from(["", "会議", "外出", "a"])),
        reminder=Reminder(draw(st.sampled_from([None, 0, 15, 1440]))),
    )


def outlook(event: Event) -> Event:
    """The event as the engine expects it back."""
    fitted, _ = fit(event, OUTLOOK)
    return fitted


def comes_back(expected: Event, seen: Event) -> Event:
    """`expected`, as far as Outlook can label it: a start whose wall time comes twice is shown in UTC."""
    if isinstance(expected.span, Timed) and isinstance(seen.span, Timed) and seen.span.zone == "Etc/UTC":
        other_fold = expected.span.start.replace(fold=1 - expected.span.start.fold)
        if other_fold.utcoffset() != expected.span.start.utcoffset():
            return replace(expected, span=replace_zone(expected.span))
    return expected


def replace_zone(span: Timed) -> Timed:
    utc = ZoneInfo("Etc/UTC")
    return Timed(span.start.astimezone(utc), span.end.astimezone(utc))


def assert_same(seen: Seen, expected: Event) -> None:
    assert seen.event == comes_back(expected, seen.event)
    assert digests(seen.event) == digests(comes_back(expected, seen.event))


@given(events(), zones)
@settings(max_examples=200)
def test_a_created_event_comes_back_as_it_was_fitted(event: Event, zone: str) -> None:
    written = create_to_graph(outlook(event), zone=zone, types=TYPES, marker=MARKER, token="t-1")
    seen = seen_from_graph(given_back(written), zone=zone, types=TYPES)
    assert isinstance(seen, Seen)
    assert_same(seen, outlook(event))
    assert seen.marker == MARKER
    assert seen.hands_off is None
    assert seen.residue == {}


@given(events(), events(), st.sets(st.sampled_from(FIELDS)), st.booleans())
@settings(max_examples=200)
def test_an_update_changes_its_fields_and_keeps_the_rest(
    before: Event, after: Event, names: set[Field], online: bool
) -> None:
    created = given_back(
        create_to_graph(outlook(before), zone="Asia/Tokyo", types=TYPES, marker=MARKER, token="t")
    )
    created["categories"] = [*created["categories"], "Red", "Blue"]
    created["sensitivity"] = "confidential" if created["sensitivity"] == "private" else "normal"
    if online:
        created |= {"isOnlineMeeting": True}
        created["body"]["content"] = created["body"]["content"].replace("\r\n</body>", f"{BLOCK}\r\n</body>")
    shown = seen_from_graph(created, zone="Asia/Tokyo", types=TYPES)
    assert isinstance(shown, Seen)

    written = update_to_graph(
        outlook(after),
        names,
        zone="Asia/Tokyo",
        types=TYPES,
        residue=shown.residue,
        current_body_html=created["body"]["content"],
    )
    changed = given_back(written, created)
    seen = seen_from_graph(changed, zone="Asia/Tokyo", types=TYPES)
    assert isinstance(seen, Seen)
    assert_same(seen, with_fields(shown.event, outlook(after), names))
    assert changed["categories"][-2:] == ["Red", "Blue"]
    assert (BLOCK in changed["body"]["content"]) is online
    if seen.event.visibility is shown.event.visibility:
        assert seen.residue == shown.residue
