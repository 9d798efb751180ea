"""Who stands in a block of Outlook's text as not linked, and is linked by now: invite them, and rewrite the block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.core.change import Role, Seen
from sync.core.event import Event, Field, Side
from sync.core.fingerprint import digest, digests, digests_of
from sync.core.link import Link
from sync.core.parts import occurrence_part
from sync.core.recurrence import plain_occurrence
from sync.core.rules import Rules
from sync.core.who import WITH, changed_texts, who_texts

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741


def uninvited(link: Link, seen: Mapping[Side, Seen], rules: Rules) -> frozenset[str]:
    """The parts to write for that; none where Outlook shows no block, or the right one. Dates of a series with a
    block of their own likewise."""
    record, base = seen.get(G), link.outlook
    if record is None or base is None or rules.people is None or link.role is not Role.OWN:
        return frozenset()
    fitted = rules.fitted(record.event, O)
    held = digests(seen[O].event, rules.capabilities[O].fields) if O in seen else base.digests
    none = digest(replace(fitted, block=""), Field.BLOCK)
    found: set[str] = set()
    for block, people in _blocks(fitted).items():
        wanted = digests_of(fitted, [block])[block]
        if held.get(block) not in (None, none, wanted):
            found |= {block, *(part for part in people if part not in held)}
    return frozenset(found)


def _blocks(fitted: Event) -> dict[str, list[str]]:
    """By the part of each block, the parts of those who take part."""
    found: dict[str, list[str]] = {Field.BLOCK: [p for p in who_texts(fitted) if p.startswith(f"{WITH}/")]}
    for one in fitted.recurrence.overrides if fitted.recurrence is not None else ():
        changes = changed_texts(one.event, plain_occurrence(fitted, one.original))
        people = [occurrence_part(one.original, p) for p in changes if p.startswith(f"{WITH}/")]
        found[occurrence_part(one.original, Field.BLOCK)] = people
    return found
