"""The fields of an event apart from its time and people, VEVENT to neutral and back: a pair of functions a field."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from sync.adapters.groupware.caldav.alarms import reminder_from, reminder_to
from sync.adapters.groupware.caldav.lines import Component, Line, escaped, listed, unescaped
from sync.adapters.groupware.caldav.residue import STALE_PARAMETERS, STALE_PROPERTIES
from sync.core.event import AllDay, Event, Field, Form, Importance, ShowAs, Span, Visibility
from sync.core.text import canonical_body, canonical_place, canonical_title

# Outlook's and Exchange's own word for how time shows; of what TRANSP and STATUS cannot say it is the only one.
_BUSY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"
_BUSY_STATUSES = {
    ShowAs.FREE: "FREE",
    ShowAs.TENTATIVE: "TENTATIVE",
    ShowAs.BUSY: "BUSY",
    ShowAs.OOF: "OOF",
    ShowAs.WORKING_ELSEWHERE: "WORKINGELSEWHERE",
}
_TRANSPARENT = frozenset({ShowAs.FREE, ShowAs.WORKING_ELSEWHERE})
# CONFIDENTIAL is what Nextcloud, Thunderbird and Apple call "show only that I am busy".
_CLASSES = {
    Visibility.PUBLIC: "PUBLIC",
    Visibility.BUSY_ONLY: "CONFIDENTIAL",
    Visibility.PRIVATE: "PRIVATE",
    Visibility.PARTICIPANTS: "PRIVATE",
}
_VISIBILITIES = {"PUBLIC": Visibility.PUBLIC, "": Visibility.PUBLIC, "CONFIDENTIAL": Visibility.BUSY_ONLY}
_PRIORITIES = {Importance.HIGH: "1", Importance.LOW: "9"}


def fields_from(
    component: Component, span: Span, types: Collection[str], series: Event | None = None
) -> Event:
    """A VEVENT without people and recurrence. `series`: of a changed occurrence, what its series says."""
    title = component.line("SUMMARY")
    return Event(
        # An exported exception without a title of its own is not untitled (failures.md F68).
        title=text_from(title, canonical_title) if title is not None or series is None else series.title,
        span=span,
        form=Form.ALL_DAY if isinstance(span, AllDay) else Form.TIMED,
        place=text_from(component.line("LOCATION"), canonical_place),
        body=text_from(component.line("DESCRIPTION"), canonical_body),
        visibility=visibility_from(component),
        show_as=show_as_from(component),
        importance=importance_from(component),
        event_type=event_type_from(component, types),
        reminder=reminder_from(component),
    )


def field_to(component: Component, name: Field, event: Event, types: Collection[str]) -> None:
    """The VEVENT shows this field of `event`; TIME has its own module (`when`)."""
    for stale in STALE_PROPERTIES.get(name, ()):
        component.remove(stale)
    match name:
        case Field.TITLE:
            text_to(component, "SUMMARY", canonical_title(event.title))
        case Field.PLACE:
            text_to(component, "LOCATION", canonical_place(event.place))
        case Field.BODY:
            text_to(component, "DESCRIPTION", canonical_body(event.body))
        case Field.VISIBILITY:
            visibility_to(component, event.visibility)
        case Field.SHOW_AS:
            show_as_to(component, event.show_as)
        case Field.IMPORTANCE:
            importance_to(component, event.importance)
        case Field.EVENT_TYPE:
            event_type_to(component, event.event_type, types)
        case Field.REMINDER:
            reminder_to(component, event.reminder)
        case Field.TIME | Field.BLOCK:
            pass


def text_from(line: Line | None, canonical: Callable[[str], str]) -> str:
    return canonical(unescaped(line.value)) if line is not None else ""


def text_to(component: Component, name: str, text: str) -> None:
    """Without text there is no property; but a changed occurrence says that it has no title."""
    if not text and not (name == "SUMMARY" and component.line("RECURRENCE-ID") is not None):
        component.remove(name)
        return
    line = component.line(name) or Line(name, "")
    component.set(line.with_value(escaped(text), *STALE_PARAMETERS))


def visibility_from(component: Component) -> Visibility:
    """A word nobody knows is private (RFC 5545 3.8.1.3)."""
    return _VISIBILITIES.get(component.value("CLASS").upper(), Visibility.PRIVATE)


def visibility_to(component: Component, visibility: Visibility) -> None:
    component.set_value("CLASS", _CLASSES[visibility])


def show_as_from(component: Component) -> ShowAs:
    """TRANSP and STATUS are what every program edits: Microsoft's property counts only while it agrees with them."""
    said = component.value(_BUSY_STATUS).upper()
    if component.value("STATUS").upper() == "TENTATIVE":
        return ShowAs.TENTATIVE
    if component.value("TRANSP").upper() == "TRANSPARENT":
        return ShowAs.WORKING_ELSEWHERE if said == "WORKINGELSEWHERE" else ShowAs.FREE
    return ShowAs.OOF if said == "OOF" else ShowAs.BUSY


def show_as_to(component: Component, show_as: ShowAs) -> None:
    if show_as is ShowAs.TENTATIVE:
        component.set_value("STATUS", "TENTATIVE")
    else:
        if component.value("STATUS").upper() == "TENTATIVE":
            component.set_value("STATUS", "CONFIRMED")
        transparency = "TRANSPARENT" if show_as in _TRANSPARENT else "OPAQUE"
        if (component.value("TRANSP").upper() or "OPAQUE") != transparency:
            component.set_value("TRANSP", transparency)
    is_own_word = show_as in (ShowAs.OOF, ShowAs.WORKING_ELSEWHERE)
    if is_own_word or component.line(_BUSY_STATUS) is not None:
        component.set_value(_BUSY_STATUS, _BUSY_STATUSES[show_as])


def importance_from(component: Component) -> Importance:
    """1 to 4 is high, 6 to 9 low, 0 and 5 neither (RFC 5545 3.8.1.9)."""
    said = component.value("PRIORITY")
    if said in ("1", "2", "3", "4"):
        return Importance.HIGH
    return Importance.LOW if said in ("6", "7", "8", "9") else Importance.NORMAL


def importance_to(component: Component, importance: Importance) -> None:
    if importance is Importance.NORMAL:
        component.remove("PRIORITY")
    else:
        component.set_value("PRIORITY", _PRIORITIES[importance])


def event_type_from(component: Component, types: Collection[str]) -> str:
    """The first category that is an event type; the others are the person's own."""
    return next((one for one in _categories(component) if one in types), "")


def event_type_to(component: Component, event_type: str, types: Collection[str]) -> None:
    """The categories that are event types become this one; the others stay, in their order."""
    waiting = [event_type] if event_type in types else []
    for line in component.lines("CATEGORIES"):
        before = listed(line.value)
        kept: list[str] = []
        for one in before:
            if one not in types:
                kept.append(one)
            elif waiting:
                kept.append(waiting.pop())
        if kept != before:
            component.replace(line, replace(line, value=_joined(kept)) if kept else None)
    if waiting:
        there = component.line("CATEGORIES")
        if there is None:
            component.add(Line("CATEGORIES", _joined(waiting)))
        else:
            component.replace(there, replace(there, value=f"{there.value},{_joined(waiting)}"))


def _categories(component: Component) -> list[str]:
    return [one for line in component.lines("CATEGORIES") for one in listed(line.value)]


def _joined(texts: list[str]) -> str:
    return ",".join(map(escaped, texts))
