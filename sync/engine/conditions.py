"""What holds in one pass: what was asked for, the window, and the rules made of the settings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.core.rules import Rules
from sync.core.settings import Connection, Effective, OrganizationSettings
from sync.core.window import Window, window_of
from sync.engine.observe import Calendars
from sync.ports import PassRecord

AUTOMATIC, MANUAL, PREVIEW = "automatic", "manual", "preview"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a pass was asked for. `first`/`until`: the range a screen shows (until is exclusive)."""

    trigger: str = AUTOMATIC
    pass_id: str = ""
    first: date | None = None
    until: date | None = None


def window_for(settings: OrganizationSettings, asked: Asked, now: datetime) -> Window:
    """The dates of this pass: the configured base range, or the range the screen shows, widened by days."""
    chosen = settings.automatic_window if asked.trigger == AUTOMATIC else settings.manual_window
    if asked.first is not None and asked.until is not None:
        return Window(
            asked.first - timedelta(days=chosen.past_days),
            asked.until + timedelta(days=chosen.future_days),
            settings.time_zone,
        )
    return window_of(chosen.base, chosen.past_days, chosen.future_days, now, settings.time_zone)


def rules_for(
    connection: Connection,
    settings: OrganizationSettings,
    own: Effective,
    window: Window,
    record: PassRecord,
    calendars: Calendars,
) -> Rules:
    return Rules(
        organization=connection.organization,
        user=connection.user,
        window=window,
        now=record.started_at,
        capabilities={side: calendar.capabilities for side, calendar in calendars.items()},
        direction=own.direction,
        excluded_types=settings.excluded_types,
        past_events=settings.past_events,
        conflict=settings.conflict,
        default_reminder=own.default_reminder,
        token=record.id,
    )


def rules_fingerprint(settings: OrganizationSettings, own: Effective) -> str:
    """Changes when events that were passed over may be ours to sync now, or are to be shown in another way."""
    parts = (
        own.direction,
        sorted(settings.excluded_types),
        settings.past_events,
        sorted(settings.categories.items()),
        settings.time_zone,
        settings.participants,
        settings.max_mails,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
