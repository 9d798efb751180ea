"""What the web may ask for: one method per use case, over the Services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sync.core.link import Link, Problem
from sync.core.settings import Connection
from sync.engine.conditions import MANUAL, PREVIEW, Asked
from sync.engine.expiry import needs_attention
from sync.engine.forgetting import forget
from sync.engine.schedule import request_pass
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.errors import Gone, TryLater
from sync.ports import Kept, PassRecord, PassState


class UseCases:
    def __init__(self, services: Services) -> None:
        self._services = services

    def sync_now(
        self, connection: Connection, *, first: date | None = None, until: date | None = None
    ) -> PassRecord:
        """One manual pass now. `LeaseLost` if a pass over this Connection is running."""
        return run_pass(self._services, connection, Asked(MANUAL, "", first, until))

    def preview(
        self, connection: Connection, *, first: date | None = None, until: date | None = None
    ) -> PassRecord:
        """The Plan of a pass; nothing is written to either calendar."""
        return run_pass(self._services, connection, Asked(PREVIEW, "", first, until))

    def request_pass(
        self, connection: Connection, *, first: date | None = None, until: date | None = None
    ) -> PassRecord:
        return request_pass(self._services, connection, first, until)

    def confirm(self, record: PassRecord, by: str) -> PassRecord:
        """Release a held Plan: the next pass may delete what that Plan wanted to delete, and nothing more."""
        connection = self._services.connections.get(record.organization, record.user)
        if connection is None:
            raise Gone("connection-gone")
        self._services.passes.save(
            replace(record, report={**record.report, "confirmedBy": by}, state=PassState.HELD)
        )
        self._services.connections.update(connection, confirmed_pass=record.id)
        return request_pass(self._services, connection)

    def problems(self, connection: Connection) -> Sequence[tuple[Link, Problem]]:
        """The parked events with their reasons; without those that only wait for another person's next pass."""
        links, _ = self._services.links.load(connection)
        return [
            (link, problem)
            for link in links
            if (problem := link.problem) is not None and not problem.is_patient
        ]

    def history(self, connection: Connection) -> Sequence[Kept]:
        return self._services.history.list(connection.organization, connection.user)

    def forget(self, organization: str, user: str) -> bool:
        return forget(self._services, organization, user)

    def storage_reachable(self) -> bool:
        try:
            self._services.organizations.get("default")
        except TryLater:
            return False
        return True

    def needs_attention(self) -> bool:
        return needs_attention(self._services)
