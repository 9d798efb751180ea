"""The reminder of an event: the earliest alarm that shows itself some time before the start.

Alarms of other kinds stay untouched: mails, alarms at a fixed time or relative to the end (which would move with the
event's time on one side only), snoozed ones (RFC 9074 7), and Apple's ACTION:NONE.
"""

from __future__ import annotations

from datetime import timedelta

from sync.adapters.groupware.caldav.durations import duration_from
from sync.adapters.groupware.caldav.lines import Component, Line
from sync.core.event import Reminder

_MINUTE = timedelta(minutes=1)


def reminder_from(component: Component) -> Reminder | None:
    """None where nothing reminds: the person's default then holds in Outlook."""
    found = [minutes for _, minutes in _reminders(component)]
    return Reminder(max(found)) if found else None


def reminder_to(component: Component, reminder: Reminder | None) -> None:
    """Alarms that come before the wanted one go; the earliest becomes it, with everything else that it says."""
    wanted = reminder.minutes if reminder is not None else None
    alarms = sorted(_reminders(component), key=lambda one: one[1])
    if wanted is None:
        for alarm, _ in alarms:
            component.replace(alarm, None)
        return
    if not alarms:
        component.parts.append(_alarm(wanted))
    elif all(minutes != wanted for _, minutes in alarms):
        earliest, _ = alarms.pop()
        earliest.set(Line("TRIGGER", _trigger(wanted)))
    for alarm, minutes in alarms:
        if minutes > wanted:
            component.replace(alarm, None)


def _reminders(component: Component) -> list[tuple[Component, int]]:
    found = ((alarm, _minutes(alarm)) for alarm in component.children("VALARM"))
    return [(alarm, minutes) for alarm, minutes in found if minutes is not None]


def _minutes(alarm: Component) -> int | None:
    """How long before the start it shows itself; None: it does not."""
    trigger = alarm.line("TRIGGER")
    is_shown = alarm.value("ACTION").upper() in ("DISPLAY", "AUDIO")
    if trigger is None or not is_shown or alarm.line("RELATED-TO") is not None:
        return None
    if (trigger.param("RELATED") or "START").upper() != "START":
        return None
    lead = duration_from(trigger.value)
    if lead is None or lead.total > timedelta():
        return None
    return -lead.total // _MINUTE


def _trigger(minutes: int) -> str:
    return f"-PT{minutes}M" if minutes else "PT0S"


def _alarm(minutes: int) -> Component:
    # A display alarm needs a text (RFC 5545 3.6.6); the title would have to follow the event's.
    lines = [Line("ACTION", "DISPLAY"), Line("DESCRIPTION", "Reminder"), Line("TRIGGER", _trigger(minutes))]
    return Component("VALARM", list(lines))
