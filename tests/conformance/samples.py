"""Events that the checks write. Far in the future, so that a test user's own schedule is not in the way."""

from __future__ import annotations

from typing import Any

YEAR = 2097
ZONE = "Asia/Tokyo"


def timed(user: str, day: str = f"{YEAR}-03-04", clock: str = "10:00:00", **fields: Any) -> dict[str, Any]:
    """One hour, 10:00 to 11:00 in Tokyo (01:00 to 02:00 UTC) unless said otherwise."""
    return {
        "title": "適合性テスト",
        "form": "timed",
        "start": f"{day}T{clock}",
        "timeZone": ZONE,
        "duration": "PT1H",
        "ownerId": user,
        **fields,
    }


def days(user: str, first: str, until: str, form: str = "allDay", **fields: Any) -> dict[str, Any]:
    return {"title": "終日", "form": form, "start": first, "end": until, "ownerId": user, **fields}
