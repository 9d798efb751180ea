"""Who is due, and what becomes of a job: the timer enqueues, the queue runs one pass per message."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sync.core.passes import new_pass_id
from sync.core.settings import DEFAULT_ORGANIZATION, Connection, OrganizationSettings, effective
from sync.core.tenant import TenantState
from sync.engine.checks import Checks
from sync.engine.conditions import AUTOMATIC, MANUAL, Asked
from sync.engine.disconnect import go_on
from sync.engine.expiry import look_after
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.engine.tasks import record_failed_task, run_task
from sync.engine.tenant_state import NOT_IN_USE
from sync.errors import Gone, LeaseLost, NeedsAdministrator
from sync.log import log
from sync.ports import Job, PassRecord, PassState

# A manual job that meets a running pass comes back after this many seconds.
_BUSY_DELAY = 15.0


@dataclass(frozen=True, slots=True)
class Tick:
    """What one run of the timer did."""

    people: int
    queued: int
    pending: int


def offset_of(connection: Connection, interval: int) -> int:
    """The second within the interval that belongs to this person: evenly spread, always the same."""
    text = f"{connection.organization}\x1f{connection.user}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") % (interval * 60)


def slot_before(connection: Connection, interval: int, horizon: datetime) -> datetime:
    """This person's last slot before `horizon` (exclusive), UTC."""
    period, offset = interval * 60, offset_of(connection, interval)
    seconds = int(horizon.timestamp())
    last = (seconds - 1 - offset) // period * period + offset
    return datetime.fromtimestamp(last, UTC)


def enqueue_due(
    services: Services,
    ahead: timedelta,
    look_at: Callable[[OrganizationSettings, Connection], None] = lambda _settings, _connection: None,
) -> Tick:
    """Queue a job for everyone whose slot lies before now + `ahead` (the time until the timer runs again).

    A job becomes visible at its person's slot; slots that were missed (timer down, new person) are spread over
    `ahead`. A person with a job still pending gets no second one. `look_at` is shown everyone on the way.
    """
    now = services.clock.now()
    people = queued = pending = 0
    for organization in sorted({DEFAULT_ORGANIZATION, *services.organizations.ids()}):
        try:
            settings = services.organizations.get(organization)
            may_sync = look_after(services, organization)
            go_on(services, organization)
        except NeedsAdministrator as error:  # damaged settings stop this organization, and no other
            log("organization-skipped", level=logging.WARNING, organization=organization, error=error.code)
            continue
        checks = Checks(services, organization)
        for connection in services.connections.list(organization):
            look_at(settings, connection)
            if not may_sync:
                continue
            people += 1
            if checks.takes(connection):
                continue
            own = effective(settings, connection.settings)
            if not (connection.enabled and own.sync and own.automatic):
                continue
            slot = slot_before(connection, own.interval, now + ahead)
            if connection.last_queued_at is not None and connection.last_queued_at >= slot:
                continue
            if connection.queued_until is not None and connection.queued_until > now:
                pending += 1
                continue
            period = timedelta(minutes=own.interval)
            delay = _delay(connection, slot, now, ahead)
            # Marked first: a crash in between costs turns until the mark is over, never doubles one.
            try:
                services.connections.update(
                    connection,
                    last_queued_at=slot,
                    queued_until=now + timedelta(seconds=delay) + 2 * period,
                )
            except Gone:  # the person was deleted this instant
                continue
            services.jobs.enqueue(Job(organization, connection.user, AUTOMATIC), delay)
            queued += 1
        checks.enqueue()
    log("timer", people=people, queued=queued, pending=pending)
    return Tick(people, queued, pending)


def _delay(connection: Connection, slot: datetime, now: datetime, ahead: timedelta) -> float:
    if slot >= now:
        return (slot - now).total_seconds()
    spread = max(int(ahead.total_seconds()), 1)
    return float(offset_of(connection, 60) % spread)


def request_pass(
    services: Services, connection: Connection, first: date | None = None, until: date | None = None
) -> PassRecord:
    """Queue a manual pass and record it, so that the caller can follow it by its id."""
    now = services.clock.now()
    pass_id = new_pass_id(connection.organization, connection.user, now)
    record = PassRecord(
        pass_id, connection.organization, connection.user, PassState.QUEUED, MANUAL, started_at=now
    )
    services.passes.save(record)
    services.jobs.enqueue(
        Job(
            connection.organization,
            connection.user,
            MANUAL,
            pass_id,
            first.isoformat() if first else "",
            until.isoformat() if until else "",
        )
    )
    return record


def run_job(services: Services, job: Job) -> PassRecord | None:
    """Carry out one queue message; None if there is nothing to do any more, or if it is no pass."""
    if job.task:
        run_task(services, job)
        return None
    connection = services.connections.get(job.organization, job.user)
    if connection is None:
        log("job-dropped", reason="no-connection")
        _end_watched(services, job, "connection-gone")
        return None
    stopped = _stopped(services, job)
    if stopped:
        log("job-dropped", reason=stopped)
        services.connections.update(connection, queued_until=None)
        _end_watched(services, job, stopped)
        return None
    settings = services.organizations.get(job.organization)
    own = effective(settings, connection.settings)
    if not connection.enabled or not own.sync or (job.trigger == AUTOMATIC and not own.automatic):
        log("job-dropped", reason="sync-off")
        services.connections.update(connection, queued_until=None)
        _end_watched(services, job, "sync-off")
        return None
    asked = Asked(
        job.trigger,
        job.pass_id,
        date.fromisoformat(job.first) if job.first else None,
        date.fromisoformat(job.until) if job.until else None,
    )
    try:
        return run_pass(services, connection, asked, settings)
    except LeaseLost:
        if job.trigger == AUTOMATIC:
            # The running pass does this one's work; the next slot comes anyway.
            log("job-dropped", reason="pass-running")
            services.connections.update(connection, queued_until=None)
            return None
        services.jobs.enqueue(job, _BUSY_DELAY)
        return None


def _stopped(services: Services, job: Job) -> str:
    """Why the organization gets no such pass; "" if it does. A pass that somebody asked for tries also in ERROR."""
    tenant = services.tenants.get(job.organization)
    if not tenant.may_sync:
        return NOT_IN_USE
    if job.trigger == AUTOMATIC and tenant.state is TenantState.ERROR:
        return tenant.error
    return ""


def _end_watched(services: Services, job: Job, code: str) -> None:
    """Somebody may be watching a queued pass by its id: say that it will not come, and why."""
    watched = services.passes.get(job.pass_id) if job.pass_id else None
    if watched is not None:
        finished = services.clock.now()
        services.passes.save(replace(watched, state=PassState.FAILED, error=code, finished_at=finished))


def record_poison(services: Services, job: Job, reason: str) -> None:
    """A job that failed again and again: show it where the administrator looks, and free the person's turn."""
    if job.task:
        record_failed_task(services, job, reason)
        return
    now = services.clock.now()
    connection = services.connections.get(job.organization, job.user)
    log("job-poisoned", reason=reason)
    if connection is None:
        return
    pass_id = job.pass_id or new_pass_id(job.organization, job.user, now)
    services.passes.save(
        PassRecord(
            pass_id,
            job.organization,
            job.user,
            PassState.FAILED,
            job.trigger,
            started_at=now,
            finished_at=now,
            error="job-poisoned",
        )
    )
    services.connections.update(
        connection, error="job-poisoned", error_detail={}, last_pass=pass_id, queued_until=None
    )
