"""Contract JSON to and from the neutral event: one pair of functions a field, pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sync.core.capabilities import Capabilities
from sync.core.change import SHARED, Residue, Seen, Unreadable
from sync.core.event import (
    FIELDS,
    AllDay,
    Booking,
    Event,
    Field,
    Form,
    Importance,
    Participant,
    Recurrence,
    Reminder,
    ShowAs,
    Side,
    Span,
    Timed,
    Visibility,
)
from sync.core.text import canonical_body, canonical_place, canonical_title
from sync.core.timezones import zone as zone_named
from sync.errors import CannotSync

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_DAY_FORMS = (Form.ALL_DAY, Form.PERIOD, Form.NO_TIME)
_UNTITLED = "(件名なし)"


def capabilities_from(found: Mapping[str, Any]) -> Capabilities:
    """What this groupware can hold, from `GET /v1/capabilities`."""
    limits = found["limits"]
    fields = set(FIELDS)
    if set(found["importance"]) <= {"normal"}:
        fields.discard(Field.IMPORTANCE)
    if limits["remindersMax"] == 0:
        fields.discard(Field.REMINDER)
    if limits["placeMaxLength"] == 0:
        fields.discard(Field.PLACE)
    show_as = {ShowAs(name) for name in found["showAs"] if name in set(ShowAs)}
    if "tentative" in found["statuses"]:
        show_as.add(ShowAs.TENTATIVE)
    return Capabilities(
        fields=frozenset(fields),
        title_limit=limits["titleMaxLength"],
        title_required=_UNTITLED if limits["titleMinLength"] else "",
        place_limit=limits["placeMaxLength"],
        body_limit=limits["memoMaxLength"],
        show_as=frozenset(show_as),
        visibilities=frozenset(Visibility(name) for name in found["visibility"] if name in set(Visibility)),
        forms=frozenset(Form(name) for name in found["forms"] if name in set(Form)),
    )


def seen_from(item: Mapping[str, Any], user: str, types: Mapping[str, str]) -> Seen | Unreadable:
    """One event of the contract as this user's schedule shows it. `types`: event type id -> name."""
    event_id, version = str(item["id"]), str(item.get("version") or "")
    try:
        event = event_from(item, types)
    except CannotSync as error:
        return Unreadable(Side.GROUPWARE, event_id, version, error.code, error.detail)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        detail = {"reason": type(error).__name__}
        return Unreadable(Side.GROUPWARE, event_id, version, "event-unreadable", detail)
    residue: dict[str, object] = {"form": str(event.form)}
    if any(participant.user != user for participant in event.participants):
        residue[SHARED] = True
    return Seen(
        side=Side.GROUPWARE,
        id=event_id,
        version=version,
        event=event,
        uid=item.get("uid"),
        modified=modified_from(item),
        residue=residue,
        hands_off="candidate" if item.get("status") == "candidate" else None,
    )


def event_from(item: Mapping[str, Any], types: Mapping[str, str]) -> Event:
    form, span = time_from(item)
    return Event(
        title=canonical_title(item.get("title") or ""),
        span=span,
        form=form,
        place=canonical_place(item.get("place") or ""),
        body=canonical_body(item.get("memo") or ""),
        visibility=visibility_from(item),
        show_as=show_as_from(item),
        importance=importance_from(item),
        event_type=types.get(item.get("typeId") or "", ""),
        reminder=reminder_from(item),
        recurrence=Recurrence(item["recurrence"]["rrule"]) if item.get("recurrence") else None,
        owner=item.get("ownerId"),
        participants=tuple(participant_from(p) for p in item.get("participants") or ()),
        facilities=tuple(
            Booking(b["facilityId"], b.get("state") or "approved") for b in item.get("facilities") or ()
        ),
    )


