"""What an event says besides its times, as the contract's fields."""

from __future__ import annotations

from typing import Any

from icalendar import Event

from sync.sandbox.demo.ics import printable
from sync.sandbox.fidelity.entries import text
from sync.sandbox.groupware.reader import utf16_length

Json = dict[str, Any]
TITLE, PLACE = 1000, 500  # `limits` of the reference groupware


def texts(event: Event) -> Json:
    status = text(event, "STATUS").upper()
    return {
        "title": shortened(one_line(text(event, "SUMMARY")), TITLE),
        "place": shortened(one_line(text(event, "LOCATION")), PLACE),
        "memo": printable(text(event, "DESCRIPTION")),
        "visibility": "private" if text(event, "CLASS").upper() in ("PRIVATE", "CONFIDENTIAL") else "public",
        "status": "tentative" if status == "TENTATIVE" else "confirmed",
        "showAs": show_as(status, text(event, "TRANSP").upper()),
    }


def one_line(said: str) -> str:
    """As it is written, but for line breaks and tabs, which a title of the groupware cannot have."""
    return " ".join(printable(said).replace("\t", "\n").split("\n"))


def show_as(status: str, transparency: str) -> str:
    if status == "TENTATIVE":
        return "tentative"
    return "free" if transparency == "TRANSPARENT" else "busy"


def shortened(said: str, limit: int) -> str:
    while utf16_length(said) > limit:
        said = said[:-1]
    return said


def is_cancelled(event: Event) -> bool:
    return text(event, "STATUS").upper() == "CANCELLED"
