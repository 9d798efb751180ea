"""Where to continue reading: what a cursor is good for, and when it has expired."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sync.adapters.groupware.caldav.quirks import COMPARED_EVERY
from sync.adapters.groupware.caldav.sync_state import SyncState, close, open_cursor
from sync.core.window import Window
from sync.errors import CursorExpired

NOW = datetime(2026, 9, 1, tzinfo=UTC)
WINDOW = Window(date(2026, 9, 1), date(2026, 9, 8), "Asia/Tokyo")
CHOICE = ("{user}/", "work")
STATE = SyncState("/dav/taro/work/", "Asia/Tokyo", CHOICE, WINDOW, NOW, token="t1")


@pytest.mark.parametrize("state", [STATE, replace(STATE, token="", ctag="c1"), replace(STATE, zone="")])
def test_a_cursor_comes_back_as_it_was(state: SyncState) -> None:
    later = NOW + COMPARED_EVERY - timedelta(seconds=1)
    assert open_cursor(close(state), WINDOW, CHOICE, later) == state


def test_after_a_day_everything_is_compared_again() -> None:
    with pytest.raises(CursorExpired):
        open_cursor(close(STATE), WINDOW, CHOICE, NOW + timedelta(days=1))


def test_a_cursor_is_good_for_one_calendar_and_one_window() -> None:
    for window, choice in (
        (replace(WINDOW, zone="UTC"), CHOICE),
        (replace(WINDOW, until=date(2026, 9, 9)), CHOICE),
        (WINDOW, ("{user}/", "home")),
        (WINDOW, ("p/{user}/", "work")),
    ):
        with pytest.raises(CursorExpired):
            open_cursor(close(STATE), window, choice, NOW)


def test_a_calendar_without_token_and_ctag_is_listed_each_time() -> None:
    with pytest.raises(CursorExpired):
        open_cursor(close(replace(STATE, token="")), WINDOW, CHOICE, NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("path", None),
        ("zone", 1),
        ("token", None),
        ("listed", "soon"),
        ("listed", "2026-09-01"),
        ("choice", 1),
    ],
)
def test_a_damaged_cursor_has_expired(name: str, value: object) -> None:
    damaged = json.loads(close(STATE)) | {name: value}
    with pytest.raises(CursorExpired):
        open_cursor(json.dumps(damaged), WINDOW, CHOICE, NOW)
    del damaged[name]
    with pytest.raises(CursorExpired):
        open_cursor(json.dumps(damaged), WINDOW, CHOICE, NOW)
