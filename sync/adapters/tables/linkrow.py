"""A Link as a row and back. Pure.

The key and both sides' ids stand in columns of their own, so that they survive damage elsewhere in the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sync.adapters.tables import keys
from sync.adapters.tables.entity import Damaged, Entity, Row, Value, pack, to_json
from sync.adapters.tables.plain import from_plain, to_plain
from sync.core.change import Role
from sync.core.event import Side
from sync.core.link import Base, Intent, Link, Problem, key_of

# In every row, so that a row that lost its columns is not taken for a Link without halves.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class ReadLink:
    """`link` is None when not even the ids could be read; `damaged` names the column that was spoiled."""

    link: Link | None
    damaged: str = ""


def build_link_row(partition: str, link: Link) -> Entity:
    columns: dict[str, Value] = {"format": FORMAT, "link_key": link.key}
    for side in Side:
        base = link.base(side)
        if base is not None:
            columns[f"{side}_id"] = base.id
            columns[f"{side}_base"] = _base_out(base)
    columns["starts"] = link.starts
    columns["ends"] = link.ends
    columns["intent"] = to_json(to_plain(link.intent)) if link.intent else None
    columns["problem"] = to_json(to_plain(link.problem)) if link.problem else None
    columns["role"] = link.role.value if link.role is not Role.OWN else None
    return pack(partition, keys.key(link.key), columns)


def parse_link_row(row: Row) -> ReadLink:
    """The Link; of a damaged row what can be trusted: key and ids, with bases of empty digests."""
    try:
        return ReadLink(_whole(row))
    except Damaged as damage:
        column = str(damage)
    try:
        return ReadLink(_salvaged(row), column)
    except Damaged:
        return ReadLink(None, column)


def _whole(row: Row) -> Link:
    link = Link(
        key=row.text("link_key"),
        groupware=_base_in(row, Side.GROUPWARE),
        outlook=_base_in(row, Side.OUTLOOK),
        starts=row.moment("starts"),
        ends=row.moment("ends"),
        intent=from_plain(Intent, row.mapping("intent")) if "intent" in row.columns else None,
        problem=from_plain(Problem, row.mapping("problem")) if "problem" in row.columns else None,
        role=_role_in(row),
        etag=row.etag,
    )
    if row.number("format") != FORMAT:
        raise Damaged("format")
    if keys.key(link.key) != row.key:
        raise Damaged("link_key")
    return link


def _salvaged(row: Row) -> Link:
    """Both ids as far as there are any. A side that has a base but no id is a side that cannot be known."""
    bases: dict[Side, Base] = {}
    for side in Side:
        event_id = row.optional(f"{side}_id")
        if event_id is not None:
            bases[side] = Base(event_id, "", {})
        elif f"{side}_base" in row.columns:
            raise Damaged(f"{side}_id")
    if not bases:
        raise Damaged("ids")
    return Link(
        key=_key(row, bases),
        groupware=bases.get(Side.GROUPWARE),
        outlook=bases.get(Side.OUTLOOK),
        etag=row.etag,
    )


def _key(row: Row, bases: Mapping[Side, Base]) -> str:
    """The key under which the row is stored: as written, as the row's name says, or as an id gives it."""
    named = (row.columns.get("link_key"), keys.decode(row.key))
    for candidate in (*named, *(key_of(side, base.id) for side, base in bases.items())):
        if isinstance(candidate, str) and keys.key(candidate) == row.key:
            return candidate
    raise Damaged("link_key")


def _role_in(row: Row) -> Role:
    """A row of an older version has none."""
    named = row.optional("role")
    if named is not None and named not in set(Role):
        raise Damaged("role")
    return Role(named) if named else Role.OWN


def _base_out(base: Base) -> str:
    said = {field.name: to_plain(getattr(base, field.name)) for field in fields(base) if field.name != "id"}
    return to_json(said)


def _base_in(row: Row, side: Side) -> Base | None:
    id_column, base_column = f"{side}_id", f"{side}_base"
    if id_column not in row.columns and base_column not in row.columns:
        return None
    return from_plain(Base, {**row.mapping(base_column), "id": row.text(id_column)})
