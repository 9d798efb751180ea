"""Queue messages that ask for something else than a pass."""

from __future__ import annotations

import logging
from typing import Final

from sync.engine.checks import run_checks
from sync.engine.disconnect import disconnect_person, go_on, note_held_up
from sync.engine.linking import link_chunk, record_failed_chunk
from sync.engine.services import Services
from sync.errors import LeaseLost, SyncError, TryLater
from sync.log import log
from sync.ports import Job, Task

# A task that cannot go on now comes back after this many seconds at the earliest.
PAUSE: Final = 60.0


def run_task(services: Services, job: Job) -> None:
    """What has to wait for a service comes back later by itself, as often as needed."""
    try:
        _run(services, job)
    except LeaseLost:
        log("task-waits", task=job.task, organization=job.organization, reason="lease")
        services.jobs.enqueue(job, PAUSE)
    except TryLater as error:
        log("task-waits", task=job.task, organization=job.organization, reason=error.code)
        services.jobs.enqueue(job, max(error.retry_after or 0.0, PAUSE))


def _run(services: Services, job: Job) -> None:
    match Task(job.task):
        case Task.CHECK:
            run_checks(services, job.organization)
        case Task.LINK:
            link_chunk(services, job)
        case Task.DISCONNECT if job.user:
            disconnect_person(services, job)
        case Task.DISCONNECT:
            go_on(services, job.organization)


def record_failed_task(services: Services, job: Job, reason: str) -> None:
    """A task that failed again and again, for no reason that is known."""
    log("task-poisoned", level=logging.WARNING, task=job.task, organization=job.organization, reason=reason)
    match Task(job.task):
        case Task.LINK:
            record_failed_chunk(services, job)
        case Task.DISCONNECT if job.user:
            note_held_up(services, job, SyncError("job-poisoned"))
        case _:
            pass  # the timer asks again
