"""What the demonstration prints: steps with their time, a progress line, and the tables at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable


class Screen:
    """On a terminal the progress line is rewritten in place; into a file it is written once, when it is full."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._is_terminal = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def step(self, ja: str, en: str) -> None:
        print(f"[{self.seconds:5.1f} s] {ja} / {en}", flush=True)

    def note(self, text: str) -> None:
        print(f"          {text}", flush=True)

    def notes(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.note(line)

    def progress(self, done: int, wanted: int) -> None:
        if self._is_terminal:
            print(f"\r          {bar(done, wanted)}", end="", flush=True)

    def progress_ends(self, done: int, wanted: int) -> None:
        lead = "\r" if self._is_terminal else ""
        print(f"{lead}          {bar(done, wanted)}", flush=True)

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(line)
        sys.stdout.flush()


def bar(done: int, wanted: int) -> str:
    return f"{'█' * done}{'░' * (wanted - done)} {done}/{wanted} 人 people"
