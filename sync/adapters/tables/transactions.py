"""How many writes may share one transaction: 100 rows of one partition and 4 MiB on the wire.

https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from sync.adapters.tables.client import Operation

ROWS = 100
BYTES = 4 * 1_048_576
# What surrounds an entity in the request: its own HTTP headers, its address, the boundary.
ENVELOPE = 2_048


def in_transactions(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """The operations in order, in as few transactions as the limits allow."""
    group: list[Operation] = []
    total = ENVELOPE
    for operation in operations:
        length = ENVELOPE + wire_length(operation)
        if group and (len(group) == ROWS or total + length > BYTES):
            yield group
            group, total = [], ENVELOPE
        group.append(operation)
        total += length
    if group:
        yield group


def wire_length(operation: Operation) -> int:
    """Bytes of the entity as the SDK sends it: JSON with every character beyond ASCII escaped, keys twice
    (in the address too), and a type beside each value that is not text."""
    entity = operation[1]
    typed = sum(not isinstance(value, str) for value in entity.values())
    key_lengths = len(str(entity["PartitionKey"])) + len(str(entity["RowKey"]))
    return len(json.dumps(entity, default=str)) + 3 * key_lengths + 64 * typed
