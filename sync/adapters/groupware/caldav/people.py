"""Who takes part, what they answered and which facilities are booked: ATTENDEE and ORGANIZER, to neutral and back.

Whom we add has SCHEDULE-AGENT=CLIENT, so that a server that schedules by itself sends no invitation beside Outlook's
(RFC 6638 7.1, groupware.md 3.4). Nobody else's is touched: taking an attendee away from the server makes it send a
cancellation (RFC 6638 3.2.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, unquote

from sync.adapters.groupware.caldav.context import Context, Known
from sync.adapters.groupware.caldav.lines import Component, Line
from sync.core.event import Booking, Event, Participant
from sync.core.people import address_key
from sync.core.who import ANSWER, ROOM, WITH, answer_of, keyed, read_part, user_key, who_key

_MAILTO = "mailto:"
_THINGS = frozenset({"ROOM", "RESOURCE"})
_RESPONSES = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
_PARTSTATS = {response: partstat for partstat, response in _RESPONSES.items()}
_STATES = {"ACCEPTED": "approved", "DECLINED": "rejected"}


def with_people(event: Event, component: Component, context: Context) -> Event:
    """The event with everybody who takes part: at least the user whose calendar it stands in. The organizer does,
    whether listed as attendee or not."""
    organizer = component.line("ORGANIZER")
    owner = context.user_of(address_of(organizer)) if organizer is not None else context.user
    listed = [_participant_from(line, context) for line in _attendees(component, context)]
    people = list(keyed(listed).values())
    if organizer is not None:
        _lead(people, replace(_participant_from(organizer, context), response=None))
    if user_key(context.user) not in keyed(people):
        people.append(Participant(user=context.user))
    return replace(
        event, owner=owner, participants=tuple(people), facilities=tuple(_bookings(component, context))
    )


def people_to(component: Component, names: Iterable[str], event: Event, context: Context) -> None:
    """The named parts (`core.who`) as `event` has them; names of other parts are passed over."""
    before = component.lines("ATTENDEE")
    for part in map(read_part, names):
        if part is None:
            continue
        if part.kind == WITH:
            _with_to(component, part.key, event, context)
        elif part.kind == ANSWER:
            _answer_to(component, part.key, event, context)
        elif part.kind == ROOM:
            _room_to(component, part.key, event, context)
    if any(line not in before for line in component.lines("ATTENDEE")):
        _organizer_to(component, event, context)


def address_of(line: Line) -> str:
    """The mail address that an ATTENDEE or ORGANIZER gives; "" for a calendar user without one."""
    uri = line.value.strip()
    if uri.lower().startswith(_MAILTO):
        return unquote(uri[len(_MAILTO) :].partition("?")[0]).strip()
    said = line.param("EMAIL") or ""  # RFC 7986 6.2: where the calendar user is no mail address
    return said.strip().removeprefix(_MAILTO)


def _lead(people: list[Participant], organizer: Participant) -> None:
    key = who_key(organizer)
    if key is not None and key not in keyed(people):
        people.insert(0, organizer)


def _attendees(component: Component, context: Context) -> list[Line]:
    return [line for line in component.lines("ATTENDEE") if not _is_thing(line, context)]


def _is_thing(line: Line, context: Context) -> bool:
    return (line.param("CUTYPE") or "").upper() in _THINGS or _facility_from(line, context) is not None


def _participant_from(line: Line, context: Context) -> Participant:
    """An answer that nobody knows is none."""
    address = address_of(line)
    response = _RESPONSES.get((line.param("PARTSTAT") or "").upper(), "none")
    user = context.user_of(address) if address else None
    if user is not None:
        return Participant(user=user, response=response)
    return Participant(email=address or None, name=line.param("CN") or "", response=response)


def _facility_from(line: Line, context: Context) -> str | None:
    """Also of a room that was invited like a person."""
    address = address_of(line)
    return context.facility_of(address) if address else None


def _bookings(component: Component, context: Context) -> Iterator[Booking]:
    """The facilities we know; a room that is none of them stays in the text alone."""
    found: dict[str, Booking] = {}
    for line in component.lines("ATTENDEE"):
        facility = _facility_from(line, context)
        if facility is not None:
            state = _STATES.get((line.param("PARTSTAT") or "").upper(), "requested")
            found.setdefault(facility, Booking(facility, state))
    yield from found.values()


def _lines_of(component: Component, key: str, context: Context) -> list[Line]:
    return [
        line for line in _attendees(component, context) if who_key(_participant_from(line, context)) == key
    ]


def _with_to(component: Component, key: str, event: Event, context: Context) -> None:
    wanted = keyed(event.participants).get(key)
    there = _lines_of(component, key, context)
    if wanted is None:
        for line in there:
            component.replace(line, None)
    elif not there and not _is_organizer(component, key, context) and not _is_own(key, event, context):
        _invite(component, wanted, context)


def _answer_to(component: Component, key: str, event: Event, context: Context) -> None:
    wanted = keyed(event.participants).get(key)
    if wanted is None:
        return
    partstat = _PARTSTATS.get(answer_of(wanted), "NEEDS-ACTION")
    there = _lines_of(component, key, context)
    now = keyed(_participant_from(line, context) for line in there).get(key)
    if now is not None and answer_of(now) == answer_of(wanted):
        return
    for line in there:
        component.replace(line, line.with_param("PARTSTAT", partstat))
    if not there and partstat != "NEEDS-ACTION" and not _is_organizer(component, key, context):
        _invite(component, wanted, context)


def _room_to(component: Component, facility: str, event: Event, context: Context) -> None:
    there = [line for line in component.lines("ATTENDEE") if _facility_from(line, context) == facility]
    if not any(booking.facility == facility for booking in event.facilities):
        for line in there:
            component.replace(line, None)
    elif not there:
        known = context.facilities.get(facility)
        if known is not None and known.email:
            line = _line(known.email, known.name).with_param("CUTYPE", "ROOM")
            component.add(line.with_param("PARTSTAT", "NEEDS-ACTION"))


def _is_own(key: str, event: Event, context: Context) -> bool:
    """Whoever has an event in the own calendar takes part without being named."""
    return key == user_key(context.user) and event.owner in (context.user, None)


def _is_organizer(component: Component, key: str, context: Context) -> bool:
    organizer = component.line("ORGANIZER")
    return organizer is not None and who_key(_participant_from(organizer, context)) == key


def _organizer_to(component: Component, event: Event, context: Context) -> None:
    """Whoever invites must be named (RFC 5545 3.8.4.3): the owner, or the stranger who stands first then
    (`sharing.resolved`)."""
    if component.line("ORGANIZER") is not None:
        return
    first = event.participants[0] if event.participants and event.owner is None else Participant()
    host = Known(first.name, first.email) if first.email else context.users.get(event.owner or context.user)
    if host is not None and host.email:
        component.add(replace(_line(host.email, host.name), name="ORGANIZER"))


def _invite(component: Component, participant: Participant, context: Context) -> None:
    """Somebody without a mail address cannot be named in iCalendar, and stays out."""
    known = context.users.get(participant.user or "")
    address = known.email if known is not None else participant.email or ""
    if not address_key(address):
        return
    name = known.name if known is not None else participant.name
    partstat = _PARTSTATS.get(answer_of(participant), "NEEDS-ACTION")
    component.add(_line(address, name).with_param("PARTSTAT", partstat))


def _line(address: str, name: str) -> Line:
    line = Line("ATTENDEE", f"{_MAILTO}{quote(address, safe='@!#$&*+/=?^_`{|}~.-')}")
    if name:
        line = line.with_param("CN", name)
    return line.with_param("SCHEDULE-AGENT", "CLIENT")
