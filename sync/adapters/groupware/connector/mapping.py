"""What a groupware can hold, and what it shows of one event: contract JSON to the neutral model, pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sync.adapters.groupware.connector.residue import FORM, SERIES
from sync.adapters.groupware.connector.series import event_from
from sync.core.capabilities import Capabilities
from sync.core.change import SHARED, Seen, Unreadable
from sync.core.event import FIELDS, Field, Form, ShowAs, Side, Span, Visibility
from sync.core.recurrence import Held
from sync.core.who import ANSWER, ROOM, WITH
from sync.errors import CannotSync

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
        place_detail_limit=limits["placeDetailMaxLength"],
        body_limit=limits["memoMaxLength"],
        show_as=frozenset(show_as),
        visibilities=frozenset(Visibility(name) for name in found["visibility"] if name in set(Visibility)),
        forms=frozenset(Form(name) for name in found["forms"] if name in set(Form)),
        people=frozenset(_people(found)),
        # A groupware that holds a subset does not say which: until it can be asked, it is taken for one without
        # series, so that no rule is ever written nearly right.
        series=_same_series if found.get("recurrence") == "full" else None,
    )


def _people(found: Mapping[str, Any]) -> Iterator[str]:
    yield WITH
    if found["participants"]["responses"]:
        yield ANSWER
    if found["facilities"]:
        yield ROOM


def _same_series(rrule: str, span: Span) -> Held:
    """The contract says every series as we do."""
    return Held(rrule, span)


def seen_from(item: Mapping[str, Any], user: str, types: Mapping[str, str]) -> Seen | Unreadable:
    """One event of the contract as this user's schedule shows it. `types`: event type id -> name."""
    event_id, version = str(item["id"]), str(item.get("version") or "")
    try:
        event = event_from(item, types)
    except CannotSync as error:
        return Unreadable(Side.GROUPWARE, event_id, version, error.code, error.detail)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        detail = {"reason": type(error).__name__}
        return Unreadable(Side.GROUPWARE, event_id, version, "event-unreadable", detail)
    residue: dict[str, object] = {FORM: str(event.form)}
    if event.recurrence is not None:
        residue[SERIES] = True
    dates = event.recurrence.overrides if event.recurrence is not None else ()
    everyone = (one for each in (event, *(date.event for date in dates)) for one in each.participants)
    if any(participant.user != user for participant in everyone):
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


def modified_from(item: Mapping[str, Any]) -> datetime | None:
    """None where there is none or nobody can read it: it only breaks ties."""
    try:
        found = datetime.fromisoformat(item["updatedAt"])
    except (KeyError, TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None
