"""The JSON of the HTTP surface: camelCase names, unknown members refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from sync.core.event import Side
from sync.core.settings import ConflictRule, Direction, ParticipantsMode, State
from sync.core.window import BaseRange
from sync.ports import PassState
from sync.web.values import (
    Address,
    Count,
    Day,
    Days,
    DaysOfHistory,
    DaysOfPasses,
    Flag,
    Interval,
    Minutes,
    Name,
    Percent,
    TimeZone,
    UserId,
    mistake,
)

# Five years, before the settings widen it.
LONGEST_WINDOW: Final = 1825
MOST_AT_ONCE: Final = 500
MOST_NAMES: Final = 100


class Asked(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


def _without_defaults(schema: dict[str, Any]) -> None:
    for member in schema["properties"].values():
        member.pop("default", None)


class Changes(Asked):
    """What a caller sends to change something. A member that is left out stays as it is, so the Python
    defaults never count and are not shown in the schema."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)


class Answered(BaseModel):
    """What we answer; built in code by the Python names."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)


class SyncRequest(Asked):
    user: UserId | None = Field(None, description="Whom to sync; the caller if left out.")
    first: Day | None = Field(None, alias="from", description="First day. Given together with `to`.")
    until: Day | None = Field(None, alias="to", description="The day after the last one.")
    preview: Flag = Field(False, description="Plan the pass, write nothing.")

    @model_validator(mode="after")
    def _window(self) -> Self:
        if (self.first is None) != (self.until is None):
            raise mistake("window-half")
        if self.first is not None and self.until is not None:
            if self.first >= self.until:
                raise mistake("window-order")
            if (self.until - self.first).days > LONGEST_WINDOW:
                raise mistake("window-too-long", days=LONGEST_WINDOW)
        return self


class PersonUpdate(Changes):
    """A person's own settings. null: what the organization has set (for the reminder: none)."""

    sync: Flag | None = None
    direction: Direction | None = None
    automatic: Flag | None = None
    interval: Interval | None = None
    default_reminder: Minutes | None = Field(
        None, description="Minutes before the start, for Outlook, when the groupware says nothing."
    )


class UserUpdate(Changes):
    upn: Address = Field("", description="Administrator only.")
    email: Address = Field("", description="Administrator only.")
    enabled: Flag = Field(False, description="Administrator only: the switch for this person.")
    settings: PersonUpdate = PersonUpdate.model_construct()


class BulkRequest(Asked):
    users: list[UserId] = Field(min_length=1, max_length=MOST_AT_ONCE)
    enabled: Flag


class WindowUpdate(Changes):
    base: BaseRange = BaseRange.THIS_MONTH
    past_days: Days = 7
    future_days: Days = 7


class SettingsUpdate(Changes):
    sync: Flag = True
    may_override_sync: Flag = True
    direction: Direction = Direction.BOTH
    may_override_direction: Flag = False
    excluded_types: list[Name] = Field([], max_length=MOST_NAMES, description="Event types by name.")
    past_events: Flag = True
    automatic: Flag = True
    interval: Interval = 60
    may_override_automatic: Flag = False
    automatic_window: WindowUpdate = WindowUpdate.model_construct()
    manual: Flag = True
    manual_window: WindowUpdate = WindowUpdate.model_construct()
    conflict: ConflictRule = ConflictRule.NEWEST
    max_deletes: Count = 20
    max_delete_percent: Percent = 50
    min_deletes_for_percent: Count = 5
    max_mails: Count = Field(50, description="Mails that one pass may cause before it is held.")
    participants: ParticipantsMode = Field(
        ParticipantsMode.MEETING,
        description="`meeting`: linked participants are attendees of one Outlook meeting, and get mails. "
        "`appointments`: each has an event of its own, and nobody gets a mail.",
    )
    keep_passes_days: DaysOfPasses = Field(90, description="After so many days a pass's record is removed.")
    keep_history_days: DaysOfHistory = Field(
        365, description="After so many days a value that lost a conflict is removed."
    )
    time_zone: TimeZone = "Asia/Tokyo"
    categories: dict[Name, Name] = Field(
        {}, max_length=MOST_NAMES, description="Event type to Outlook category."
    )


class FacilityUpdate(Asked):
    address: Address = Field(
        description="Mail address of the room or equipment mailbox; empty: not linked.",
        examples=["room-a@example.com"],
    )


