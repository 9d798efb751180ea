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
    MailboxDirectory,
    Meetings,
    Organizations,
    Passes,
    RoomCalendars,
    Secrets,
)


class _NotGiven:
    """Stands for a port that a bundle was made without; whoever needs it after all is told which."""

    def __init__(self, port: str) -> None:
        self._port = port

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"these Services have no {self._port} (asked for {name})")


_NO_FACILITIES: Any = _NotGiven("facilities")
_NO_MEETINGS: Any = _NotGiven("meetings")
_NO_ROOMS: Any = _NotGiven("rooms")


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
    mailboxes: MailboxDirectory
    facilities: Facilities = _NO_FACILITIES
    meetings: Meetings = _NO_MEETINGS
    rooms: RoomCalendars = _NO_ROOMS
    # Made of the ports above; asks nothing before it is asked.
    people: PeopleBook = field(init=False)

    def __post_init__(self) -> None:
        book = PeopleBook(self.clock, self.organizations, self.connections, self.directory, self.facilities)
        object.__setattr__(self, "people", book)
