"""What the sync has left in one person's mailbox: its markers are taken off, or what carries them is removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sync.core.change import Role
from sync.core.event import Side
from sync.core.link import Link, marker_of
from sync.core.settings import Connection, State
from sync.core.tenant import Disconnection, Tenant
from sync.engine.services import Services
from sync.engine.tenant_state import NOT_IN_USE
from sync.engine.tenure import Tenure
from sync.errors import Gone, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import Marked, Marks

# A host whose guests still have their copies comes back after this many seconds.
PAUSE: Final = 60.0
# Events handled and forgotten together.
CHUNK: Final = 100


class Leaving:
    """The steps for one person, in order."""

    def __init__(self, services: Services, connection: Connection, tenant: Tenant, tenure: Tenure) -> None:
        self._services = services
        self._connection = connection
        self._tenure = tenure
        self._since = tenant.since
        self._removes = tenant.disconnection is Disconnection.REMOVE
        self._marks: Marks = services.marks(connection)
        self._pending: dict[str, frozenset[str]] = {}
        self._trouble: SyncError | None = None
        self._removed = self._unmarked = 0

    def run(self) -> None:
        links, damaged = self._services.links.load(self._connection)
        copies = [link for link in links if link.role is Role.GUEST]
        own = [link for link in links if link.role is not Role.GUEST]
        for chunk in _chunks(copies):
            self._leave_copies(chunk)
        waiting = sum(len(self._leave_own(chunk)) for chunk in _chunks(own))
        log(
            "person-disconnected",
            organization=self._connection.organization,
            links=len(links),
            damaged=len(damaged),
            removed=self._removed,
            unmarked=self._unmarked,
            waiting=waiting,
        )
        if waiting:
            raise TryLater("guests-first", retry_after=PAUSE)
        if self._trouble is not None:
            raise NeedsAdministrator(self._trouble.code, self._trouble.detail)
        self._unbind()

    # Copies of meetings that linked people organize.

    def _leave_copies(self, links: Sequence[Link]) -> None:
        """A copy of a meeting that the sync made in a linked organizer's mailbox was made by the sync as well. That
        is known as long as the organizer's event stands, so organizers wait for their guests (`_waits`)."""
        found = self._marks.read([link.outlook.id for link in links if link.outlook is not None])
        failed = self._note(found)
        copies = {i: one for i, one in found.items() if isinstance(one, Marked) and not one.is_organizer}
        if self._removes:
            made = self._made_by_sync([link for link in links if link.outlook and link.outlook.id in copies])
            failed |= self._remove([link.outlook.id for link in made if link.outlook is not None])
        else:  # whether a copy has the organizer's marker is only assumed (graph-calendar.md 1.5)
            failed |= self._take_off([i for i, one in copies.items() if one.marker])
        self._forget([link for link in links if link.outlook is None or link.outlook.id not in failed])

    def _made_by_sync(self, links: Sequence[Link]) -> list[Link]:
        """The Links whose meeting carries the marker of its host."""
        by_event = {link.groupware.id: link for link in links if link.groupware is not None}
        claims = self._services.meetings.by_groupware_ids(self._connection.organization, by_event)
        hosted: defaultdict[str, list[str]] = defaultdict(list)
        for event, claim in claims.items():
            if claim.host and not claim.is_external:
                hosted[claim.host].append(event)
        return [by_event[event] for host, events in hosted.items() for event in self._marked_by(host, events)]

    def _marked_by(self, user: str, events: Collection[str]) -> list[str]:
        """Those of these groupware events whose meeting in this host's mailbox carries the host's marker."""
        organization = self._connection.organization
        host = self._services.connections.get(organization, user)
        if host is None or not host.mailbox:
            return []
        links, _ = self._services.links.load(host)
        ids = {
            link.outlook.id: link.groupware.id
            for link in links
            if link.outlook is not None and link.groupware is not None and link.groupware.id in events
        }
        try:
            found = self._services.marks(host).read(list(ids))
        except NeedsAdministrator as error:  # the host is held up: whose meetings they are cannot be proved
            log("host-not-readable", organization=organization, error=error.code)
            return []
        return [
            ids[i]
            for i, one in found.items()
            if isinstance(one, Marked) and one.marker == marker_of(organization, user, ids[i])
        ]

    # Events of the person's own.

    def _leave_own(self, links: Sequence[Link]) -> list[Link]:
        """The Links that have to wait for the guests; the others are done and forgotten, unless something failed."""
        found = self._marks.read([link.outlook.id for link in links if link.outlook is not None])
        failed = self._note(found)
        ours: dict[str, Link] = {}
        waiting: list[Link] = []
        for link, one in self._marked(links, found):
            if self._removes and self._waits(link, one):
                waiting.append(link)
            else:
                ours[one.id] = link
        failed |= self._remove(list(ours)) if self._removes else self._take_off(list(ours))
        kept = {link.key for link in waiting}
        kept |= {ours[event].key for event in failed if event in ours}
        kept |= {link.key for link in links if link.outlook is not None and link.outlook.id in failed}
        self._forget([link for link in links if link.key not in kept])
        return waiting

    def _marked(
        self, links: Sequence[Link], found: Mapping[str, Marked | SyncError]
    ) -> Iterable[tuple[Link, Marked]]:
        """Each event that the sync made, with its Link: it carries the marker of that very Link. A person's copy of
        such an event carries the marker of another one."""
        markers = {self._marker(link): link for link in links if link.groupware is not None}
        for link in links:
            one = found.get(link.outlook.id) if link.outlook is not None else None
            if isinstance(one, Marked) and markers.get(one.marker) is link:
                yield link, one
        # A create whose answer never came: the event is known by its marker alone.
        lost = [self._marker(k) for k in links if k.groupware and k.intent and k.intent.side is Side.OUTLOOK]
        for one in self._marks.find(lost) if lost else ():
            if one.marker in markers and one.id not in found:
                yield markers[one.marker], one

    def _marker(self, link: Link) -> str:
        assert link.groupware is not None
        return marker_of(self._connection.organization, self._connection.user, link.groupware.id)

    def _waits(self, link: Link, meeting: Marked) -> bool:
        """Whether a linked guest has not let go of its copy yet. Who is held up is not waited for."""
        if not meeting.guests or link.groupware is None:
            return False
        people = self._services.people.of(self._connection.organization)
        guests = {people.user_of(address) for address in meeting.guests} - {None, self._connection.user}
        return any(guest and link.groupware.id in self._copies_of(guest) for guest in guests)

    def _copies_of(self, user: str) -> frozenset[str]:
        """The groupware events of which this person still has a copy to let go of."""
        if user not in self._pending:
            guest = self._services.connections.get(self._connection.organization, user)
            if guest is None or not guest.mailbox or is_held_up(guest, self._since):
                self._pending[user] = frozenset()
            else:
                links, _ = self._services.links.load(guest)
                copies = (one for one in links if one.role is Role.GUEST and one.outlook is not None)
                self._pending[user] = frozenset(
                    one.groupware.id for one in copies if one.groupware is not None
                )
        return self._pending[user]

    # Doing it.

    def _remove(self, ids: Sequence[str]) -> set[str]:
        """The ids that could not be removed."""
        self._tenure.keep()
        failed = self._note(self._marks.remove(ids)) if ids else set()
        self._removed += len(ids) - len(failed)
        return failed

    def _take_off(self, ids: Sequence[str]) -> set[str]:
        self._tenure.keep()
        failed = self._note(self._marks.take_off(ids)) if ids else set()
        self._unmarked += len(ids) - len(failed)
        return failed

    def _note(self, results: Mapping[str, object]) -> set[str]:
        """The ids with an error. One event that fails does not keep the others from being done."""
        failed = {i: error for i, error in results.items() if isinstance(error, SyncError)}
        for error in failed.values():
            self._trouble = error
        return set(failed)

    def _forget(self, links: Sequence[Link]) -> None:
        self._tenure.keep()
        self._services.links.delete(self._connection, links)

    def _unbind(self) -> None:
        """Everything is done: a connection of later finds the person and its mailbox anew."""
        self._services.cursors.clear(self._connection)
        is_on = self._connection.enabled
        update_person(
            self._services,
            self._connection,
            mailbox="",
            addresses=(),
            tenant="",
            state=State.CHECKING if is_on else State.OFF,
            error=NOT_IN_USE if is_on else "",
            error_detail={},
            checking_since=None,
            checked_at=None,
            confirmed_pass="",
            queued_until=None,
            last_queued_at=None,
        )


def is_held_up(connection: Connection, since: datetime | None) -> bool:
    """Whether this person's mailbox could not be cleaned since then."""
    looked = connection.checked_at
    return connection.state is State.ERROR and since is not None and looked is not None and looked >= since


def _chunks(links: Sequence[Link]) -> Iterable[Sequence[Link]]:
    return (links[first : first + CHUNK] for first in range(0, len(links), CHUNK))


def update_person(services: Services, connection: Connection, **changes: object) -> None:
    try:
        services.connections.update(connection, **changes)
    except Gone:  # the person was deleted this instant
        log("person-gone", organization=connection.organization)
