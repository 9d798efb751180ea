"""What people do to a series in the groupware: to one occurrence, to this and the following ones, to all of them.

Every act is an edit as the groupware's screens make it; the ids of the occurrences follow the series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sync.sandbox.groupware.merge_patch import merge_patch
from sync.sandbox.groupware.recurrence import (
    is_by_rule,
    is_days,
    occurrence_ids,
    rule_fault,
    rule_starts_before,
    shifted_end,
)
from sync.sandbox.groupware.schedule import By, Schedule
from sync.sandbox.groupware.times import parse_date, parse_wall, utc_of, utc_text, zone
from sync.sandbox.groupware.validation import WRITABLE
from sync.sandbox.groupware.when import Parse

Json = dict[str, Any]

MOVES = frozenset({"start", "duration", "end", "form", "timeZone", "recurrence"})


class SeriesActs:
    """`occurrence` is a recurrence id, or the day of one that starts at the series' own time of day."""

    schedule: Schedule

    def edit_occurrence(self, id: str, occurrence: str, changes: Mapping[str, Any], by: str) -> Json:
        """Members of an override; null makes one as the event says again."""
        event = self.schedule.get(id)
        return self._edit(id, {"overrides": {recurrence_id(event, occurrence): dict(changes)}}, by)

    def move_occurrence(self, id: str, occurrence: str, start: str, by: str, **more: Any) -> Json:
        """To another start (a wall time or a date, as the event writes it), as long as before."""
        return self.edit_occurrence(id, occurrence, {"start": start, **more}, by)

    def delete_occurrence(self, id: str, occurrence: str, by: str) -> Json:
        event = self.schedule.get(id)
        gone, series = recurrence_id(event, occurrence), event["recurrence"]
        left = [text for text in series["rdates"] if text != gone]
        if series["rrule"] is None and not left:
            left = series["rdates"]  # the record keeps its last date, cancelled
        exdates = series["exdates"] if len(left) < len(series["rdates"]) else [*series["exdates"], gone]
        return self._edit(id, {"exdates": exdates, "rdates": left, "overrides": {gone: None}}, by)

    def restore_occurrence(self, id: str, occurrence: str, by: str) -> Json:
        """A deleted occurrence takes place again, as the series says."""
        event = self.schedule.get(id)
        back = recurrence_id(event, occurrence)
        exdates = [text for text in event["recurrence"]["exdates"] if text != back]
        return self._edit(id, {"exdates": exdates}, by)

    def change_series(self, id: str, changes: Mapping[str, Any], by: str) -> Json:
        """All occurrences; changes as in PATCH. Deleted and changed ones stay on their dates when the series gets
        another time of day; what the series no longer has is forgotten."""
        event = self.schedule.get(id)
        after = merge_patch(event, changes)
        if event["recurrence"] and after.get("recurrence") and not MOVES.isdisjoint(changes):
            after["recurrence"] = _renamed(event, after, changes.get("recurrence") or {})
        return self.schedule.replace(id, after, By(by))

    def change_following(
        self, id: str, occurrence: str, changes: Mapping[str, Any], by: str
    ) -> tuple[Json | None, Json]:
        """This one and the following: the series ends before it, and a new event goes on from there with its share
        of the dates. The old event (None if nothing was before) and the one with the changes."""
        event = self.schedule.get(id)
        cut = recurrence_id(event, occurrence)
        if not is_by_rule(event, cut):
            raise ValueError("a series is split at an occurrence of its rule")
        if cut == event["start"]:
            return None, self.change_series(id, changes, by)
        with self.schedule.store.transaction():
            old = self.delete_following(id, cut, by)
            content = {name: event[name] for name in WRITABLE if name != "uid"}
            content |= {
                "start": cut,
                "end": shifted_end(event, cut) if is_days(event) else None,
                "recurrence": _after(event, cut),
            }
            new = self.schedule.create(content, By(by))
            return old, self.change_series(new["id"], changes, by) if changes else new

    def delete_following(self, id: str, occurrence: str, by: str) -> Json:
        """This one and the following: the series ends before it, which is not its first."""
        event = self.schedule.get(id)
        before = _before(event, recurrence_id(event, occurrence))
        return self.schedule.replace(id, {**event, "recurrence": before}, By(by))

    def make_series(self, id: str, recurrence: Mapping[str, Any], by: str) -> Json:
        return self.schedule.patch(id, {"recurrence": dict(recurrence)}, By(by))

    def make_single(self, id: str, by: str) -> Json:
        """Only the first date is left."""
        return self.schedule.patch(id, {"recurrence": None}, By(by))

    def _edit(self, id: str, changes: Json, by: str) -> Json:
        return self.schedule.patch(id, {"recurrence": changes}, By(by))


