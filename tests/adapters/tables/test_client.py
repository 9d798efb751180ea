"""What a request costs, and what a failure of the service becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from sync.adapters.storage_account import StorageAccount, read_account
from sync.adapters.tables.client import Tables, open_tables
from sync.adapters.tables.connections import TableConnections
from sync.adapters.tables.cursors import TableCursors
from sync.adapters.tables.history import TableHistory
from sync.adapters.tables.leases import TableLeases
from sync.adapters.tables.links import TableLinks
from sync.adapters.tables.organizations import TableOrganizations
from sync.adapters.tables.passes import TablePasses
from sync.core.settings import Connection, OrganizationSettings, State
from sync.errors import BadSetting, NeedsAdministrator, SyncError, TryLater
from sync.sandbox.ports import free_ports
from tests.adapters.transport import InMemory, Reply
from tests.contract.storage import FULL_CURSORS, half, kept_of, record_of
from tests.fakes import FakeClock


@pytest.fixture(scope="module")
def tables(azurite: str) -> Iterator[Tables]:
    opened = open_tables(StorageAccount(connection_string=azurite), prefix="cost")
    for name in ("links", "cursors", "leases", "connections", "organizations", "passes", "history"):
        opened.table(name).put({"PartitionKey": "warm", "RowKey": "up"})
    yield opened
    opened.close()


@pytest.fixture
def person() -> Connection:
    return Connection(f"acme-{uuid4().hex[:12]}", "sato")


def cost(tables: Tables, act: Callable[[], object]) -> int:
    before = tables.operations
    act()
    return tables.operations - before


def test_the_storage_part_of_an_idle_pass_costs_seven_requests(tables: Tables, person: Connection) -> None:
    connections, organizations = TableConnections(tables), TableOrganizations(tables)
    cursors, leases, passes = TableCursors(tables), TableLeases(tables, FakeClock()), TablePasses(tables)
    connections.put(person)
    organizations.put(person.organization, OrganizationSettings())
    cursors.save(person, FULL_CURSORS)

    def idle_pass() -> None:
        connections.get(person.organization, person.user)
        organizations.get(person.organization)
        lease = leases.acquire(person, "worker")
        assert lease
        cursors.load(person)
        cursors.save(person, FULL_CURSORS)
        passes.save(record_of(person))
        lease.release()

    assert cost(tables, idle_pass) == 7


def test_every_call_costs_what_is_written_down(tables: Tables, person: Connection) -> None:
    connections, links, history = TableConnections(tables), TableLinks(tables), TableHistory(tables)
    passes, clock = TablePasses(tables), FakeClock()
    leases = TableLeases(tables, clock)
    saved = list(links.save(person, [half(number) for number in range(150)]))
    lease = leases.acquire(person, "a")
    assert lease
    calls: dict[str, tuple[int, Callable[[], object]]] = {
        "put a new person": (1, lambda: connections.put(person)),
        "put a known person": (2, lambda: connections.put(person)),
        "update": (1, lambda: connections.update(person, state=State.ACTIVE)),
        "list": (1, lambda: list(connections.list(person.organization))),
        "load": (1, lambda: links.load(person)),
        "save": (2, lambda: links.save(person, saved)),
        "delete": (1, lambda: links.delete(person, [half(1), half(2)])),
        "save nothing": (0, lambda: links.save(person, [])),
        "keep": (1, lambda: history.keep([kept_of(person)])),
        "history": (1, lambda: history.list(person.organization, person.user)),
        "passes": (1, lambda: passes.list(person.organization, person.user)),
        "unknown id": (0, lambda: passes.get("x")),
        "a held lease": (2, lambda: leases.acquire(person, "b")),
        "renew": (1, lease.renew),
    }
    assert {name: cost(tables, act) for name, (_, act) in calls.items()} == {
        name: expected for name, (expected, _) in calls.items()
    }
    clock.advance(121)
    assert cost(tables, lambda: leases.acquire(person, "b")) == 3


def test_threads_are_counted_together(tables: Tables) -> None:
    table = tables.table("links")
    before = tables.operations
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: table.get("p", str(number)), range(80)))
    assert tables.operations - before == 80


def test_a_missing_table_is_made_where_no_identity_is_used(azurite: str, person: Connection) -> None:
    account = StorageAccount(connection_string=azurite)
    firsts: dict[str, Callable[[Tables], object]] = {
        "get": lambda tables: tables.table("links").get("p", "r"),
        "query": lambda tables: TableLinks(tables).load(person),
        "transaction": lambda tables: TableLinks(tables).save(person, [half(1)]),
        "insert": lambda tables: TableConnections(tables).put(person),
        "put": lambda tables: TableCursors(tables).save(person, FULL_CURSORS),
        "lease": lambda tables: TableLeases(tables, FakeClock()).acquire(person, "a"),
    }
    for name, first in firsts.items():
        first(open_tables(account, prefix=name))
        with pytest.raises(NeedsAdministrator) as missing:
            first(open_tables(account, prefix=f"no{name}", create=False))
        assert missing.value.code == "storage-table-missing"


def test_prefixes_keep_deployments_apart(azurite: str, person: Connection) -> None:
    account = StorageAccount(connection_string=azurite)
    TableLinks(open_tables(account, prefix="one")).save(person, [half(1)])
    assert TableLinks(open_tables(account, prefix="two")).load(person) == ([], [])
    with pytest.raises(BadSetting):
        open_tables(account, prefix="not-allowed").table("links")


def refusal(status: int, code: str) -> Reply:
    body = {"odata.error": {"code": code, "message": {"value": "no"}}}
    return Reply(status, body, {"x-ms-error-code": code, "Retry-After": "7"})


def always(answer: Reply | Exception) -> InMemory:
    def handler(_request: object) -> Reply:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return InMemory(handler)


ACCOUNT = StorageAccount(connection_string="AccountName=a;AccountKey=aaaa;TableEndpoint=http://127.0.0.1:1/a")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refusal(503, "ServerBusy"), TryLater, "storage-unavailable"),
        (refusal(500, "InternalError"), TryLater, "storage-unavailable"),
        (refusal(429, "TooManyRequests"), TryLater, "storage-unavailable"),
        (refusal(408, "OperationTimedOut"), TryLater, "storage-unavailable"),
        (refusal(409, "TableBeingDeleted"), TryLater, "storage-unavailable"),
        (ServiceRequestError("refused"), TryLater, "storage-unavailable"),
        (ServiceResponseError("cut"), TryLater, "storage-unavailable"),
        (OSError("cut"), TryLater, "storage-unavailable"),
        (refusal(401, "InvalidAuthenticationInfo"), NeedsAdministrator, "storage-forbidden"),
        (refusal(403, "AuthorizationPermissionMismatch"), NeedsAdministrator, "storage-forbidden"),
        (refusal(403, "AuthenticationFailed"), NeedsAdministrator, "storage-forbidden"),
        (refusal(400, "InvalidInput"), NeedsAdministrator, "storage-refused"),
        (refusal(413, "RequestBodyTooLarge"), NeedsAdministrator, "storage-refused"),
    ],
)
def test_each_failure_becomes_an_error_of_ours(
    answer: Reply | Exception, kind: type[SyncError], code: str, person: Connection
) -> None:
    tables = open_tables(ACCOUNT, transport=always(answer), retries=0)
    acts: list[Callable[[], object]] = [
        lambda: TableLinks(tables).load(person),
        lambda: TableLinks(tables).save(person, [half(1)]),
        lambda: TableConnections(tables).get("acme", "sato"),
        lambda: TableConnections(tables).put(person),
        lambda: TableConnections(tables).delete("acme", "sato"),
        lambda: TableCursors(tables).save(person, FULL_CURSORS),
        lambda: TableLeases(tables, FakeClock()).acquire(person, "a"),
    ]
    for act in acts:
        with pytest.raises(kind) as failure:
            act()
        assert failure.value.code == code


def test_the_service_says_how_long_to_wait(person: Connection) -> None:
    with pytest.raises(TryLater) as busy:
        TableCursors(open_tables(ACCOUNT, transport=always(refusal(503, "ServerBusy")), retries=0)).load(
            person
        )
    assert busy.value.retry_after == 7


def test_retries_are_counted(person: Connection) -> None:
    transport = always(ServiceResponseError("cut"))
    tables = open_tables(ACCOUNT, transport=transport, retries=2, retry_backoff_factor=0)
    with pytest.raises(TryLater):
        TableCursors(tables).load(person)
    assert tables.operations == len(transport.requests) == 3


def test_a_service_that_is_not_there_is_reported_soon(person: Connection) -> None:
    (port,) = free_ports(1)
    nowhere = f"AccountName=a;AccountKey=aaaa;TableEndpoint=http://127.0.0.1:{port}/a"
    tables = open_tables(StorageAccount(connection_string=nowhere), retries=1)
    with pytest.raises(TryLater) as down:
        TableCursors(tables).load(person)
    assert down.value.code == "storage-unavailable"


def test_a_malformed_connection_string_is_named() -> None:
    with pytest.raises(BadSetting) as bad:
        open_tables(StorageAccount(connection_string="AccountName=only"))
    assert bad.value.detail["setting"] == "AzureWebJobsStorage"


def test_an_identity_is_used_without_a_connection_string() -> None:
    account = read_account(
        {"AzureWebJobsStorage__accountName": "acme", "AzureWebJobsStorage__clientId": "id"}
    )
    assert account == StorageAccount(
        table_uri="https://acme.table.core.windows.net",
        queue_uri="https://acme.queue.core.windows.net",
        client_id="id",
    )
    assert account.uses_identity
    open_tables(account).close()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "setting-missing"),
        ({"AzureWebJobsStorage": " "}, "setting-missing"),
        ({"AzureWebJobsStorage__tableServiceUri": "https://t.test"}, "setting-missing"),
        ({"AzureWebJobsStorage__tableServiceUri": "http://t.test"}, "setting-malformed"),
        ({"AzureWebJobsStorage__accountName": "No Name"}, "setting-malformed"),
    ],
)
def test_a_bad_account_setting_is_named(settings: dict[str, str], code: str) -> None:
    with pytest.raises(BadSetting) as bad:
        read_account(settings)
    assert bad.value.code == code
    assert bad.value.detail["setting"].startswith("AzureWebJobsStorage")


def test_addresses_may_be_named_one_by_one() -> None:
    account = read_account(
        {
            "AzureWebJobsStorage__tableServiceUri": "https://t.test",
            "AzureWebJobsStorage__queueServiceUri": "https://q.test",
        }
    )
    assert (account.uri("table"), account.uri("queue")) == ("https://t.test", "https://q.test")


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(read_account({"AzureWebJobsStorage": "AccountKey=secret"}))
