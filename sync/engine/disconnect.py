"""Take an organization off Microsoft 365, and leave in its mailboxes what the administrator chose.

`leave` is done at once. Otherwise there is a queue message for each person; it writes into that person's mailbox
only, under that person's lease, and does what is left to do, so that a crash, a throttle or a person who is held up
costs time and nothing else. When nobody is bound to a mailbox any more it is over, and the credentials go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sync.core.change import Role
from sync.core.event import Side
from sync.core.link import Link, marker_of
from sync.core.settings import Connection, State
from sync.core.tenant import Disconnection, Tenant, TenantState
from sync.engine.microsoft365 import forget_credentials
from sync.engine.services import Services
from sync.engine.tenant_state import NOT_IN_USE, log_state
from sync.engine.tenure import Tenure, release
from sync.errors import Gone, Moved, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import Job, LinkCount, Marked, Marks, Task

# Another process may take the organization for connected for this long (a Tenant is remembered for a minute), and
# begin a pass; afterwards a free lease means that no pass is running.
SETTLED: Final = timedelta(seconds=75)
# A message that was lost is sent again after this long; who is held up is tried again then.
AGAIN: Final = timedelta(hours=1)
# A host whose guests still have their copies comes back after this many seconds.
PAUSE: Final = 60.0
# Events handled and forgotten together.
CHUNK: Final = 100


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A person whose mailbox could not be cleaned, and why."""

    user: str
    name: str
    code: str
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """`people`: bound to a mailbox, so that there is something to do, or still to do. `meetings` that stand in the
    mailbox of one of our people."""

    people: int
    links: LinkCount
    meetings: int
    held_up: Sequence[HeldUp]


def look(services: Services, organization: str) -> Progress:
    """What there is to decide about, before it; and how far it is, while it goes on."""
    tenant = services.tenants.get(organization)
    bound = [one for one in services.connections.list(organization) if one.mailbox]
    since = tenant.since if tenant.state is TenantState.DISCONNECTING else None
    held_up = [
        HeldUp(one.user, one.name, one.error, one.error_detail) for one in bound if is_held_up(one, since)
    ]
    links, meetings = services.links.count(organization), services.meetings.count(organization)
    return Progress(len(bound), links, meetings, held_up)


def disconnect(services: Services, organization: str, choice: Disconnection) -> Tenant:
    """Begin, or choose otherwise while it goes on. With `leave` it is over at once, whatever is not done yet."""
    services.tenants.forget(organization)
    tenant = services.tenants.get(organization)
    if choice is not Disconnection.LEAVE and (tenant.credential is None or not tenant.tenant_id):
        raise NeedsAdministrator("microsoft365-not-set-up")
    is_new = tenant.state is not TenantState.DISCONNECTING
    since = services.clock.now() if is_new else tenant.since
    tenant = services.tenants.put(
        replace(
            tenant,
            state=TenantState.DISCONNECTING,
            since=since,
            disconnection=choice,
            error="",
            error_detail={},
        )
    )
    log_state(tenant)
    if choice is Disconnection.LEAVE:
        return _end(services, tenant)
    if is_new:
        job = Job(organization, "", task=Task.DISCONNECT)
        services.jobs.enqueue(job, SETTLED.total_seconds())
    return tenant


def go_on(services: Services, organization: str) -> None:
    """Queue everybody who is not done and has no message under way; end it when there is nobody left."""
    tenant = services.tenants.get(organization)
    now = services.clock.now()
    if tenant.state is not TenantState.DISCONNECTING or tenant.since is None or now - tenant.since < SETTLED:
        return
    left = queued = 0
    for connection in services.connections.list(organization):
        if tenant.disconnection is Disconnection.LEAVE or not connection.mailbox:
            continue
        left += 1
        if _is_under_way(connection, tenant.since, now):
            continue
        _update(services, connection, queued_until=now + AGAIN, last_queued_at=now)
        services.jobs.enqueue(Job(organization, connection.user, task=Task.DISCONNECT))
        queued += 1
    log("disconnecting", organization=organization, left=left, queued=queued)
    if not left:
        try:
            _end(services, tenant)
        except Moved:  # somebody chose otherwise this moment
            services.tenants.forget(organization)


