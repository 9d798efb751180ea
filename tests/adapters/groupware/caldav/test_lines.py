"""Content lines: what nobody touches comes back as it was."""

from __future__ import annotations

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.adapters.groupware.caldav.lines import (
    Component,
    Line,
    escaped,
    fold,
    listed,
    parse,
    quoted,
    unescaped,
)
from sync.errors import CannotSync
from tests.adapters.groupware.caldav.texts import calendar, single, vevent

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=200)


def line(text: str) -> Line:
    (found,) = (one for one in parse(single(text)).children("VEVENT")[0].parts if _is(one, text))
    assert isinstance(found, Line)
    return found


def _is(one: Line | Component, text: str) -> bool:
    return isinstance(one, Line) and one.text.upper() == text.upper()


@pytest.mark.parametrize(
    "text",
    [
        'X-THING;X-A=1;X-B="a;b:c,d",e:value: with; everything, \\n in it',
        "x-lower;Cn=Someone:mailto:a@example.com",
        'ATTENDEE;CN="O\'Brien, Pat";X-=:mailto:pat@example.com',
        "X-EMPTY:",
        "no content line at all",
        "X_UNDERSCORE:is no name",
        'X-QUOTE;A="open:value',
        "DESCRIPTION:a\u2028b\u0085c\x0bd",
    ],
)
def test_a_line_comes_back_as_it_was(text: str) -> None:
    written = parse(single(text)).text
    names = text.partition(":")[0].partition(";")[0]
    assert text.replace(names, names.upper(), 1) in written or text in written
    assert parse(written).text == written


def test_folded_lines_are_one_line_whatever_ends_them() -> None:
    text = single("X-LONG:" + "長い値" * 100)
    assert all(len(one.encode()) <= 75 for one in parse(text).text.split("\r\n"))
    for other in (
        parse(text).text,
        parse(text).text.replace("\r\n", "\n"),
        parse(text).text.replace("\n ", "\n\t"),
    ):
        assert parse(other).text == parse(text).text


def test_components_of_any_kind_keep_their_place() -> None:
    inner = ["BEGIN:X-OTHER", "X-A:1", "BEGIN:X-INNER", "X-B:2", "END:X-INNER", "END:X-OTHER"]
    text = calendar(inner, vevent("DTSTART:20260902", *inner, "X-AFTER:3"), inner)
    assert parse(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "X-A:1\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "BEGIN:A\r\n" * 5000 + "END:A\r\n" * 5000,
    ],
)
def test_a_broken_text_is_refused_by_code(text: str) -> None:
    with pytest.raises(CannotSync) as refused:
        parse(text)
    assert refused.value.code == "event-unreadable"


@given(ANY_TEXT)
def test_a_text_comes_back_through_a_line(text: str) -> None:
    value = escaped(text)
    assert "\n" not in value
    kept = "".join(c for c in text if c >= " " or c in "\t\n").replace("\x7f", "")
    assert unescaped(value) == kept
    read = parse(calendar(["BEGIN:VEVENT", fold(f"SUMMARY:{value}"), "END:VEVENT"]))
    assert unescaped(read.children("VEVENT")[0].value("SUMMARY")) == unescaped(value.strip())


@given(ANY_TEXT)
def test_texts_are_written_as_the_library_reads_them(text: str) -> None:
    """An independent reader."""
    value = escaped(text)
    library = icalendar.Calendar.from_ical(calendar(["BEGIN:VEVENT", fold(f"SUMMARY:{value}"), "END:VEVENT"]))
    assert str(library.walk("VEVENT")[0]["SUMMARY"]) == unescaped(value)


@given(st.lists(ANY_TEXT.filter(bool), min_size=1, max_size=4))
def test_a_list_of_texts_comes_back(texts: list[str]) -> None:
    texts = [kept for text in texts if (kept := unescaped(escaped(text)))]
    assert listed(",".join(map(escaped, texts))) == texts


@given(ANY_TEXT)
def test_a_parameter_comes_back(text: str) -> None:
    said = Line("ATTENDEE", "mailto:a@example.com").with_param("CN", text)
    (read,) = (
        parse(calendar(["BEGIN:VEVENT", fold(said.text), "END:VEVENT"]))
        .children("VEVENT")[0]
        .lines("ATTENDEE")
    )
    assert read.value == "mailto:a@example.com"
    assert read.param("CN") == "".join(c for c in text if c >= " " or c in "\t\n").replace("\x7f", "")


def test_a_parameter_is_set_where_it_stood() -> None:
    before = Line("A", "v", ("X=1", 'CN="a,b"', "Y=2"))
    assert before.param("CN") == "a,b"
    assert before.with_param("CN", "c").params == ("X=1", "CN=c", "Y=2")
    assert before.with_param("Z", "d:e").params == ("X=1", 'CN="a,b"', "Y=2", 'Z="d:e"')
    assert before.with_value("w", "X", "Y") == Line("A", "w", ('CN="a,b"',))
    assert quoted("a^b") == "a^^b"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300))
def test_no_folded_line_is_too_long_and_no_character_is_split(text: str) -> None:
    pieces = fold(text).split("\r\n ")
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= (75 if n == 0 else 74) for n, piece in enumerate(pieces))
