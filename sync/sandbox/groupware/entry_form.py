"""The form in which a person enters an event: what it fills in by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.sandbox.groupware.bookings import HOME_ZONE


def with_defaults(event: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """The event as the person's screen sends it: own schedule, own zone, one hour."""
    form = event.get("form", "timed")
    filled = {"form": form, "ownerId": user["id"], **event}
    if form in ("timed", "startOnly"):
        filled.setdefault("timeZone", user["timeZone"] or HOME_ZONE)
    if form == "timed":
        filled.setdefault("duration", "PT1H")
    return filled
