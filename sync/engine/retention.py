"""Removes passes and lost values whose time is over, once a day for each person, a bounded number at a time.

The timer shows everyone it goes through anyway; nothing is listed for this alone. What is due costs two range queries
and a mark where there is nothing to remove.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sync.core.settings import Connection, OrganizationSettings
from sync.engine.services import Services
from sync.errors import Gone, SyncError
from sync.log import log

DAILY = timedelta(days=1)
# People in one run of the timer (14,400 a day with the default schedule), and rows of each in one table.
PEOPLE = 50
ROWS = 500


class Retention:
    """One run of the timer: `look_at` everyone, then `carry_out`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._now = services.clock.now()
        self._due: list[tuple[OrganizationSettings, Connection]] = []

    def look_at(self, settings: OrganizationSettings, connection: Connection) -> None:
        last = connection.pruned_at
        if len(self._due) < PEOPLE and (last is None or last <= self._now - DAILY):
            self._due.append((settings, connection))

    def carry_out(self) -> int:
        """How many rows were removed. One person's trouble is logged and keeps nobody else waiting."""
        removed = 0
        for settings, connection in self._due:
            try:
                removed += self._prune(settings, connection)
            except SyncError as error:
                log("retention-failed", level=logging.WARNING, error=error.code)
                self._mark(connection)
        if removed:
            log("retention", people=len(self._due), rows=removed)
        return removed

    def _prune(self, settings: OrganizationSettings, connection: Connection) -> int:
        organization, user = connection.organization, connection.user
        passes = self._services.passes.delete_before(
            organization,
            user,
            self._now - timedelta(days=settings.keep_passes_days),
            ROWS,
            # The screen shows the last one, and a held one can still be confirmed or is about to be carried out.
            keep=[each for each in (connection.last_pass, connection.confirmed_pass) if each],
        )
        history = self._services.history.delete_before(
            organization, user, self._now - timedelta(days=settings.keep_history_days), ROWS
        )
        if passes < ROWS and history < ROWS:  # else the next run of the timer goes on
            self._mark(connection)
        return passes + history

    def _mark(self, connection: Connection) -> None:
        try:
            self._services.connections.update(connection, pruned_at=self._now)
        except Gone:
            return  # forgotten this instant
        except SyncError as error:
            log("retention-failed", level=logging.WARNING, error=error.code)
