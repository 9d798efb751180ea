"""Watches the whole suite: no secret that was ever stored may stand in a log line or in an answer of the web app.

Hooks of pytest, taken up by `tests/conftest.py`. Each worker of pytest-xdist watches what it runs itself. A value
counts from the moment in which any store of secrets was given it; of a PEM, each line of a private key. What fails is
the test during which it was told, and the message does not tell it again.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import wraps
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.adapters.secrets.file import FileSecrets
from sync.adapters.secrets.keyvault import KeyVaultSecrets
from sync.sandbox.processes import Children
from sync.web.middleware import SafeHeaders
from tests.fakes import MemorySecrets

# Every class that keeps secrets; tests/test_leaks.py finds the ones that are missing here.
STORES: tuple[type[Any], ...] = (FileSecrets, KeyVaultSecrets, MemorySecrets)
# Shorter ones are words of tests ("x", "key") which stand in many a text.
SHORTEST = 12
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END", re.DOTALL)


class Watch:
    """What is secret, and what was told since the last look. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[str, str] = {}
        self._told: list[tuple[str, str]] = []

    def keep(self, name: str, value: str) -> None:
        """`name` is what a report calls it by."""
        with self._lock:
            for part in parts_of(value):
                self._secrets[part] = name

    def hear(self, where: str, text: str) -> None:
        if text:
            with self._lock:
                self._told.append((where, text))

    def leaks(self) -> list[str]:
        """Where a secret was told since the last call, and the name of the secret."""
        with self._lock:
            told, self._told = self._told, []
            secrets = dict(self._secrets)
        whole = "\n".join(text for _, text in told)
        found = [secret for secret in secrets if secret in whole]
        return sorted(
            {f"{secrets[secret]} in {where}" for secret in found for where, text in told if secret in text}
        )


def parts_of(value: str) -> Iterable[str]:
    """What must not be seen of a value: all of it, or of a PEM each line of its private keys; the rest is public."""
    keys = _PRIVATE_KEY.findall(value)
    parts = [line.strip() for key in keys for line in key.splitlines()] if keys else [value.strip()]
    return [part for part in parts if len(part) >= SHORTEST]


WATCH = Watch()


class Listener(logging.Handler):
    """Hears every record that the deployed app would write, as text, with the trace of an exception."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.DEBUG)
        self._watch = watch
        self._format = logging.Formatter("%(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.hear(f"the log of {record.name}", self._format.format(record))


def listen(watch: Watch) -> None:
    """From now on; the level is that of the deployed app (host.json)."""
    root = logging.getLogger()
    root.addHandler(Listener(watch))
    root.setLevel(logging.INFO)
    for store in STORES:
        _watch_store(store, watch)
    Children.stop = _after_reading_logs(Children.stop, watch)  # type: ignore[method-assign]
    SafeHeaders.__call__ = _watched_answers(SafeHeaders.__call__, watch)  # type: ignore[method-assign]


def _watch_store(store: type[Any], watch: Watch) -> None:
    store.set = _after_keeping(store.set, lambda name, value: watch.keep(name, value))
    if store is MemorySecrets:
        start = store.__init__

        @wraps(start)
        def begin(self: Any, **values: str) -> None:
            for name, value in values.items():
                watch.keep(name, value)
            start(self, **values)

        store.__init__ = begin


def _after_keeping(set_it: Callable[..., None], keep: Callable[[str, str], None]) -> Callable[..., None]:
    @wraps(set_it)
    def watched(self: Any, name: str, value: str, *rest: Any, **more: Any) -> None:
        keep(name, value)
        set_it(self, name, value, *rest, **more)

    return watched


def _after_reading_logs(stop: Callable[..., None], watch: Watch) -> Callable[..., None]:
    """What the service and its surroundings wrote as processes of their own."""

    @wraps(stop)
    def watched(self: Children) -> None:
        logs = [(child.name, child.log) for child in self._children]
        stop(self)
        for name, log in logs:
            watch.hear(f"the log of the process {name}", log.read_text("utf-8", "replace"))

    return watched


def _watched_answers(call: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    """Head and body of every answer; `SafeHeaders` is what all of them pass."""

    @wraps(call)
    async def watched(self: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            watch.hear(f"the answer to {scope.get('path')}", _text_of(message))
            await send(message)

        await call(self, scope, receive, sending)

    return watched


def _text_of(message: Mapping[str, Any]) -> str:
    pieces = [piece for pair in message.get("headers", ()) for piece in pair]
    return b"\n".join([*pieces, message.get("body", b"")]).decode("utf-8", "replace")


# -- pytest's hooks -------------------------------------------------------------------------------------------


def pytest_configure() -> None:
    listen(WATCH)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """After the test's own fixtures were taken down."""
    yield
    leaks = WATCH.leaks()
    if leaks:
        pytest.fail(f"a secret was told: {'; '.join(leaks)}", pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was told by fixtures of the session, after its last test."""
    leaks = WATCH.leaks()
    if leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\na secret was told: {'; '.join(leaks)}")