class Explained(Answered):
    """A code in words: in the caller's language, and in both."""

    code: str
    detail: str
    detail_ja: str
    detail_en: str
    remedy: str = Field(description="What to do; empty when nothing needs to be done.")
    remedy_ja: str
    remedy_en: str


class Warned(Explained):
    pointer: str = Field(description="JSON pointer to the member that was sent.")


class Health(Answered):
    status: Literal["ok", "degraded"]
    version: str
    storage: bool = Field(description="Whether the storage can be reached.")
    attention: bool = Field(
        description="Whether a connection to Microsoft 365 needs its administrator, who sees what it is."
    )


class PassAnswer(Answered):
    id: str
    user: str
    state: PassState
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    problem: Explained | None = Field(description="Why the pass failed or is held.")
    report: dict[str, Any] = Field(
        description="Actions with ids, counts and reasons, never content. In lists: without the actions."
    )


class PassList(Answered):
    passes: list[PassAnswer]


class PersonAnswer(Answered):
    sync: bool | None
    direction: Direction | None
    automatic: bool | None
    interval: int | None
    default_reminder: int | None


class EffectiveAnswer(Answered):
    sync: bool
    direction: Direction
    automatic: bool
    interval: int
    default_reminder: int | None
    manual: bool


class MayOverride(Answered):
    sync: bool
    direction: bool
    automatic: bool
    interval: bool


class UserSummary(Answered):
    id: str
    name: str
    upn: str
    email: str
    enabled: bool
    state: State
    problem: Explained | None = Field(description="Why the person is not synced, and what to do.")
    last_pass: str | None
    last_pass_at: datetime | None
    last_success_at: datetime | None


class UserAnswer(UserSummary):
    settings: PersonAnswer = Field(description="The person's own; null: the organization's value.")
    effective: EffectiveAnswer = Field(description="What holds for this person.")
    may_override: MayOverride = Field(description="What the person may change for itself.")


class UserList(Answered):
    users: list[UserSummary]
    next: str | None = Field(description="Value of `after` for the next page; null on the last.")


class BulkResult(Answered):
    user: str
    ok: bool
    problem: Explained | None


class BulkAnswer(Answered):
    results: list[BulkResult]


class ParkedEvent(Answered):
    """An event that is not synced, and why. Never its content."""

    link: str
    side: Side = Field(description="Where it could not be read or written.")
    groupware_id: str | None
    outlook_id: str | None
    starts: datetime | None = Field(description="For the person itself only.")
    ends: datetime | None = Field(description="For the person itself only.")
    problem: Explained
    since: datetime
    attempts: int
    retry_at: datetime


class ProblemList(Answered):
    problems: list[ParkedEvent]


class KeptValue(Answered):
    """The losing value of a conflict."""

    at: datetime
    pass_id: str
    side: Side
    event_id: str
    link: str
    field: str
    value: Any = Field(description="The value as JSON.")


class HistoryList(Answered):
    values: list[KeptValue]


class WindowAnswer(Answered):
    base: BaseRange
    past_days: int
    future_days: int


class SettingsAnswer(Answered):
    sync: bool
    may_override_sync: bool
    direction: Direction
    may_override_direction: bool
    excluded_types: list[str]
    past_events: bool
    automatic: bool
    interval: int
    may_override_automatic: bool
    automatic_window: WindowAnswer
    manual: bool
    manual_window: WindowAnswer
    conflict: ConflictRule
    max_deletes: int
    max_delete_percent: int
    min_deletes_for_percent: int
    max_mails: int
    participants: ParticipantsMode
    keep_passes_days: int
    keep_history_days: int
    time_zone: str
    categories: dict[str, str]
    warnings: list[Warned]


class FacilityAnswer(Answered):
    id: str
    name: str
    address: str = Field(description="Mail address of the room or equipment mailbox; empty: not linked.")
    is_listed: bool = Field(
        description="Whether the groupware lists it; one that it no longer lists can only be unlinked."
    )


class FacilityList(Answered):
    facilities: list[FacilityAnswer]


class ProblemEntry(Explained):
    pointer: str | None = Field(None, description="JSON pointer into the body.")
    parameter: str | None = Field(None, description="Name of a query or path parameter.")


class Problem(Explained):
    """RFC 9457. `type` is `urn:problem:` and the code."""

    type: str
    title: str
    status: int
    errors: list[ProblemEntry] = []
    incident: str = Field("", description="Number to quote when asking for help (500 only).")
