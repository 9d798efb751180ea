"""What an unfinished write of ours left behind must not look like a person's edit (law 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.core.change import Observation, Seen
from sync.core.event import Field, Side
from sync.core.fingerprint import UNKNOWN, digests, digests_of
from sync.core.link import Base, Link
from sync.core.parts import is_detail, original_of


def with_echoes(link: Link, found: Mapping[Side, Observation | None]) -> Link:
    """A part that shows what an unfinished update of ours wrote there is agreed with nobody: the other side counts
    as edited in it, even if the person has taken the edit back since. So does an occurrence that Exchange has
    put back because we wrote the series' time, and which we have not changed again yet (graph-calendar.md T26)."""
    for side in Side:
        base, other, seen = link.base(side), link.base(side.other), found[side]
        if (
            base is None
            or other is None
            or not base.digests
            or not base.announced
            or not isinstance(seen, Seen)
        ):
            continue
        shown = digests_of(seen.event, base.announced)
        echoed = [
            n for n, text in base.announced.items() if shown[n] == text != base.digests.get(n, _default(n))
        ]
        if other.digests:
            other = _agreed_with_nobody(other, echoed)
        if Field.TIME in base.announced:
            base, other = without_lost(base, other, seen)
        link = replace(link, **{side.value: base, side.other.value: other})  # type: ignore[arg-type]
    return link


def without_lost(base: Base, other: Base, seen: Seen) -> tuple[Base, Base]:
    """`base` of the side that was being written, `other` of the side it came from: occurrences that are not (or no
    longer) written are no edit here, and still to be carried over from there."""
    shown = digests(seen.event)
    lost = [n for n in base.digests if original_of(n) is not None and n not in shown]
    if not lost:
        return base, other
    left = {name: text for name, text in base.digests.items() if name not in lost}
    return replace(base, digests=left, version=""), _agreed_with_nobody(other, lost)


def _agreed_with_nobody(base: Base, names: Iterable[str]) -> Base:
    marked = dict.fromkeys(names, UNKNOWN)
    return replace(base, version="", digests={**base.digests, **marked}) if marked else base


def _default(part: str) -> str | None:
    return "" if is_detail(part) else None
