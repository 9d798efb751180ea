"""The commands: each part alone, one clear sentence when it cannot start, nothing left over when it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sync.sandbox.__main__ import main
from sync.sandbox.ports import free_ports, listen
from sync.sandbox.processes import ChildFailed, Children

ROOT = Path(__file__).parents[2]
PATIENCE = 60


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sync.sandbox", *arguments]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: text for name, text in os.environ.items() if not name.startswith(("PORT_", "AzureWebJobs"))
    }
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def taken_port() -> Iterator[str]:
    with listen(0) as listener:
        listener.listen()
        yield str(listener.getsockname()[1])


def children_of(process: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def assert_one_sentence(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_part_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["nonsense"]) == 2
    assert main(["--help"]) == 0
    assert "microsoft365" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["microsoft365", "groupware", "app"])
def test_a_taken_port_is_one_sentence(part: str) -> None:
    with taken_port() as port:
        done = run(part, "--port", port)
    assert_one_sentence(done, port)


@pytest.mark.parametrize("variable", ["PORT_APP", "PORT_GROUPWARE", "PORT_MICROSOFT365"])
def test_a_taken_port_stops_the_demo_before_anything_starts(variable: str) -> None:
    with taken_port() as port:
        done = run("demo", **{variable: port})
    assert_one_sentence(done, variable)


def test_a_port_that_is_no_number_is_one_sentence() -> None:
    assert_one_sentence(run("demo", PORT_APP="http"), "PORT_APP")
    assert_one_sentence(run("demo", PORT_APP="70000"), "PORT_APP")


def test_a_missing_node_is_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(run("demo", PATH=str(tmp_path)), "Node.js 20")


def test_a_calendar_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(run("demo", "--ics", str(tmp_path / "none.ics")), "none.ics")


def test_the_app_names_the_setting_that_is_missing() -> None:
    assert_one_sentence(run("app", "--port", "0"), "AzureWebJobsStorage is missing")


def test_the_app_names_the_setting_that_is_wrong() -> None:
    done = run(
        "app", "--port", "0", AzureWebJobsStorage="x", KEY_VAULT_URL="file:///none", PUBLIC_URL="ftp://a"
    )
    assert_one_sentence(done, "PUBLIC_URL")


@pytest.mark.parametrize(("part", "path"), [("microsoft365", "/_simulator/"), ("groupware", "/_groupware")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_part_runs_alone_and_stops_cleanly(part: str, path: str, number: signal.Signals) -> None:
    (port,) = free_ports(1)
    process = subprocess.Popen(command(part, "--port", str(port)), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        await_answer(f"http://127.0.0.1:{port}{path}", process)
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            assert requests.get(url, timeout=5).status_code == 200
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{url} does not answer")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command("demo"), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        next(line for line in process.stdout if "sample company" in line)
        children = children_of(process.pid)
        assert len(children) >= 3
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert process.returncode == 0, errors
    assert errors == ""
    assert not any(is_alive(child) for child in children)
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_dies_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start(
            "part", [sys.executable, "-c", "raise SystemExit('no luck')"], os.environ, tmp_path
        )
        with pytest.raises(ChildFailed, match=re.compile("part ended with code 1: no luck")):
            children.await_answer(child, "http://127.0.0.1:9/")
