"""What a CalDAV calendar can hold: iCalendar says every series that we say, and has no word for "start only" apart
from "takes no time"."""

from __future__ import annotations

from sync.adapters.groupware.caldav.context import Context
from sync.core.capabilities import Capabilities
from sync.core.event import FIELDS, Field, Form, Span, Visibility
from sync.core.recurrence import Held
from sync.core.who import ANSWER, ROOM, WITH

# Texts have no limit; this keeps a resource below what servers take (groupware.md 3.2: 10 MB by default).
_TEXT_LIMIT = 100_000


def capabilities_of(context: Context) -> Capabilities:
    """An event type is a category that the administrator has listed; without any there are none."""
    fields = set(FIELDS) if context.types else set(FIELDS) - {Field.EVENT_TYPE}
    return Capabilities(
        fields=frozenset(fields),
        title_limit=_TEXT_LIMIT,
        place_limit=_TEXT_LIMIT,
        visibilities=frozenset(set(Visibility) - {Visibility.PARTICIPANTS}),
        forms=frozenset({Form.TIMED, Form.ALL_DAY}),
        people=frozenset({WITH, ANSWER, ROOM} if context.facilities else {WITH, ANSWER}),
        series=_same_series,
        has_own_copies=True,
    )


def _same_series(rrule: str, span: Span) -> Held:
    return Held(rrule, span)
