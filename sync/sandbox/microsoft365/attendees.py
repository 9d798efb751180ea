"""Lists of attendees: the status in them belongs to the server, dates of a series follow the whole (1.3, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sync.sandbox.microsoft365.event import Event
from sync.sandbox.microsoft365.meeting import address_of, people_in

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.tenant import Tenant

Json = dict[str, Any]
Attendees = tuple[Json, ...]
OF_SERVER = ("status", "proposedNewTime")


def settle(tenant: Tenant, event: Event, before: Event | None = None) -> None:
    """After a write: those who stay keep what they answered, whoever wrote the list.

    Exceptions with a list of their own get those who were added to the series, and lose those who were removed,
    unless the switch says otherwise.
    """
    was = before.content.attendees if before is not None else ()
    now = settled(tenant, event.content.attendees, was)
    event.content = replace(event.content, attendees=now)
    if before is None:
        return
    for day, override in event.exceptions.items():
        stood = before.occurrence(day)
        if "attendees" in override.fields and stood is not None:
            own = settled(tenant, override.fields["attendees"], stood.attendees)
            if tenant.switches.exceptions_follow_attendees:
                own = follow(tenant, own, was, now)
            fields = {**override.fields, "attendees": own}
            event.exceptions[day] = replace(override, fields=fields)


def settled(tenant: Tenant, written: Sequence[Json], before: Sequence[Json]) -> Attendees:
    """The list as it is stored: each person once, unless the switch says otherwise."""
    known = people_in(before, tenant.identity)
    kept = [{**each, **answered(known.get(tenant.identity(address_of(each)), {}))} for each in written]
    if tenant.switches.same_attendee_twice_kept:
        return tuple(kept)
    return tuple(people_in(kept, tenant.identity).values())


def answered(attendee: Json) -> Json:
    return {name: attendee[name] for name in OF_SERVER if name in attendee}


def follow(tenant: Tenant, own: Sequence[Json], was: Sequence[Json], now: Sequence[Json]) -> Attendees:
    """`own` is the list of one date, after that of the series changed from `was` to `now`."""
    old, new, held = (people_in(each, tenant.identity) for each in (was, now, own))
    gone = old.keys() - new.keys()
    kept = [each for each in own if tenant.identity(address_of(each)) not in gone]
    return (*kept, *(each for key, each in new.items() if key not in old and key not in held))
