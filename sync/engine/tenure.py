"""The lease of the running pass, renewed no more often than it needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync.errors import LeaseLost, NeedsAdministrator, TryLater
from sync.log import log
from sync.ports import Clock, Lease

# A lease lasts 120 s (adapters/tables/leases.py); younger than this nobody can have taken it over.
_YOUNG = timedelta(seconds=30)


class Tenure:
    """`keep` before every save: `LeaseLost` once another worker took over."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease = lease
        self._clock = clock
        self._renewed: datetime = clock.now()

    def keep(self) -> None:
        now = self._clock.now()
        if now - self._renewed > _YOUNG:
            self._lease.renew()
            self._renewed = now


def release(lease: Lease) -> None:
    try:
        lease.release()
    except (LeaseLost, TryLater, NeedsAdministrator) as error:
        # It ends by itself; what it was held for is over either way.
        log("lease-not-released", error=error.code)
