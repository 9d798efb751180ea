"""Time zones by IANA name, and the wall times that a change of the clocks doubles or skips."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from sync.errors import CannotSync

# The same rules on every machine: the pinned `tzdata` package, not the files a system image happens to carry.
# Set at import, before the first zone is read.
zoneinfo.reset_tzpath(to=())

UTC_ZONE = "Etc/UTC"


def zone(name: str) -> ZoneInfo:
    """The zone of that name in any letter case; an alias gives the zone it stands for (Asia/Calcutta is
    Asia/Kolkata), so that two names of one zone are never an edit. `CannotSync` for a name nobody knows."""
    return ZoneInfo(canonical_name(name))


@cache
def canonical_name(name: str) -> str:
    """The name that stands for a zone and its aliases."""
    known = _names().get(name.strip().lower())
    if known is None:
        raise CannotSync("unknown-zone", {"zone": name})
    return _renamed().get(known, known)


@cache
def names() -> frozenset[str]:
    """Every name that stands for a zone, aliases left out."""
    return frozenset(_renamed().get(name, name) for name in _names().values())


@cache
def _names() -> dict[str, str]:
    """Every name in tzdata, aliases too, by its lower-case form. `Factory` means "not set" and is no zone."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in listed if name != "Factory"}


@cache
def _renamed() -> dict[str, str]:
    """Alias -> zone, from the links of `tzdata.zi`.

    A link is an alias only if no country uses the name today (`zone.tab`): tzdata also merges zones that agree
    since 1970 (Europe/Stockholm into Europe/Berlin), and a Swede's event shall stay in Stockholm.
    """
    folder = resources.files("tzdata").joinpath("zoneinfo")
    in_use = {
        line.split("\t")[2].split()[0]
        for line in folder.joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    links: dict[str, str] = {}
    for line in folder.joinpath("tzdata.zi").read_text(encoding="utf-8").splitlines():
        match line.split():
            case ["L", target, alias] if alias not in in_use:
                links[alias] = target
    return {alias: _end_of(links, alias) for alias in links}


def _end_of(links: dict[str, str], alias: str) -> str:
    """The zone at the end of a chain of aliases."""
    name = alias
    while name in links:
        name = links[name]
    return name


def is_ambiguous_or_missing(local: datetime, tz: ZoneInfo) -> bool:
    """Whether a wall time happens twice or never in this zone, so that it does not name one instant."""
    first = local.replace(tzinfo=tz, fold=0)
    return first.utcoffset() != first.replace(fold=1).utcoffset()


def at_wall(local: datetime, tz: ZoneInfo) -> datetime:
    """The instant a wall time means: of two, the first; one that is skipped is read with the offset before the
    change, and so lies after the gap (RFC 5545 3.3.5)."""
    return local.replace(tzinfo=tz, fold=0).astimezone(UTC).astimezone(tz)


def in_zone(instant: datetime, name: str) -> datetime:
    """An aware instant, labelled with the named zone; a wall time that was skipped becomes the one it means."""
    return instant.astimezone(UTC).astimezone(zone(name))
