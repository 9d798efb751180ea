"""$select and $expand of one event: its properties, extended ones, a master's exceptions and cancelled dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Content, Event, EventType
from sync.sandbox.microsoft365.extended import parse_expand
from sync.sandbox.microsoft365.queries import project, selected
from sync.sandbox.microsoft365.rendering import Renderer

Json = dict[str, Any]
CANCELLED, EXCEPTIONS = "cancelledOccurrences", "exceptionOccurrences"


@dataclass(frozen=True, slots=True)
class Projection:
    """`properties` are ids of extended properties; `exceptions` is how expanded exceptions are shown, if at all."""

    select: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    exceptions: Projection | None = None

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Projection:
        """Raises ErrorInvalidParameter for what cannot be expanded."""
        select = selected(query)
        properties: tuple[str, ...] = ()
        exceptions = None
        for part in split_outside(query.get("$expand", ""), ","):
            if part.split("(")[0] == EXCEPTIONS:
                inner = part[len(EXCEPTIONS) :].strip()
                exceptions = cls.parse(parse_options(inner[1:-1] if inner else ""))
            else:
                properties += parse_expand(part)
        return cls(select, properties, exceptions)

    def show(self, show: Renderer, event: Event, day: date | None, by_id: bool = False) -> Json:
        """`day` is the original date of an occurrence; `by_id` says that this one event was asked for."""
        shown = project(show.event(event, day), self.select)
        if day is not None and not {"originalStart", "*"}.isdisjoint(self.select):
            shown["originalStart"] = show.original_start(event, day)
        if by_id and day is None and event.type is EventType.SERIES_MASTER:
            shown |= dict(self._dates(show, event))
        content = event.content if day is None else event.occurrence(day)
        assert content is not None
        if found := self._extended(content):
            shown["singleValueExtendedProperties"] = found
        return shown

    def _dates(self, show: Renderer, event: Event) -> Iterator[tuple[str, Any]]:
        """Section 1.1: cancelled dates with $select, exceptions with $select and $expand."""
        if CANCELLED in self.select:
            yield CANCELLED, [show.occurrence_id(event, day) for day in sorted(event.cancelled_dates)]
        if EXCEPTIONS in self.select and self.exceptions is not None:
            inner = self.exceptions
            if not inner.select and show.switches.exceptions_expanded_by_select:
                inner = Projection(self.select, inner.properties)
            yield EXCEPTIONS, [inner.show(show, event, day) for day in sorted(event.exceptions)]

    def _extended(self, content: Content) -> list[Json]:
        held = content.extended
        return [{"id": name, "value": held[name]} for name in self.properties if name in held]


SERIES = Projection(("*", CANCELLED, EXCEPTIONS), exceptions=Projection(("*",)))


def split_outside(text: str, separator: str) -> list[str]:
    """The parts between separators that stand outside parentheses and quoted texts."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == "'"
        if not quoted:
            depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    if depth or quoted:
        raise errors.invalid_parameter(f"The query parameter $expand={text} cannot be read.")
    return [part.strip() for part in parts if part.strip()]


def parse_options(text: str) -> dict[str, str]:
    """The `$select=…;$expand=…` inside the parentheses of an expanded property."""
    options = {}
    for part in split_outside(text, ";"):
        name, _, value = part.partition("=")
        if name.strip().lower() not in ("$select", "$expand"):
            raise errors.invalid_parameter(f"The option {name} of $expand is not supported.")
        options[name.strip().lower()] = value
    return options
