"""Linking, checking and leaving on the real stores: tables and queue of Azurite, messages as the host reads them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.queue import QueueClient

from sync.adapters.graph.client import GraphClient
from sync.adapters.graph.directory import GraphDirectory
from sync.adapters.queues.jobs import open_jobs
from sync.adapters.queues.message import job_from_message
from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.client import Tables, open_tables
from sync.adapters.tables.connections import TableConnections
from sync.adapters.tables.cursors import TableCursors
from sync.adapters.tables.leases import TableLeases
from sync.adapters.tables.links import TableLinks
from sync.adapters.tables.meetings import TableMeetings
from sync.adapters.tables.operations import TableOperations
from sync.adapters.tables.organizations import TableOrganizations
from sync.adapters.tables.tenants import TableTenants
from sync.core.settings import State
from sync.core.tenant import Disconnection, TenantState
from sync.engine import linking
from sync.engine.conditions import Asked
from sync.engine.disconnect import disconnect, go_on, look
from sync.engine.linking import start_linking
from sync.engine.schedule import run_job
from sync.engine.services import Services
from sync.engine.sync_pass import run_pass
from sync.ports import LinkRow
from tests.e2e.office import AT
from tests.e2e.world import Conditions, World
from tests.fakes import MemorySecrets, connected


class Site(World):
    """`work` takes every visible message off the queue and runs it, as the host does."""

    def __init__(self, connection_string: str) -> None:
        self.prefix, self.queue_name = f"s{uuid4().hex[:10]}", f"site-{uuid4().hex[:10]}"
        self.account = StorageAccount(connection_string=connection_string)
        self.opened: Tables = open_tables(self.account, prefix=self.prefix)
        self.queue = QueueClient.from_connection_string(connection_string, self.queue_name)
        self.vault = MemorySecrets(**{"microsoft365-default-0": "a-client-secret-of-forty-characters-0001"})
        super().__init__(Conditions())
        self.services.tenants.put(connected("default", self.tenant.id, checked_at=self.clock.now()))

    def _services(self) -> Services:
        graph = GraphClient(
            self._session("http://127.0.0.1:1", self._graph_app),
            self.tokens,
            self.clock,
            base_url="http://127.0.0.1:1",
            jitter=lambda: 0.0,
        )
        return replace(
            super()._services(),
            organizations=TableOrganizations(self.opened),
            connections=TableConnections(self.opened),
            links=TableLinks(self.opened),
            cursors=TableCursors(self.opened),
            leases=TableLeases(self.opened, self.clock),
            meetings=TableMeetings(self.opened),
            operations=TableOperations(self.opened),
            tenants=TableTenants(self.opened, self.clock),
            jobs=open_jobs(self.account, self.queue_name),
            secrets=self.vault,
            mailboxes=lambda _organization: GraphDirectory(graph),
        )

    def close(self) -> None:
        self.queue.delete_queue()
        self.queue.close()
        self.opened.close()
        super().close()

    def work(self) -> int:
        done = 0
        while messages := list(self.queue.receive_messages()):
            for message in messages:
                text = base64.b64decode(message.content, validate=True).decode()
                run_job(self.services, job_from_message(text))
                self.queue.delete_message(message)
                done += 1
        return done

    def stored(self, user: str) -> Any:
        return self.services.connections.get("default", user)


@pytest.fixture
def site(azurite: str) -> Iterator[Site]:
    with closing(Site(azurite)) as site:
        yield site


def test_people_come_and_go_on_real_stores(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "CHUNK", 2)
    taro = site.tenant.add_user("taro@example.com").id
    rows = [
        LinkRow(site.user, "hanako@example.com", ""),
        LinkRow(site.other_user, None, "TARO@example.com"),
        LinkRow("誰か", "nobody@example.com"),
    ]
    operation = start_linking(site.services, "default", "boss", rows, enabled=True)
    assert site.work() == 2
    done = site.services.operations.get("default", operation.id)
    assert done is not None
    assert done.is_done
    assert [(one.linked, one.waiting, len(one.failures)) for one in done.results] == [(2, 0, 0), (0, 0, 1)]
    assert (site.stored(site.other_user).mailbox, site.stored(site.other_user).state) == (taro, State.ACTIVE)
    assert site.stored(site.other_user).addresses == ("taro@example.com",)

    site.groupware.create({"title": "ours", "start": AT}, by=site.user)
    site.mailbox.create(subject="theirs", start=AT, end="2026-11-18T11:00:00")
    run_pass(site.services, site.stored(site.user), Asked())
    assert (look(site.services, "default").links.from_groupware, len(site.mailbox.events())) == (1, 2)

    disconnect(site.services, "default", Disconnection.REMOVE)
    assert site.work() == 0  # not before every process knows
    site.clock.advance(timedelta(minutes=5))
    go_on(site.services, "default")
    assert site.work() == 2
    assert [event["subject"] for event in site.mailbox.events()] == ["theirs"]
    assert (site.stored(site.user).mailbox, site.stored(site.user).tenant) == ("", "")
    assert site.stored(site.user).addresses == ()
    go_on(site.services, "default")
    tenant = site.services.tenants.get("default")
    assert (tenant.state, tenant.credential, tenant.in_use) == (TenantState.DISCONNECTED, None, False)
    assert site.vault.names == []
    assert look(site.services, "default").links.from_groupware == 0
