"""Recurrence rules as a file writes them, and the starts they make: naive wall times of the series' zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, tzinfo
from itertools import islice, takewhile
from typing import Any

from dateutil.rrule import rrule as dateutil_rrule
from dateutil.rrule import rrulestr

from sync.sandbox.fidelity.moments import BROKEN, NotEntered
from sync.sandbox.groupware.times import LAST_YEAR

# fmt: off
PARTS = (
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR",
    "BYMINUTE", "BYSECOND", "BYSETPOS",
)
# fmt: on
HELD = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
OF_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
# dateutil looks for a rule's first day until the year 9999; beginning this late it gives up soon.
LATE = 9948
MOST = 9999


@dataclass(frozen=True, slots=True)
class Rule:
    """`parts` without COUNT and UNTIL. `until` is a wall time and may be the last start itself."""

    parts: Mapping[str, str]
    count: int | None = None
    until: datetime | None = None

    def starts(self, first: datetime) -> Iterator[datetime]:
        """In order. `first` is one of them only if the rule says so."""
        found, until = islice(iter(self._rule(first)), self.count), self.until
        return found if until is None else takewhile(lambda start: start <= until, found)

    def comes_true(self, first: datetime) -> bool:
        """Whether any day fulfils it; of what is more frequent than daily only the days are looked at."""
        days = {name: value for name, value in self.parts.items() if name not in (*OF_DAY, "BYSETPOS")}
        by_day = {**days, "FREQ": "DAILY", "INTERVAL": "1"}
        rule = self if self.parts["FREQ"] in HELD else replace(self, parts=by_day)
        return next(iter(rule._rule(first.replace(year=LATE))), None) is not None

    def _rule(self, first: datetime) -> dateutil_rrule:
        found = rrulestr(";".join(f"{name}={value}" for name, value in self.parts.items()), dtstart=first)
        assert isinstance(found, dateutil_rrule)
        return found

    def is_held(self) -> bool:
        """Whether the groupware holds such a rule (contract.yaml, `Recurrence`)."""
        numbers = (int(self.parts.get("INTERVAL", "1")), self.count or 1)
        is_daily = self.parts["FREQ"] in HELD and not any(name in self.parts for name in OF_DAY)
        return is_daily and max(numbers) <= MOST

    def without_bounds(self) -> Rule:
        return replace(self, count=None, until=None)

    def plain(self, first: datetime) -> Rule:
        """The same starts: no hour that the start has anyway, and not both COUNT and UNTIL."""
        told = {"BYHOUR": first.hour, "BYMINUTE": first.minute, "BYSECOND": first.second}
        is_told = self.parts["FREQ"] in HELD and all(
            self.parts.get(name, str(number)) == str(number) for name, number in told.items()
        )
        parts = {name: value for name, value in self.parts.items() if not (is_told and name in told)}
        rule = replace(self, parts=parts)
        if rule.count is not None and rule.until is not None:
            return replace(rule, count=sum(1 for _ in rule.starts(first)), until=None)
        return rule

    def text(self, place: tzinfo | None) -> str:
        """As the contract writes it: UNTIL in UTC where there is a `place`, else a date."""
        parts = dict(self.parts)
        if self.count is not None:
            parts["COUNT"] = str(self.count)
        if self.until is not None:
            parts["UNTIL"] = format_until(self.until, place)
        return ";".join(f"{name}={parts[name]}" for name in PARTS if name in parts)


def format_until(until: datetime, place: tzinfo | None) -> str:
    if place is None:
        return until.strftime("%Y%m%d")
    return until.replace(tzinfo=place).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def read_rules(written: Any, first: datetime, place: tzinfo | None) -> list[Rule]:
    """The RRULE properties of an event that starts at `first`; `place` None: of whole days."""
    properties = written if isinstance(written, list) else [] if written is None else [written]
    try:
        properties = [one for one in properties if one]  # without text: no rule at all
        return [read_rule(one, first, place) for one in properties]
    except BROKEN as error:
        raise NotEntered("rule-unreadable", type(error).__name__) from error


def read_rule(written: Any, first: datetime, place: tzinfo | None) -> Rule:
    parts = {}
    for part in written.to_ical().decode().upper().split(";"):
        name, _, value = part.partition("=")
        parts[name] = value
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":
        raise NotEntered("other-calendar-scale")
    strange = parts.keys() - set(PARTS)
    if strange:
        raise NotEntered("rule-unreadable", ", ".join(sorted(strange)))
    for name in ("COUNT", "INTERVAL"):
        if int(parts.get(name, "1")) < 1:
            raise NotEntered("rule-unreadable", f"{name}={parts[name]}")
    count = int(parts.pop("COUNT")) if "COUNT" in parts else None
    parts.pop("UNTIL", None)
    until = read_until(written["UNTIL"][0], place) if "UNTIL" in written else None
    rule = Rule(parts, count, until).plain(first)
    if not rule.comes_true(first):
        raise NotEntered("rule-never-true")
    return rule


def read_until(until: date, place: tzinfo | None) -> datetime | None:
    """A wall time that may be the last start. A time without zone is one of the series' zone (RFC 2445); a day
    beside times, which the standard does not allow, ends with its first moment in UTC, as programs read it.
    None: later than any event of the groupware."""
    if until.year > LAST_YEAR:
        return None
    if place is None:
        return datetime.combine(until.date() if isinstance(until, datetime) else until, time())
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(), UTC)
    return until if until.tzinfo is None else until.astimezone(place).replace(tzinfo=None)
