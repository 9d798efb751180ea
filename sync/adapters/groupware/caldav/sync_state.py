"""Where to continue reading a calendar: our cursor, with the server's sync token or ctag in it. Pure.

Tokens are trusted for a day only: servers answer dead ones as if they were good, and then tell no deletions
(groupware.md 3.4). After that the cursor has expired, and the listing that follows is compared with everything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sync.adapters.groupware.caldav.quirks import COMPARED_EVERY
from sync.core.window import Window
from sync.errors import CursorExpired

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class SyncState:
    """`path`, `zone`: the calendar (`discovery.Home`), so that nothing has to be looked for; `choice`: what decided
    that it is this one (`Homes.choice`); `listed`: when everything was compared last. `token` or `ctag` is given, or
    none where the server has neither.
    """

    path: str
    zone: str
    choice: tuple[str, str]
    window: Window
    listed: datetime
    token: str = ""
    ctag: str = ""


def close(state: SyncState) -> str:
    return json.dumps(
        {
            "v": _VERSION,
            "path": state.path,
            "zone": state.zone,
            "choice": list(state.choice),
            "window": _window(state.window),
            "listed": state.listed.isoformat(),
            "token": state.token,
            "ctag": state.ctag,
        }
    )


def open_cursor(cursor: str, window: Window, choice: tuple[str, str], now: datetime) -> SyncState:
    """`CursorExpired` if it was made for another window or calendar, is older than a day, or cannot be read."""
    try:
        found = json.loads(cursor)
        if found["v"] != _VERSION:
            raise ValueError("version")
        state = SyncState(
            path=_text(found["path"]),
            zone=_text(found["zone"]),
            choice=choice,
            window=window,
            listed=datetime.fromisoformat(found["listed"]),
            token=_text(found["token"]),
            ctag=_text(found["ctag"]),
        )
        made_for = found["window"], tuple(found["choice"])
        age = now - state.listed
    except (ValueError, KeyError, TypeError) as error:
        raise CursorExpired("cursor-malformed") from error
    if made_for != (_window(window), choice):
        raise CursorExpired("window-moved")
    if not (state.token or state.ctag) or age >= COMPARED_EVERY:
        raise CursorExpired("cursor-expired")
    return state


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("text")
    return found


def _window(window: Window) -> list[str]:
    return [window.first.isoformat(), window.until.isoformat(), window.zone]
