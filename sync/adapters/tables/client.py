"""The connection to Table Storage: one client per process, its requests counted, its failures translated."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sync.adapters.storage_account import StorageAccount
from sync.adapters.tables.entity import Entity, Row
from sync.adapters.tables.errors import RowChanged, TableMissing, translated
from sync.errors import BadSetting, NeedsAdministrator
from sync.log import log

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableServiceClient

T = TypeVar("T")
_TABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")

# One operation of a transaction as the SDK takes it: verb, entity, options.
Operation = tuple[str, Entity, dict[str, Any]]


class Counter:
    """Requests really sent, retries included, by all threads together."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.Lock()

    def __call__(self, _request: object) -> None:
        with self._lock:
            self.value += 1


def open_tables(
    account: StorageAccount,
    *,
    prefix: str = "",
    create: bool | None = None,
    retries: int = 3,
    connect_seconds: float = 5.0,
    answer_seconds: float = 20.0,
    **options: Any,
) -> Tables:
    """Nothing is sent yet. `create` makes missing tables; by default only where no identity is used, because
    in Azure Bicep makes them. `options` go to the SDK's client (a test's `transport`)."""
    from azure.data.tables import TableServiceClient

    counter = Counter()
    options = {
        "retry_total": retries,
        "retry_backoff_factor": 0.4,
        "retry_backoff_max": 10,
        "connection_timeout": connect_seconds,
        "read_timeout": answer_seconds,
        # Called for every attempt: the SDK's hook policy stands behind its retry policy.
        "raw_request_hook": counter,
        **options,
    }
    if account.uses_identity:
        from azure.identity import ManagedIdentityCredential

        credential = options.pop("credential", None)
        credential = credential or ManagedIdentityCredential(client_id=account.client_id or None)
        service = TableServiceClient(account.table_uri, credential=credential, **options)
    else:
        try:
            service = TableServiceClient.from_connection_string(account.connection_string, **options)
        except ValueError as error:
            raise BadSetting("setting-malformed", {"setting": "AzureWebJobsStorage"}) from error
    create = not account.uses_identity if create is None else create
    return Tables(service, counter, prefix=prefix, create=create)


class Tables:
    """All tables of one deployment. `prefix` keeps several deployments apart in one account."""

    def __init__(self, service: TableServiceClient, counter: Counter, *, prefix: str, create: bool) -> None:
        self._service = service
        self._counter = counter
        self._prefix = prefix
        self._create = create

    @property
    def operations(self) -> int:
        """HTTP requests sent since the start."""
        return self._counter.value

    def table(self, name: str) -> Table:
        full = self._prefix + name
        if not _TABLE_NAME.fullmatch(full):
            raise BadSetting("setting-malformed", {"setting": "table prefix", "expected": "A-Za-z0-9"})
        return Table(full, self._service.get_table_client(full), self._make if self._create else None)

    def close(self) -> None:
        self._service.close()

    def _make(self, name: str) -> None:
        try:
            with translated():
                self._service.create_table(name)
        except RowChanged:  # another worker was faster
            pass
        else:
            log("table-made", table=name)


class Table:
    """One table. Conditional writes raise `RowChanged`, everything else an error of `sync.errors`.

    A missing table is made on demand when there is `make`; asking only after a refusal costs nothing later.
    """

    def __init__(self, name: str, client: TableClient, make: Callable[[str], None] | None) -> None:
        self.name = name
        self._client = client
        self._make = make

    def get(self, partition: str, row: str) -> Row | None:
        try:
            return _row(self._send(lambda: self._client.get_entity(partition, row)))
        except RowChanged:
            return None

    def insert(self, entity: Entity) -> str:
        """The new row's etag; `RowChanged` if there is one already."""
        return _etag(self._send(lambda: self._client.create_entity(entity)))

    def put(self, entity: Entity) -> None:
        """Insert or replace, whatever was there."""
        from azure.data.tables import UpdateMode

        self._send(lambda: self._client.upsert_entity(entity, mode=UpdateMode.REPLACE))

    def replace(self, entity: Entity, etag: str) -> str:
        """The new etag; `RowChanged` if the row is not the one that `etag` named."""
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        condition = MatchConditions.IfNotModified
        return _etag(
            self._send(
                lambda: self._client.update_entity(
                    entity, mode=UpdateMode.REPLACE, etag=etag, match_condition=condition
                )
            )
        )

    def merge(self, entity: Entity) -> None:
        """Change only the named columns; `RowChanged` if there is no such row."""
        from azure.data.tables import UpdateMode

        self._send(lambda: self._client.update_entity(entity, mode=UpdateMode.MERGE))

    def delete(self, partition: str, row: str, condition: Mapping[str, Any] | None = None) -> None:
        """Gone afterwards, whether it was there or not; `condition` as `if_unchanged` makes it."""
        self._send(lambda: self._client.delete_entity(partition, row, **(condition or {})))

    def transact(self, operations: Sequence[Operation]) -> list[str]:
        """All or nothing; the new etags in order ("" after a delete). At most 100 rows of one partition."""
        if not 0 < len(operations) <= 100:
            raise ValueError("a transaction has 1 to 100 operations")
        sent = self._send(lambda: self._client.submit_transaction(operations))
        return [str(each.get("etag", "")) for each in sent]

    def query(
        self,
        where: str,
        parameters: Mapping[str, Any],
        *,
        select: Sequence[str] | None = None,
        page: int = 1000,
    ) -> Iterator[Row]:
        """Rows in key order, one request per page."""
        pages = self._client.query_entities(
            where, parameters=dict(parameters), select=list(select) if select else None, results_per_page=page
        ).by_page()
        while (rows := self._send(lambda: _next(pages))) is not None:
            yield from rows

    def _send(self, request: Callable[[], T]) -> T:
        try:
            with translated():
                return request()
        except TableMissing as error:
            if self._make is None:
                raise NeedsAdministrator("storage-table-missing", {"table": self.name}) from error
        self._make(self.name)
        with translated():
            return request()


def if_unchanged(etag: str | None) -> dict[str, Any]:
    """The options of an update or delete that must meet the row it knows; none without an etag."""
    from azure.core import MatchConditions

    return {} if etag is None else {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _next(pages: Iterator[Iterator[Any]]) -> list[Row] | None:
    page = next(pages, None)
    return None if page is None else [_row(entity) for entity in page]


def _row(entity: Any) -> Row:
    metadata = entity.metadata
    columns = {name: value for name, value in entity.items() if name != "PartitionKey" and name != "RowKey"}
    return Row(key=str(entity.get("RowKey", "")), etag=str(metadata.get("etag") or ""), columns=columns)


def _etag(metadata: Mapping[str, Any]) -> str:
    return str(metadata["etag"])
