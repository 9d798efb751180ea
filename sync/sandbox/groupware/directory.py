"""People, organizations, facilities and event types. Kept in memory and written through: one process, one truth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from sync.sandbox.groupware.problems import not_found
from sync.sandbox.groupware.store import Store

Json = dict[str, Any]


class Kind(StrEnum):
    USER = "users"
    ORGANIZATION = "organizations"
    FACILITY = "facilities"
    EVENT_TYPE = "event-types"


WORDS = {
    Kind.USER: ("user", "ユーザー"),
    Kind.ORGANIZATION: ("organization", "組織"),
    Kind.FACILITY: ("facility", "設備"),
    Kind.EVENT_TYPE: ("event type", "予定種別"),
}
PREFIXES = {Kind.USER: "u", Kind.ORGANIZATION: "o", Kind.FACILITY: "f", Kind.EVENT_TYPE: "t"}
BLANKS: Mapping[Kind, Json] = {
    Kind.USER: {"name": "", "email": None, "active": True, "timeZone": None, "organizationIds": []},
    Kind.ORGANIZATION: {"name": "", "email": None, "active": True, "parentId": None},
    Kind.FACILITY: {
        "name": "",
        "email": None,
        "active": True,
        "kind": "room",
        "needsApproval": False,
        "bookable": True,
    },
    Kind.EVENT_TYPE: {"name": "", "active": True, "color": None},
}


class Directory:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[Kind, dict[str, Json]] = {kind: {} for kind in Kind}
        rows = store.connection.execute("SELECT kind, id, document FROM directory WHERE removed = 0")
        for kind, id_, document in rows:
            self._entries[Kind(kind)][id_] = json.loads(document)

    def find(self, kind: Kind, id_: object) -> Json | None:
        return self._entries[kind].get(id_) if isinstance(id_, str) else None

    def get(self, kind: Kind, id_: str) -> Json:
        """Problem `not-found` if there is none."""
        entry = self.find(kind, id_)
        if entry is None:
            raise not_found(*WORDS[kind], id_)
        return entry

    def put(self, kind: Kind, id_: str | None, fields: Mapping[str, Any]) -> Json:
        """Add an entry, or change the named fields of one. ValueError for a field that does not exist."""
        with self._store.transaction() as connection:
            id_ = id_ or self._new_id(kind)
            blank = BLANKS[kind]
            if unknown := set(fields) - set(blank):
                raise ValueError(f"a {WORDS[kind][0]} has no {', '.join(sorted(unknown))}")
            before = self._entries[kind].get(id_, blank)
            version = str(self._store.next_number("directory"))
            entry = {"id": id_, "version": version, **{n: fields.get(n, before[n]) for n in blank}}
            connection.execute(
                "INSERT OR REPLACE INTO directory VALUES (?, ?, 0, ?)",
                (kind.value, id_, json.dumps(entry, ensure_ascii=False)),
            )
            self._entries[kind][id_] = entry
        return entry

    def remove(self, kind: Kind, id_: str) -> None:
        with self._store.transaction() as connection:
            self.get(kind, id_)
            connection.execute(
                "UPDATE directory SET removed = 1 WHERE kind = ? AND id = ?", (kind.value, id_)
            )
            del self._entries[kind][id_]

    def entries(self, kind: Kind) -> list[Json]:
        """By id, the order of the pages."""
        with self._store.reading():
            return [entry for _, entry in sorted(self._entries[kind].items())]

    def members(self, organization: str) -> Iterator[str]:
        """Users of the organization and of those below it."""
        below = {organization}
        organizations = self._entries[Kind.ORGANIZATION].values()
        while True:
            more = {o["id"] for o in organizations if o["parentId"] in below} - below
            if not more:
                break
            below |= more
        return (
            u["id"] for u in self._entries[Kind.USER].values() if below.intersection(u["organizationIds"])
        )

    def _new_id(self, kind: Kind) -> str:
        number = len(self._entries[kind]) + 1
        while f"{PREFIXES[kind]}-{number}" in self._entries[kind]:
            number += 1
        return f"{PREFIXES[kind]}-{number}"
