"""Child processes: each with a file for what it says, ended one by one by their ids, in the order they came last."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import requests

START_PATIENCE = 60.0  # seconds until a child must answer
STOP_PATIENCE = 15.0
LAST_LINES = 5
STOPPERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildFailed(Exception):
    """Raised when a child ended or does not answer; the text is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return " / ".join(line.strip() for line in lines[-LAST_LINES:] if line.strip())


class Children:
    """Use as a context manager: nothing that was started outlives it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Child:
        """In a session of its own, so that Ctrl-C reaches only us and the children end in order."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(name, process, log)
        self._children.append(child)
        return child

    def await_answer(self, child: Child, url: str) -> None:
        """Until the address speaks HTTP; any status is an answer."""
        session = requests.Session()
        session.trust_env = False  # no proxy stands before this machine
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            self.check()
            try:
                session.get(url, timeout=5)
            except requests.RequestException:
                time.sleep(0.1)
            else:
                return
        raise ChildFailed(
            f"{child.name} did not answer within {START_PATIENCE:.0f} seconds: {child.last_words()}"
        )

    def check(self) -> None:
        """`ChildFailed` if one of them has ended."""
        for child in self._children:
            code = child.process.poll()
            if code is not None:
                raise ChildFailed(f"{child.name} ended with code {code}: {child.last_words()}")

    def stop(self) -> None:
        """A second Ctrl-C does not interrupt this; a child that does not end is killed."""
        before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPPERS}
        try:
            while self._children:
                end(self._children.pop().process)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_like_ctrl_c() -> None:
    """SIGTERM, and the end of the terminal, stop this process as Ctrl-C does: through every `with`."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
