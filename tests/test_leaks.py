"""The watch over logs and answers sees what it has to see."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

import sync
from sync.adapters.secrets.file import FileSecrets
from sync.sandbox.processes import Children
from sync.web.middleware import SafeHeaders
from tests.fakes import MemorySecrets
from tests.leaks import STORES, WATCH, Watch, parts_of
from tests.sandbox.microsoft365.entra_world import make_pair

ROOT = Path(__file__).parents[1]
SECRET = "planted-secret-value-4711"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """One of its own in place of the session's, which must not hear of the plants."""
    own = Watch()
    for name in ("keep", "hear"):
        monkeypatch.setattr(WATCH, name, getattr(own, name))
    return own


def test_a_value_in_a_log_line_is_seen(watch: Watch) -> None:
    MemorySecrets().set("microsoft365-default-1", SECRET)
    logging.getLogger("anything.at.all").warning("could not use %s", SECRET)
    assert watch.leaks() == ["microsoft365-default-1 in the log of anything.at.all"]
    assert watch.leaks() == [], "each leak once"


def test_a_value_in_the_trace_of_an_exception_is_seen(watch: Watch) -> None:
    MemorySecrets(own=SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("sync").exception("failed")
    assert watch.leaks() == ["own in the log of sync"]


def test_what_was_told_before_it_was_stored_counts_too(watch: Watch, tmp_path: Path) -> None:
    logging.getLogger("sync").info("about to store %s", SECRET)
    FileSecrets(tmp_path / "secrets.json").set("file", SECRET)
    assert watch.leaks() == ["file in the log of sync"]


def test_a_value_in_the_log_of_a_process_is_seen(watch: Watch, tmp_path: Path) -> None:
    MemorySecrets().set("own", SECRET)
    with Children(tmp_path) as children:
        child = children.start("app", [sys.executable, "-c", f"print('{SECRET}')"], os.environ, tmp_path)
        child.process.wait(60)
    assert watch.leaks() == ["own in the log of the process app"]


@pytest.mark.parametrize("where", ["body", "header"])
def test_a_value_in_an_answer_is_seen(watch: Watch, where: str) -> None:
    MemorySecrets().set("own", SECRET)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        text, headers = (SECRET, {}) if where == "body" else ("fine", {"Location": f"/x?secret={SECRET}"})
        await PlainTextResponse(text, headers=headers)(scope, receive, send)

    async def send(message: object) -> None:
        del message

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    scope = {"type": "http", "path": "/api/somewhere", "method": "GET", "headers": []}
    asyncio.run(SafeHeaders(app)(scope, receive, send))
    assert watch.leaks() == ["own in the answer to /api/somewhere"]


def test_of_a_certificate_the_key_is_secret_and_the_rest_is_not(watch: Watch) -> None:
    pair = make_pair()
    MemorySecrets().set("certificate", pair.private + pair.public)
    logging.getLogger("sync").info("%s", pair.public)
    assert watch.leaks() == []
    logging.getLogger("sync").info("line %s", pair.private.splitlines()[3])
    assert watch.leaks() == ["certificate in the log of sync"]
    assert len(list(parts_of(pair.private))) > 20


def test_a_key_may_be_told_by_the_name_of_its_place(watch: Watch) -> None:
    MemorySecrets().set("groupware-key", "key")
    logging.getLogger("sync").info("the key groupware-key")
    assert watch.leaks() == []


def test_every_store_of_secrets_is_watched() -> None:
    """By its methods: a class that has `set(name, value)` and `expires(name)` keeps secrets."""
    found = set()
    for module in pkgutil.walk_packages(sync.__path__, "sync."):
        if ".__main__" in module.name:
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and hasattr(kind, "set") and hasattr(kind, "expires"):
                found.add(kind)
    # One is the port, and one stores nothing.
    names = {f"{kind.__module__}.{kind.__name__}" for kind in found - set(STORES)}
    assert names == {"sync.ports.runtime.Secrets", "sync.sandbox.fidelity.storage.Secrets"}


def test_a_planted_leak_fails_the_suite_and_is_not_told_again(tmp_path: Path) -> None:
    planted = tmp_path / "test_planted.py"
    planted.write_text(
        dedent(
            f"""
            import logging
            from tests.fakes import MemorySecrets

            def test_leaks():
                MemorySecrets().set("own", "{SECRET}")
                logging.getLogger("sync").info("using %s", "{SECRET}")

            def test_does_not():
                logging.getLogger("sync").info("using own")
            """
        ),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.leaks", "-p", "no:cacheprovider", "-n", "0"]
    command += [
        "--no-header",
        "--tb=line",
        "--show-capture=no",
        "-c",
        "/dev/null",
        "--rootdir",
        str(tmp_path),
    ]
    ended = subprocess.run(
        [*command, str(planted)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "2 passed, 1 error" in ended.stdout
    assert "a secret was told: own in the log of sync" in ended.stdout
    assert SECRET not in ended.stdout
