"""The reminder among the alarms of an event."""

from __future__ import annotations

import pytest

from sync.core.event import Reminder
from tests.adapters.groupware.caldav.texts import changed, differing, event_of, single


def alarm(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VALARM", *lines, "END:VALARM")


def display(trigger: str, *more: str) -> tuple[str, ...]:
    return alarm("ACTION:DISPLAY", f"TRIGGER{trigger}", "DESCRIPTION:x", *more)


OTHERS = [
    alarm("ACTION:EMAIL", "TRIGGER:-PT30M", "SUMMARY:x", "ATTENDEE:mailto:a@example.com"),
    display(";VALUE=DATE-TIME:20260901T000000Z"),
    display(";RELATED=END:-PT30M"),
    display(":PT10M"),
    display(":-PT5M", "RELATED-TO;RELTYPE=SNOOZE:a1"),
    alarm("ACTION:NONE", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z"),
    alarm("ACTION:DISPLAY"),
    display(":soon"),
    alarm("ACTION:X-LIGHT", "TRIGGER:-PT30M", "X-LAMP:1"),
]


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        (display(":-PT15M"), 15),
        (display(";RELATED=START:-P1D"), 1440),
        (display(":PT0S"), 0),
        (display(":-PT90S"), 1),
        (display(":-P1DT1H"), 1500),
        (alarm("ACTION:AUDIO", "TRIGGER:-PT1H"), 60),
        (display(":-PT10M") + display(":-PT1H") + display(":-PT5M"), 60),
    ],
)
def test_the_earliest_alarm_that_shows_itself_is_the_reminder(lines: tuple[str, ...], minutes: int) -> None:
    assert event_of(single(*lines)).reminder == Reminder(minutes)


@pytest.mark.parametrize("lines", OTHERS)
def test_other_alarms_say_nothing_and_stay(lines: tuple[str, ...]) -> None:
    text = single(*lines)
    assert event_of(text).reminder is None
    after = changed(text, reminder=Reminder(15))
    assert "\r\n".join(lines) in after
    assert event_of(after).reminder == Reminder(15)
    again = changed(after, reminder=Reminder(None))
    assert "\r\n".join(lines) in again
    assert event_of(again).reminder is None


def test_a_reminder_moves_with_all_that_its_alarm_says() -> None:
    before = single(*alarm("ACTION:AUDIO", "X-A:1", "TRIGGER:-PT15M", "ATTACH;VALUE=URI:bell", "UID:a1"))
    assert differing(before, changed(before, reminder=Reminder(30))) == (
        ["TRIGGER:-PT15M"],
        ["TRIGGER:-PT30M"],
    )


def test_of_several_only_those_before_the_wanted_one_go() -> None:
    before = single(*display(":-PT1H"), *display(":-PT30M"), *display(":-PT5M"))
    assert differing(before, changed(before, reminder=Reminder(10)))[1] == ["TRIGGER:-PT10M"]
    kept = changed(before, reminder=Reminder(5))
    assert kept.count("BEGIN:VALARM") == 1
    assert event_of(kept).reminder == Reminder(5)
    earlier = changed(before, reminder=Reminder(120))
    assert earlier.count("BEGIN:VALARM") == 3
    assert event_of(earlier).reminder == Reminder(120)


def test_no_reminder_takes_all_of_them() -> None:
    after = changed(single(*display(":-PT1H"), *display(":PT0S")), reminder=Reminder(None))
    assert "VALARM" not in after
