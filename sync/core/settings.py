"""The administrator's common settings, a person's own, and what holds for one person in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.core.window import BaseRange


class Direction(StrEnum):
    BOTH = "both"
    TO_OUTLOOK = "toOutlook"
    TO_GROUPWARE = "toGroupware"


class ConflictRule(StrEnum):
    """Who wins a field that both sides changed. The losing value is kept in the history (law 3)."""

    NEWEST = "newest"
    GROUPWARE = "groupware"
    OUTLOOK = "outlook"


class ParticipantsMode(StrEnum):
    """How a groupware event with several participants stands in Outlook (design: shared events).

    MEETING: one meeting in the host's mailbox, linked people are its attendees. APPOINTMENTS: an event of its own for
    each linked person, without attendees, so that no mail is ever sent.
    """

    MEETING = "meeting"
    APPOINTMENTS = "appointments"


# The organization of a deployment that serves one customer; it exists before anything was stored.
DEFAULT_ORGANIZATION = "default"
DEFAULT_TIME_ZONE = "Asia/Tokyo"
INTERVALS = (10, 15, 30, 60)  # minutes, as in the manuals


@dataclass(frozen=True, slots=True)
class WindowSettings:
    base: BaseRange = BaseRange.THIS_MONTH
    past_days: int = 7
    future_days: int = 7


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """Common settings of one organization (manual: 共通設定). `may_override_*`: 個人毎の設定変更."""

    sync: bool = True
    may_override_sync: bool = True
    direction: Direction = Direction.BOTH
    may_override_direction: bool = False
    excluded_types: frozenset[str] = frozenset()
    past_events: bool = True
    automatic: bool = True
    interval: int = 60
    may_override_automatic: bool = False
    automatic_window: WindowSettings = field(default_factory=WindowSettings)
    manual: bool = True
    manual_window: WindowSettings = field(default_factory=WindowSettings)
    conflict: ConflictRule = ConflictRule.NEWEST
    # The guard holds a plan with more deletes than `max_deletes`, or with more than `max_delete_percent` of the
    # linked events once at least `min_deletes_for_percent` would go.
    max_deletes: int = 20
    max_delete_percent: int = 50
    min_deletes_for_percent: int = 5
    # It also holds a plan that would cause more mails than this (invitations, updates, cancellations).
    max_mails: int = 50
    participants: ParticipantsMode = ParticipantsMode.MEETING
    # How long records of passes, and values that lost a conflict, can be looked at.
    keep_passes_days: int = 90
    keep_history_days: int = 365
    time_zone: str = DEFAULT_TIME_ZONE
    # Event type name -> Outlook category. A type without an entry uses its own name as category.
    categories: Mapping[str, str] = field(default_factory=dict)


class State(StrEnum):
    OFF = "off"
    CHECKING = "checking"
    ACTIVE = "active"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """A person's own settings. None: the organization's value. They count only where override is allowed."""

    sync: bool | None = None
    direction: Direction | None = None
    automatic: bool | None = None
    interval: int | None = None
    # Minutes before the start for Outlook when the groupware says nothing; None: no reminder.
    default_reminder: int | None = 15


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for one person."""

    sync: bool
    direction: Direction
    automatic: bool
    interval: int
    default_reminder: int | None


def effective(common: OrganizationSettings, own: PersonSettings) -> Effective:
    """A personal value wins only where the organization lets people override it."""
    sync = own.sync if common.may_override_sync and own.sync is not None else common.sync
    direction = (
        own.direction if common.may_override_direction and own.direction is not None else common.direction
    )
    automatic = (
        own.automatic if common.may_override_automatic and own.automatic is not None else common.automatic
    )
    interval = own.interval if common.may_override_automatic and own.interval is not None else common.interval
    return Effective(sync, direction, automatic, interval, own.default_reminder)


@dataclass(frozen=True, slots=True)
class Connection:
    """One person: a groupware user and a mailbox, bound to the Entra object id (never to the UPN alone)."""

    organization: str
    user: str
    name: str = ""
    upn: str = ""
    email: str = ""
    mailbox: str = ""  # Entra object id; "" until the person was verified
    # The tenant in which the mailbox was found; "" in rows of before it was kept.
    tenant: str = ""
    # The mailbox's own mail addresses, primary first, as of the last look-up. They need not be those that an
    # administrator entered (failures.md F92).
    addresses: tuple[str, ...] = ()
    # The administrator's switch for this person (ユーザー情報連携設定: 同期). Off by default.
    enabled: bool = False
    settings: PersonSettings = field(default_factory=PersonSettings)
    state: State = State.OFF
    error: str = ""  # code of the reason while `state` is error or checking
    error_detail: Mapping[str, str] = field(default_factory=dict)
    checking_since: datetime | None = None  # since when `state` is checking
    checked_at: datetime | None = None  # when Microsoft 365 was last asked whether this person can be synced
    last_pass: str = ""  # id of the last finished pass
    last_pass_at: datetime | None = None
    last_success_at: datetime | None = None
    confirmed_pass: str = ""  # a held pass whose deletes the administrator released
    # Scheduling: no second job is queued before this instant.
    queued_until: datetime | None = None
    last_queued_at: datetime | None = None
    # When what is over its time was last removed from this person's passes and history.
    pruned_at: datetime | None = None
