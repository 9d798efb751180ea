"""Random rules and random patterns mean the same days on both sides, or are refused with a reason.

The RRULE side is expanded by dateutil, the Graph side by `graph_days`, over ten years.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sync.adapters.graph.recurrence import (
    NotNative,
    outlook_series,
    recurrence_from_graph,
    recurrence_to_graph,
)
from sync.core.event import AllDay, Span, Timed
from sync.core.recurrence import Held, canonical_rrule
from sync.core.recurrence import rule_days as core_days
from tests.adapters.graph.graph_days import graph_days
from tests.adapters.graph.recurrences import Series, random_recurrence, random_series, rule_days

EXAMPLES = int(os.environ.get("RECURRENCE_EXAMPLES", "20000"))
SEED = 20261121
Record = Callable[[str, object], None]


def test_random_rules_mean_the_same_days_in_graph(record_property: Record) -> None:
    random = Random(SEED)
    counts: Counter[str] = Counter()
    for number in range(EXAMPLES):
        series = random_series(random)
        held = outlook_series(canonical_rrule(series.rrule, series.span), series.span)
        if isinstance(held, NotNative):
            counts[held.value] += 1
            continue
        counts["converted"] += 1
        assert_same_days(series, held)
        if number % 10 == 0:
            assert_same_wall_time(series, held)
    report(record_property, counts)
    assert counts["converted"] >= 0.6 * EXAMPLES


def assert_same_days(series: Series, held: Held) -> None:
    expected = series.days()
    first = held.span.first if isinstance(held.span, AllDay) else held.span.start.date()
    recurrence = recurrence_to_graph(held.rrule, held.span, "Asia/Tokyo")
    assert list(graph_days(recurrence, series.until)) == expected, (series, recurrence)
    assert first == expected[0] if expected else first >= series.until, (series, held)
    # And back again.
    assert recurrence_from_graph(recurrence, held.span) == held.rrule, (series, recurrence)
    assert list(core_days(held.rrule, first, first, series.until)) == expected, (series, held)


def assert_same_wall_time(series: Series, held: Held) -> None:
    span, shown = series.span, held.span
    if isinstance(span, Timed) and isinstance(shown, Timed):
        assert shown.zone == span.zone
        assert shown.start.time() == span.start.time()
        assert shown.end.time() == span.end.time()
    else:
        assert isinstance(span, AllDay)
        assert isinstance(shown, AllDay)
        assert shown.until - shown.first == span.until - span.first


def test_random_patterns_mean_the_same_days_as_a_rule(record_property: Record) -> None:
    random = Random(SEED)
    counts: Counter[str] = Counter()
    for _ in range(EXAMPLES):
        recurrence, span = random_recurrence(random)
        counts[recurrence["pattern"]["type"]] += 1
        first = span.first if isinstance(span, AllDay) else span.start.date()
        until = first + timedelta(days=3653)
        rrule = recurrence_from_graph(recurrence, span)
        expected = list(graph_days(recurrence, until))
        assert rule_days(rrule, first, until) == expected, (recurrence, rrule)
        if may_overlap(span) and outlook_series(rrule, span) is NotNative.OVERLAP:
            counts[NotNative.OVERLAP] += 1
            continue
        sent: dict[str, Any] = recurrence_to_graph(rrule, span, "Asia/Tokyo")
        if not sent["pattern"].items() <= recurrence["pattern"].items():
            assert list(graph_days(sent, until)) == expected, (recurrence, sent)
        assert recurrence_from_graph(sent, span) == rrule, (recurrence, sent)
    report(record_property, counts)


def may_overlap(span: Span) -> bool:
    if isinstance(span, AllDay):
        return span.until - span.first > timedelta(days=1)
    return span.end.replace(tzinfo=None) - span.start.replace(tzinfo=None) > timedelta(days=1)


def report(record_property: Record, counts: Counter[str]) -> None:
    for name, count in counts.most_common():
        record_property(str(name), count)
        print(f"{count:6} {name}")
