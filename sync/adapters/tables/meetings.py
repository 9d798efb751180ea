"""Claims in Table Storage: a meeting is one row under its uid and one under its groupware id, each with everything.

All of an organization's rows lie in one partition, because only there two rows change in one transaction: whatever
crashes, both rows exist and say the same, and neither id can be claimed twice. Either row's etag therefore stands for
the whole claim, and either look-up is one read by key (a filter over several RowKeys would scan the partition:
https://learn.microsoft.com/azure/storage/tables/table-storage-design-for-query).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sync.adapters.tables import keys
from sync.adapters.tables.client import Operation, Tables, if_unchanged
from sync.adapters.tables.entity import Damaged, Entity, Row, Value, pack
from sync.adapters.tables.errors import RowChanged
from sync.errors import CannotSync, Moved, TryLater
from sync.log import log
from sync.ports import Meeting

# The first part of a row's key: by which id it finds the meeting.
UID, GROUPWARE = "u", "g"
# Reads at once; a first pass may ask for hundreds.
PARALLEL = 8
# How often a claim is tried that another one is in the way of, which is gone when it is looked at.
TRIES = 5


class TableMeetings:
    def __init__(self, tables: Tables) -> None:
        self._table = tables.table("meetings")

    def claim(self, meeting: Meeting) -> Meeting:
        rows = _rows(meeting)
        creates: list[Operation] = [("create", row, {}) for row in rows.values()]
        for _ in range(TRIES):
            try:
                etags = self._table.transact(creates)
            except RowChanged:
                earlier = self._earlier(meeting)
                if earlier is not None:
                    return earlier
            else:
                return replace(meeting, version=_version(next(iter(rows)), etags[0]))
        raise TryLater("storage-unavailable", {"reason": "contended"})

    def bind(
        self,
        meeting: Meeting,
        *,
        uid: str | None = None,
        groupware_id: str | None = None,
        host: str | None = None,
        is_external: bool | None = None,
    ) -> Meeting:
        changed = replace(
            meeting,
            uid=meeting.uid if uid is None else uid,
            groupware_id=meeting.groupware_id if groupware_id is None else groupware_id,
            host=meeting.host if host is None else host,
            is_external=meeting.is_external if is_external is None else is_external,
        )
        rows = _rows(changed)
        writes = self._writes(_rows(meeting), rows, meeting)
        try:
            etags = self._table.transact(writes)
        except RowChanged as error:
            raise Moved("meeting-changed") from error
        which = next(iter(rows))
        key = rows[which]["RowKey"]
        place = next(place for place, (_, row, _) in enumerate(writes) if row["RowKey"] == key)
        return replace(changed, version=_version(which, etags[place]))

    def release(self, meeting: Meeting) -> None:
        before = _rows(meeting)
        try:
            self._table.transact(self._writes(before, {}, meeting))
        except RowChanged as error:
            if any(self._table.get(str(r["PartitionKey"]), str(r["RowKey"])) for r in before.values()):
                raise Moved("meeting-changed") from error

    def by_uids(self, organization: str, uids: Iterable[str]) -> Mapping[str, Meeting]:
        return self._find(organization, UID, uids)

    def by_groupware_ids(self, organization: str, ids: Iterable[str]) -> Mapping[str, Meeting]:
        return self._find(organization, GROUPWARE, ids)

    def count(self, organization: str) -> int:
        first, until = keys.below(UID)
        rows = self._table.query(
            "PartitionKey eq @p and RowKey ge @first and RowKey lt @until",
            {"p": keys.key(organization), "first": first, "until": until},
            select=["host", "is_external"],
        )
        return sum(1 for row in rows if row.columns.get("host") and not row.columns.get("is_external"))

    def hosted_by(self, organization: str, host: str) -> Iterator[Meeting]:
        where = "PartitionKey eq @p and host eq @host"
        for row in self._table.query(where, {"p": keys.key(organization), "host": host}):
            which = row.key.partition(keys.SEPARATOR)[0]
            try:
                meeting = _parse(organization, which, row)
            except Damaged as damage:
                log("row-damaged", level=logging.WARNING, table="meetings", row=row.key, column=str(damage))
                continue
            if which == next(iter(_rows(meeting))):  # each of its rows says the same
                yield meeting

    def _find(self, organization: str, which: str, ids: Iterable[str]) -> Mapping[str, Meeting]:
        wanted = [each for each in dict.fromkeys(ids) if each]
        found: dict[str, Meeting] = {}
        for each, row in zip(wanted, self._get(organization, which, wanted), strict=True):
            if row is None:
                continue
            try:
                found[each] = _parse(organization, which, row)
            except Damaged as damage:
                log("row-damaged", level=logging.WARNING, table="meetings", row=row.key, column=str(damage))
        return found

    def _get(self, organization: str, which: str, ids: Sequence[str]) -> list[Row | None]:
        partition = keys.key(organization)

        def get(each: str) -> Row | None:
            return self._table.get(partition, keys.key(which, each))

        if len(ids) < 2:
            return [get(each) for each in ids]
        with ThreadPoolExecutor(min(PARALLEL, len(ids))) as pool:
            return list(pool.map(get, ids))

    def _earlier(self, meeting: Meeting) -> Meeting | None:
        """The claim that is in the way; None if it was released this instant."""
        partition = keys.key(meeting.organization)
        for which, row in _rows(meeting).items():
            found = self._table.get(partition, str(row["RowKey"]))
            if found is not None:
                try:
                    return _parse(meeting.organization, which, found)
                except Damaged as damage:
                    raise CannotSync("meeting-damaged", {"column": str(damage)}) from damage
        return None

    def _writes(
        self, before: Mapping[str, Entity], after: Mapping[str, Entity], meeting: Meeting
    ) -> list[Operation]:
        """From one pair of rows to the other, on condition that the one that `version` names is unchanged."""
        known, etag = _known(meeting)
        writes: list[Operation] = []
        for which, old in before.items():
            condition = if_unchanged(etag if which == known else None)
            new = after.get(which)
            if new is not None and new["RowKey"] == old["RowKey"]:
                writes.append(("update", new, {"mode": "replace", **condition}))
            else:
                writes.append(("delete", old, condition))
        for which, new in after.items():
            if which not in before or before[which]["RowKey"] != new["RowKey"]:
                writes.append(("create", new, {}))
        return writes


def _rows(meeting: Meeting) -> dict[str, Entity]:
    """The claim's rows by what they find it by. They hold the same; each has the version of its own."""
    columns: dict[str, Value] = {
        "uid": meeting.uid,
        "groupware_id": meeting.groupware_id,
        "host": meeting.host,
        "is_external": meeting.is_external,
    }
    ids = {UID: meeting.uid, GROUPWARE: meeting.groupware_id}
    if not any(ids.values()):
        raise ValueError("a claim needs a uid or a groupware id")
    partition = keys.key(meeting.organization)
    return {which: pack(partition, keys.key(which, each), columns) for which, each in ids.items() if each}


def _parse(organization: str, which: str, row: Row) -> Meeting:
    uid, groupware_id = row.text("uid"), row.text("groupware_id")
    if keys.key(which, uid if which == UID else groupware_id) != row.key:
        raise Damaged("uid" if which == UID else "groupware_id")
    is_external = "is_external" in row.columns and row.flag("is_external")
    return Meeting(organization, uid, groupware_id, row.text("host"), is_external, _version(which, row.etag))


def _version(which: str, etag: str) -> str:
    return f"{which}{etag}"


def _known(meeting: Meeting) -> tuple[str, str]:
    """The row that the version is of, and its etag."""
    if meeting.version is None:
        raise ValueError("not a stored claim")
    return meeting.version[0], meeting.version[1:]
