"""Where to continue reading a mailbox: the deltaLink, and the window that is baked into it
(graph-calendar.md 5.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sync.core.window import Window
from sync.errors import CursorExpired

FORMAT = 1


@dataclass(frozen=True, slots=True)
class DeltaCursor:
    """`link`: "" after a window that was read in pieces; it is read as a whole each time."""

    mailbox: str
    window: Window
    link: str

    def to_text(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "mailbox": self.mailbox,
                "first": self.window.first.isoformat(),
                "until": self.window.until.isoformat(),
                "zone": self.window.zone,
                "link": self.link,
            }
        )


def link_of(text: str, mailbox: str, window: Window) -> str:
    """The deltaLink of a stored cursor; `CursorExpired` unless it was made for this mailbox and window.

    New dates added to an old link have no effect (T11), so nothing less than equality will do.
    """
    try:
        link = str(json.loads(text)["link"])
    except (ValueError, KeyError, TypeError):
        raise CursorExpired("cursor-unreadable") from None
    if not link:
        raise CursorExpired("cursor-of-pieces")
    if json.loads(text) != json.loads(DeltaCursor(mailbox, window, link).to_text()):
        raise CursorExpired("cursor-of-another-window")
    return link
