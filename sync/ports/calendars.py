"""Both calendars of a person, and what the two sides know about people, things and rooms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Seen
from sync.core.event import Side
from sync.core.rooms import RoomBooking
from sync.core.settings import Connection, OrganizationSettings
from sync.core.snapshot import Snapshot
from sync.core.window import Window
from sync.core.write import Write
from sync.errors import SyncError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one Write: `seen` is the event as the side shows it afterwards (None after a delete)."""

    key: str
    seen: Seen | None = None
    error: SyncError | None = None


class Calendar(Protocol):
    """One person's calendar on one side. Both sides keep the same promises (tests/contract)."""

    @property
    def side(self) -> Side: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def requests(self) -> int:
        """HTTP round trips made so far (a batch is one)."""

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        """What changed since `cursor`, and the next cursor (opaque, store only after everything is applied).

        Without a cursor: everything in the window (`is_complete`). A cursor made for another window, or one
        the service forgot, raises `CursorExpired`. Either the whole round is returned or an error is raised:
        never a part of it. Events outside the window may be among the observations.
        """

    def read(self, ids: Iterable[str]) -> Mapping[str, Observation]:
        """The named events now, one Observation each; `Removed` only if the service says the event is gone."""

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        """Events that carry these markers (for Outlook), or uids (for the groupware), by marker."""

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Carry out the writes, in order, in as few requests as the side allows.

        Yields an Outcome for each Write as soon as it is known, so that the caller can save progress; an item's
        own failure is in its Outcome (`CannotSync`, `Moved`, `Gone`); what stops everything is raised.
        """


class CalendarOpener(Protocol):
    """Opens a person's two calendars with what holds for them (settings, event types, mailbox)."""

    def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar: ...

    def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar: ...


@dataclass(frozen=True, slots=True)
class GroupwareUser:
    id: str
    name: str
    email: str
    active: bool = True
    # The groupware's own organizations (departments, groups) it belongs to by itself, not those above them.
    organizations: tuple[str, ...] = ()


class Directory(Protocol):
    """People and things the groupware knows."""

    def users(self) -> Sequence[GroupwareUser]: ...

    def organizations(self) -> Mapping[str, tuple[str, str | None]]:
        """Id of a department or group -> its name, and the id of the one above it."""

    def event_types(self) -> Mapping[str, str]:
        """Event type id -> name."""

    def facilities(self) -> Mapping[str, str]:
        """Facility id -> name."""


@dataclass(frozen=True, slots=True)
class Marked:
    """An Outlook event with the marker that stands on it ("": none). `guests` are the addresses of its attendees."""

    id: str
    marker: str
    guests: tuple[str, ...] = ()
    # False: a copy of somebody else's meeting.
    is_organizer: bool = True


class Marks(Protocol):
    """Our markers on the events of one mailbox, as far as they can be changed (graph-calendar.md 1.5): what is read
    here is what can be taken off. What concerns the whole mailbox is raised."""

    def read(self, ids: Sequence[str]) -> Mapping[str, Marked | SyncError]:
        """The named events; one that is gone is absent."""

    def find(self, markers: Sequence[str]) -> Sequence[Marked]:
        """Every event that carries one of these markers."""

    def take_off(self, ids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """The events stay as they are, without our marker. None: done, or the event is gone."""

    def remove(self, ids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """Delete the events for good, as silently as Graph can. None: done, or it was gone."""


class MarksOpener(Protocol):
    def __call__(self, connection: Connection) -> Marks:
        """Of the mailbox that is bound to this person."""


class RoomCalendars(Protocol):
    def bookings(self, address: str, starts: datetime, ends: datetime, zone: str) -> Sequence[RoomBooking]:
        """Who has the room or equipment with this mail address between two instants, and around them; whole days are
        those of `zone`. One look: nothing is repeated. Any `SyncError`, none of which is more than this room's
        trouble: `TryLater` if asking again may help."""


class RoomCalendarsOpener(Protocol):
    def __call__(self, organization: str) -> RoomCalendars: ...
