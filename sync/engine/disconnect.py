"""Take an organization off Microsoft 365, and leave in its mailboxes what the administrator chose.

`leave` is done at once. Otherwise there is a queue message for each person; it writes into that person's mailbox
only, under that person's lease, and does what is left to do, so that a crash, a throttle or a person who is held up
costs time and nothing else. When nobody is bound to a mailbox any more it is over, and the credentials go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sync.core.settings import Connection, State
from sync.core.tenant import Disconnection, Tenant, TenantState
from sync.engine.leaving import PAUSE, Leaving, is_held_up, update_person
from sync.engine.microsoft365 import forget_credentials
from sync.engine.services import Services
from sync.engine.tenant_state import log_state
from sync.engine.tenure import Tenure, release
from sync.errors import Moved, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import Job, LinkCount, Task

# Another process may take the organization for connected for this long (a Tenant is remembered for a minute), and
# begin a pass; afterwards a free lease means that no pass is running.
SETTLED: Final = timedelta(seconds=75)
# A message that was lost is sent again after this long; who is held up is tried again then.
AGAIN: Final = timedelta(hours=1)


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
        update_person(services, connection, queued_until=now + AGAIN, last_queued_at=now)
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
        Leaving(services, connection, tenant, Tenure(lease, services.clock)).run()
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
    update_person(
        services,
        connection,
        state=State.ERROR,
        error=error.code,
        error_detail=dict(error.detail),
        checked_at=services.clock.now(),
        queued_until=None,
    )
