"""Everything the use cases reach the outside through, in one bundle that the composition root fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from sync.engine.people import PeopleBook
from sync.ports import (
    CalendarOpener,
    Clock,
    Connections,
    Cursors,
    Directory,
    Facilities,
    History,
    Jobs,
    Leases,
    Links,
    MailboxDirectories,
    MarksOpener,
    Meetings,
    Microsoft365,
    Operations,
    Organizations,
    Passes,
    RoomCalendarsOpener,
    Secrets,
    SignIn,
    Tenants,
    Tickets,
)


class _NotGiven:
    """Stands for a port that a bundle was made without; whoever needs it after all is told which."""

    def __init__(self, port: str) -> None:
        self._port = port

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"these Services have no {self._port} (asked for {name})")

    def __call__(self, *_: object) -> NoReturn:
        raise RuntimeError(f"these Services have no {self._port}")


_NO_FACILITIES: Any = _NotGiven("facilities")
_NO_MEETINGS: Any = _NotGiven("meetings")
_NO_ROOMS: Any = _NotGiven("rooms")
_NO_TENANTS: Any = _NotGiven("tenants")
_NO_MICROSOFT365: Any = _NotGiven("microsoft365")
_NO_SIGN_IN: Any = _NotGiven("signin")
_NO_TICKETS: Any = _NotGiven("tickets")
_NO_OPERATIONS: Any = _NotGiven("operations")
_NO_MARKS: Any = _NotGiven("marks")


@dataclass(frozen=True, slots=True)
class Services:
    clock: Clock
    organizations: Organizations
    connections: Connections
    links: Links
    cursors: Cursors
    leases: Leases
    passes: Passes
    history: History
    jobs: Jobs
    secrets: Secrets
    calendars: CalendarOpener
    directory: Directory
    mailboxes: MailboxDirectories
    facilities: Facilities = _NO_FACILITIES
    meetings: Meetings = _NO_MEETINGS
    rooms: RoomCalendarsOpener = _NO_ROOMS
    tenants: Tenants = _NO_TENANTS
    microsoft365: Microsoft365 = _NO_MICROSOFT365
    signin: SignIn = _NO_SIGN_IN
    tickets: Tickets = _NO_TICKETS
    operations: Operations = _NO_OPERATIONS
    marks: MarksOpener = _NO_MARKS
    # Made of the ports above; asks nothing before it is asked.
    people: PeopleBook = field(init=False)

    def __post_init__(self) -> None:
        book = PeopleBook(self.clock, self.organizations, self.connections, self.directory, self.facilities)
        object.__setattr__(self, "people", book)