def _is_under_way(connection: Connection, since: datetime, now: datetime) -> bool:
    """Whether a message for this person is queued, or was in vain a while ago. What was queued before `since` is a
    pass, which will not come any more."""
    if is_held_up(connection, since):
        return connection.checked_at is not None and now - connection.checked_at < AGAIN
    is_ours = connection.last_queued_at is not None and connection.last_queued_at >= since
    return is_ours and connection.queued_until is not None and connection.queued_until > now


def is_held_up(connection: Connection, since: datetime | None) -> bool:
    """Whether this person's mailbox could not be cleaned since then."""
    looked = connection.checked_at
    return connection.state is State.ERROR and since is not None and looked is not None and looked >= since


def _end(services: Services, tenant: Tenant) -> Tenant:
    """The credentials first: a crash before the state is stored does this again."""
    ended = replace(
        forget_credentials(services, tenant),
        in_use=False,
        state=TenantState.DISCONNECTED,
        since=services.clock.now(),
        permissions={},
        consented_at=None,
    )
    ended = services.tenants.put(ended)
    services.microsoft365.forget(tenant.organization)
    services.people.forget(tenant.organization)
    log_state(ended)
    return ended


# -- one person -----------------------------------------------------------------------------------------------


def disconnect_person(services: Services, job: Job) -> None:
    """What is left to do in one person's mailbox. `TryLater` when it has to come back."""
    services.tenants.forget(job.organization)
    tenant = services.tenants.get(job.organization)
    connection = services.connections.get(job.organization, job.user)
    if tenant.state is not TenantState.DISCONNECTING or connection is None or not connection.mailbox:
        log("job-dropped", reason="nothing-to-disconnect")
        return
    lease = services.leases.acquire(connection, Task.DISCONNECT)
    if lease is None:
        raise TryLater("pass-running", retry_after=PAUSE)
    try:
        _Leaving(services, connection, tenant, Tenure(lease, services.clock)).run()
    except NeedsAdministrator as error:
        note_held_up(services, job, error)
    finally:
        release(lease)


def note_held_up(services: Services, job: Job, error: SyncError) -> None:
    """Shown to the administrator by name, and tried again later; the others go on."""
    connection = services.connections.get(job.organization, job.user)
    if connection is None:
        return
    log("person-held-up", organization=job.organization, error=error.code)
    _update(
        services,
        connection,
        state=State.ERROR,
        error=error.code,
        error_detail=dict(error.detail),
        checked_at=services.clock.now(),
        queued_until=None,
    )


class _Leaving:
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
        ours = self._made_by_sync(links) if self._removes else {}
        ids = {link.outlook.id: link for link in ours.values() if link.outlook is not None}
        found = self._marks.read(list(ids)) if ids else {}
        copies = [i for i, one in found.items() if isinstance(one, Marked) and not one.is_organizer]
        failed = self._note(found) | self._remove(copies)
        self._forget([link for link in links if link.outlook is None or link.outlook.id not in failed])

    def _made_by_sync(self, links: Iterable[Link]) -> dict[str, Link]:
        """The Links whose meeting carries the marker of its host, by the groupware event's id."""
        by_event = {link.groupware.id: link for link in links if link.groupware is not None}
        organization = self._connection.organization
        claims = self._services.meetings.by_groupware_ids(organization, by_event)
        made: dict[str, Link] = {}
        for user in {claim.host for claim in claims.values() if claim.host and not claim.is_external}:
            host = self._services.connections.get(organization, user)
            if host is None or not host.mailbox:
                continue
            markers = {
                marker_of(organization, user, event): event
                for event, claim in claims.items()
                if claim.host == user
            }
            try:
                found = self._services.marks(host).find(list(markers))
            except (
                NeedsAdministrator
            ) as error:  # the host is held up: whose meetings they are cannot be proved
                log("host-not-readable", organization=organization, error=error.code)
                continue
            events = (markers[one.marker] for one in found if one.marker in markers)
            made |= {event: by_event[event] for event in events}
        return made

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
        _update(
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


def _chunks(links: Sequence[Link]) -> Iterable[Sequence[Link]]:
    return (links[first : first + CHUNK] for first in range(0, len(links), CHUNK))


def _update(services: Services, connection: Connection, **changes: object) -> None:
    try:
        services.connections.update(connection, **changes)
    except Gone:  # the person was deleted this instant
        log("person-gone", organization=connection.organization)