def modified_from(item: Mapping[str, Any]) -> datetime | None:
    """None where there is none or nobody can read it: it only breaks ties."""
    try:
        found = datetime.fromisoformat(item["updatedAt"])
    except (KeyError, TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


def time_from(item: Mapping[str, Any]) -> tuple[Form, Span]:
    """`CannotSync` for a time or zone that nobody can read."""
    try:
        form = Form(item["form"])
        return form, span_from(item, form)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise CannotSync("invalid-time", {"reason": type(error).__name__}) from error


def span_from(item: Mapping[str, Any], form: Form) -> Span:
    """`duration` is elapsed time; a wall time that occurs twice means the first (contract, Time)."""
    if form in _DAY_FORMS:
        return AllDay(date.fromisoformat(item["start"]), date.fromisoformat(item["end"]))
    zone = zone_named(item["timeZone"])
    wall = datetime.fromisoformat(item["start"])
    if wall.tzinfo is not None or "T" not in item["start"]:
        raise ValueError("no wall time")  # with an offset nobody knows which of the two zones is meant
    start = wall.replace(tzinfo=zone, fold=0)
    length = duration_from(item.get("duration") or "PT0S")
    return Timed(start, (start.astimezone(UTC) + length).astimezone(zone))


def span_to(span: Span, residue: Residue, forms: Collection[Form]) -> dict[str, Any]:
    """All the members of time together; the form a person chose is kept where it still fits."""
    before = Form(str(residue["form"])) if residue.get("form") in set(Form) else None
    if isinstance(span, AllDay):
        is_one_day = span.until - span.first == timedelta(days=1)
        fits = before in _DAY_FORMS and (before is not Form.NO_TIME or is_one_day)
        form = before if fits and before in forms else Form.ALL_DAY
        return {
            "form": str(form),
            "start": span.first.isoformat(),
            "end": span.until.isoformat(),
            "duration": None,
            "timeZone": None,
        }
    start, zone = span.start, span.zone
    length = span.end.astimezone(UTC) - span.start.astimezone(UTC)
    if start.replace(fold=0).astimezone(UTC) != start.astimezone(UTC):
        # The second of two equal wall times cannot be said in that zone.
        start, zone = start.astimezone(UTC), "Etc/UTC"
    form = Form.TIMED
    if before is Form.START_ONLY and not length and Form.START_ONLY in forms:
        form = Form.START_ONLY
    return {
        "form": str(form),
        "start": start.replace(tzinfo=None, microsecond=0).isoformat(),
        "end": None,
        "duration": duration_to(length),
        "timeZone": zone,
    }


def duration_from(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("duration")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def duration_to(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


def show_as_from(item: Mapping[str, Any]) -> ShowAs:
    """The 仮 flag wins: a tentative schedule is tentative however its time shows."""
    if item.get("status") in ("tentative", "candidate"):
        return ShowAs.TENTATIVE
    name = item.get("showAs")
    return ShowAs(name) if name in set(ShowAs) else ShowAs.BUSY


def show_as_to(show_as: ShowAs, held: Collection[str], statuses: Collection[str]) -> dict[str, Any]:
    is_tentative = show_as is ShowAs.TENTATIVE
    shown = str(show_as) if str(show_as) in held else "busy"
    status = "tentative" if is_tentative and "tentative" in statuses else "confirmed"
    return {"status": status, "showAs": shown}


def visibility_from(item: Mapping[str, Any]) -> Visibility:
    """A word nobody knows yet is private: never towards the more public."""
    name = item.get("visibility") or Visibility.PUBLIC
    return Visibility(name) if name in set(Visibility) else Visibility.PRIVATE


def importance_from(item: Mapping[str, Any]) -> Importance:
    name = item.get("importance")
    return Importance(name) if name in set(Importance) else Importance.NORMAL


def reminder_from(item: Mapping[str, Any]) -> Reminder | None:
    """The earliest reminder; an empty list says nothing, the person's default then holds in Outlook."""
    found = [r["minutesBefore"] for r in item.get("reminders") or ()]
    return Reminder(max(found)) if found else None


def reminder_to(reminder: Reminder | None) -> list[dict[str, int]]:
    if reminder is None or reminder.minutes is None:
        return []
    return [{"minutesBefore": reminder.minutes}]


def participant_from(item: Mapping[str, Any]) -> Participant:
    return Participant(
        user=item.get("userId"),
        organization=item.get("organizationId"),
        email=item.get("email"),
        name=item.get("name") or "",
        response=item.get("response"),
    )


def fields_to(
    event: Event,
    fields: Collection[Field],
    residue: Residue,
    found: Mapping[str, Any],
    types: Mapping[str, str],
) -> dict[str, Any]:
    """The named fields as members of NewEvent or EventPatch. `found`: the groupware's capabilities as answered;
    `types`: event type id -> name."""
    body: dict[str, Any] = {}
    for name in fields:
        match name:
            case Field.TITLE:
                body["title"] = event.title
            case Field.TIME:
                body |= span_to(event.span, residue, {Form(f) for f in found["forms"] if f in set(Form)})
            case Field.PLACE:
                body["place"] = event.place
            case Field.BODY:
                body["memo"] = event.body
            case Field.VISIBILITY:
                body["visibility"] = str(event.visibility)
            case Field.SHOW_AS:
                body |= show_as_to(event.show_as, found["showAs"], found["statuses"])
            case Field.IMPORTANCE:
                body["importance"] = str(event.importance)
            case Field.EVENT_TYPE:
                body["typeId"] = next((t for t, name in types.items() if name == event.event_type), None)
            case Field.REMINDER:
                body["reminders"] = reminder_to(event.reminder)
    return body
