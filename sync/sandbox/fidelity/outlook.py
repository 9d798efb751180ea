"""What Outlook shows, asked the way any program would: calendarView over HTTP, in pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import requests

from sync.sandbox.fidelity.rows import Row

SELECT = "subject,start,end,isAllDay,seriesMasterId"


@dataclass(frozen=True, slots=True)
class Shown:
    """`id` is the single event's, or its series'."""

    id: str
    row: Row


def view(
    session: requests.Session, root: str, token: str, mailbox: str, first: date, until: date
) -> list[Shown]:
    """Everything that overlaps the days [first, until) of UTC."""
    starts, ends = (
        datetime.combine(day, time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for day in (first, until)
    )
    link = (
        f"{root}/v1.0/users/{mailbox}/calendarView"
        f"?startDateTime={starts}&endDateTime={ends}&$top=500&$select={SELECT}"
    )
    headers = {"Authorization": f"Bearer {token}", "Prefer": 'IdType="ImmutableId", outlook.timezone="UTC"'}
    return [shown(item) for item in pages(session, link, headers)]


def pages(session: requests.Session, link: str, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
    while link:
        answer = session.get(link, headers=headers)
        answer.raise_for_status()
        page = answer.json()
        yield from page["value"]
        link = page.get("@odata.nextLink", "")


def shown(item: dict[str, Any]) -> Shown:
    written = (item[name]["dateTime"][:19] for name in ("start", "end"))
    start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in written)
    times: tuple[date, date] = (start.date(), end.date()) if item["isAllDay"] else (start, end)
    return Shown(item.get("seriesMasterId") or item["id"], Row(*times, item["subject"] or ""))
