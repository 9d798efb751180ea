"""Who waits for the mailbox is looked at again: all of an organization together, by one queue message."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sync.core.settings import Connection
from sync.core.tenant import Tenant
from sync.engine.services import Services
from sync.engine.tenure import Tenure, release
from sync.engine.verify import awaits_check, check_people, is_check_due
from sync.log import log
from sync.ports import Job, Task

# Looked at and stored together: ten batches of each question.
CHUNK: Final = 200
# A queue message may take ten minutes (host.json); the rest goes on in the next one.
LONGEST: Final = timedelta(minutes=5)


class Checks:
    """One organization's, during one run of the timer."""

    def __init__(self, services: Services, organization: str) -> None:
        self._services = services
        self._organization = organization
        self._now = services.clock.now()
        self._tenant: Tenant | None = None
        self._is_due = False

    def takes(self, connection: Connection) -> bool:
        """Whether this person waits for a look, and so for no pass."""
        if not awaits_check(connection):
            return False
        if self._tenant is None:
            self._tenant = self._services.tenants.get(self._organization)
        self._is_due |= is_check_due(connection, self._tenant, self._now)
        return True

    def enqueue(self) -> None:
        if self._is_due:
            request_checks(self._services, self._organization)


def request_checks(services: Services, organization: str) -> None:
    services.jobs.enqueue(Job(organization, "", task=Task.CHECK))


def run_checks(services: Services, organization: str) -> None:
    """Look at everyone who is due. One worker at a time; what it does not get to is the next message's."""
    lease = services.leases.acquire(Connection(organization, ""), Task.CHECK)
    if lease is None:
        log("checks-running", organization=organization)
        return
    try:
        tenure = Tenure(lease, services.clock)
        now, tenant = services.clock.now(), services.tenants.get(organization)
        if not tenant.may_sync:
            return
        due = [c for c in services.connections.list(organization) if is_check_due(c, tenant, now)]
        for first in range(0, len(due), CHUNK):
            if services.clock.now() - now > LONGEST:
                request_checks(services, organization)
                return
            tenure.keep()
            check_people(services, organization, due[first : first + CHUNK])
    finally:
        release(lease)