def recurrence_id(event: Mapping[str, Any], occurrence: str) -> str:
    is_a_day = len(occurrence) == len("2026-12-07")
    return occurrence + event["start"][10:] if is_a_day else occurrence


def _renamed(event: Json, after: Json, asked: Mapping[str, Any]) -> Json:
    """The series of `after` with the dates that `event` had, by the names they have now. What the person says
    about dates (`asked`) stays as it is said."""
    series: Json = {"rrule": None, "exdates": [], "rdates": [], "overrides": {}, **after["recurrence"]}
    parse: Parse = parse_date if is_days(after) else parse_wall
    if parse(after["start"]) is None or (asked.get("rrule") and rule_fault(asked["rrule"], after)):
        return series  # for the groupware to refuse

    def name(text: str) -> str:
        if text == event["start"]:
            return str(after["start"])
        if is_days(after):
            return text[:10]
        return recurrence_id(after, text[:10]) if text[10:] == event["start"][10:] else text

    if "rrule" not in asked:
        series["rrule"] = _with_same_end(event, after)
    if "rdates" not in asked:
        series["rdates"] = [name(text) for text in series["rdates"]]
    ids = occurrence_ids(after, series, [name(text) for text in (*series["exdates"], *series["overrides"])])
    if "exdates" not in asked:
        series["exdates"] = [name(text) for text in series["exdates"] if name(text) in ids]
    if "overrides" not in asked:
        without = frozenset() if is_days(event) == is_days(after) else MOVES
        series["overrides"] = {
            name(text): {member: value for member, value in change.items() if member not in without}
            for text, change in series["overrides"].items()
            if name(text) in ids
        }
    return series


def _with_same_end(event: Json, after: Json) -> str | None:
    """The rule with the last day that it had."""
    rrule: str | None = event["recurrence"]["rrule"]
    until = next((part[6:] for part in (rrule or "").split(";") if part.startswith("UNTIL=")), None)
    if rrule is None or until is None:
        return rrule
    if is_days(event):
        last = date.fromisoformat(until)
    else:
        wall = utc_of(until).astimezone(zone(event["timeZone"])).replace(tzinfo=None)
        last = wall.date() - timedelta(days=wall.time().isoformat() < event["start"][11:])
    until = f"{last:%Y%m%d}"
    if not is_days(after):
        until = utc_text(datetime.combine(last, time(23, 59, 59), zone(after["timeZone"])))
    return ";".join([*_parts(rrule, "UNTIL"), f"UNTIL={until}"])


def _before(event: Json, cut: str) -> Json | None:
    """The series up to an occurrence; None if only the first date is left."""
    series = event["recurrence"]
    kept = _share(series, lambda text: text < cut)
    if series["rrule"] is None:
        return {"rrule": None, **kept} if kept["rdates"] else None
    parts = _parts(series["rrule"], "COUNT", "UNTIL")
    return {"rrule": ";".join([*parts, f"UNTIL={_just_before(event, cut)}"]), **kept}


def _after(event: Json, cut: str) -> Json | None:
    """The series from an occurrence of its rule on; None if it is the last date."""
    series = event["recurrence"]
    kept = _share(series, lambda text: text >= cut)
    if series["rrule"] is None:
        kept["rdates"] = [text for text in kept["rdates"] if text != cut]
        return {"rrule": None, **kept} if kept["rdates"] else None
    passed = rule_starts_before(event, cut)
    parts = []
    for part in _parts(series["rrule"]):
        name, _, value = part.partition("=")
        parts.append(f"COUNT={int(value) - passed}" if name == "COUNT" else part)
    return {"rrule": ";".join(parts), **kept}


def _share(series: Json, belongs: Callable[[str], bool]) -> Json:
    return {
        "exdates": [text for text in series["exdates"] if belongs(text)],
        "rdates": [text for text in series["rdates"] if belongs(text)],
        "overrides": {text: change for text, change in series["overrides"].items() if belongs(text)},
    }


def _parts(rrule: str, *without: str) -> list[str]:
    return [part for part in rrule.split(";") if part.partition("=")[0] not in without]


def _just_before(event: Json, cut: str) -> str:
    """An UNTIL that leaves the occurrence out: the day before, or the second before."""
    if is_days(event):
        day = parse_date(cut)
        assert day is not None
        return f"{day - timedelta(days=1):%Y%m%d}"
    wall = parse_wall(cut)
    assert wall is not None
    return utc_text(wall.replace(tzinfo=zone(event["timeZone"])) - timedelta(seconds=1))
