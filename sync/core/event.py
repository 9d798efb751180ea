"""The event as both sides mean it: one neutral model, with room for series, participants and facilities.

Values are canonical: text as `text.canonical_*` leaves it, zones by IANA name, an all-day event by dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class Side(StrEnum):
    GROUPWARE = "groupware"
    OUTLOOK = "outlook"

    @property
    def other(self) -> Side:
        return Side.OUTLOOK if self is Side.GROUPWARE else Side.GROUPWARE


class Form(StrEnum):
    """How a groupware enters the time of an event; Outlook knows only TIMED and ALL_DAY."""

    TIMED = "timed"
    START_ONLY = "startOnly"
    ALL_DAY = "allDay"
    PERIOD = "period"
    NO_TIME = "noTime"


class Visibility(StrEnum):
    PUBLIC = "public"
    BUSY_ONLY = "busyOnly"
    PARTICIPANTS = "participants"
    PRIVATE = "private"


class ShowAs(StrEnum):
    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OOF = "oof"
    WORKING_ELSEWHERE = "workingElsewhere"


class Importance(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Timed:
    """A stretch of time, start to end; a zero length is allowed (graph-calendar.md 1.4).

    Both are aware with a `ZoneInfo`; `start`'s zone is the event's zone.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not isinstance(self.start.tzinfo, ZoneInfo) or not isinstance(self.end.tzinfo, ZoneInfo):
            raise ValueError("start and end need a ZoneInfo")
        if self.end.astimezone(UTC) < self.start.astimezone(UTC):
            raise ValueError("end before start")

    @property
    def zone(self) -> str:
        assert isinstance(self.start.tzinfo, ZoneInfo)
        return self.start.tzinfo.key


@dataclass(frozen=True, slots=True)
class AllDay:
    """Whole days, `first` to `until`; `until` is exclusive as DTEND is (RFC 5545 3.6.1). Dates, no zone."""

    first: date
    until: date

    def __post_init__(self) -> None:
        if self.until <= self.first:
            raise ValueError("end before start")


Span = Timed | AllDay


@dataclass(frozen=True, slots=True)
class Reminder:
    """`minutes` before the start; None: explicitly no reminder."""

    minutes: int | None


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone taking part: a groupware user, a groupware organisation, or a mail address of an outsider."""

    user: str | None = None
    organization: str | None = None
    email: str | None = None
    name: str = ""
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A facility used by the event; `state` is the groupware's approval state."""

    facility: str
    state: str = "approved"


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Override:
    """One occurrence that differs from its series. `original`: the local day on which the rule puts it, or the naive
    wall time of an additional date. `event`: the whole content of this occurrence, without recurrence."""

    original: datetime | date
    event: Event


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a series takes place, in its own zone: one rule and what differs from it (`core.recurrence`).

    `rrule`: canonical RRULE, "" for none; `exdates`: originals that do not take place; `rdates`: additional starts.
    """

    rrule: str
    exdates: tuple[datetime | date, ...] = ()
    rdates: tuple[datetime | date, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    title: str
    span: Span
    form: Form = Form.TIMED
    place: str = ""
    body: str = ""
    visibility: Visibility = Visibility.PUBLIC
    show_as: ShowAs = ShowAs.BUSY
    importance: Importance = Importance.NORMAL
    # The groupware's event type by its name; on the Outlook side the category mapped to it.
    event_type: str = ""
    # None: this side does not say (the person's default applies when Outlook is written).
    reminder: Reminder | None = None
    recurrence: Recurrence | None = None
    owner: str | None = None
    participants: tuple[Participant, ...] = ()
    facilities: tuple[Booking, ...] = ()
    attachments: tuple[Attachment, ...] = field(default=())
    # Of an Outlook meeting: the organizer's mail address, whether this mailbox is the organizer's, and the answer of
    # its owner ("" where nobody was asked).
    organizer: str | None = None
    is_host: bool = True
    own_response: str = ""
    # Of an attendee's copy of a series: the originals that its organizer called off; they are exdates as well.
    called_off: frozenset[datetime | date] = frozenset()
    # The lines about participants that end Outlook's body (`people_block`), apart from `body`.
    block: str = ""
    # Of a groupware event: whether it may invite people in Outlook, and the parts about people that its Outlook
    # meeting has already (`core.who`).
    invites: bool = True
    attending: frozenset[str] = frozenset()


class Field(StrEnum):
    """What is synced and merged as one piece. Start, end, all-day, form, zone and a series' rule are one: TIME."""

    TITLE = "title"
    TIME = "time"
    PLACE = "place"
    BODY = "body"
    VISIBILITY = "visibility"
    SHOW_AS = "show_as"
    IMPORTANCE = "importance"
    EVENT_TYPE = "event_type"
    REMINDER = "reminder"
    # Outlook alone has it: follows the participants, and never flows back.
    BLOCK = "block"


# What both sides may hold.
FIELDS: tuple[Field, ...] = tuple(name for name in Field if name is not Field.BLOCK)

FieldValue = str | tuple[Span, Form, str | None] | Visibility | ShowAs | Importance | Reminder | None


def value(event: Event, name: Field) -> FieldValue:
    """The value of one synced field."""
    if name is Field.TIME:
        return event.span, event.form, event.recurrence.rrule if event.recurrence is not None else None
    result: FieldValue = getattr(event, name)  # a Field is its own attribute's name
    return result


def with_fields(event: Event, source: Event, names: Iterable[Field]) -> Event:
    """`event` with the named fields taken from `source`; of a series' dates TIME brings only the rule."""
    changes: dict[str, object] = {}
    for name in names:
        if name is Field.TIME:
            changes |= {"span": source.span, "form": source.form, "recurrence": _with_rule(event, source)}
        else:
            changes[name.value] = getattr(source, name.value)
    return replace(event, **changes)  # type: ignore[arg-type]


def _with_rule(event: Event, source: Event) -> Recurrence | None:
    if source.recurrence is None:
        return None
    return replace(event.recurrence or Recurrence(""), rrule=source.recurrence.rrule)
