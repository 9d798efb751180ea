"""The simulator as a process: starting, answering over a socket, a taken port, stopping."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[3]
COMMAND = [
    sys.executable,
    "-c",
    "import sys; from sync.sandbox.microsoft365.server import main; sys.exit(main())",
]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "--port", str(port), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(port, process)
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(200):
        assert process.poll() is None, process.communicate()
        try:
            requests.get(f"http://127.0.0.1:{port}/_simulator/", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail("the simulator did not start")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_the_people_of_its_file_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "people.json"
    people = [{"userPrincipalName": "taro@example.com", "displayName": "太郎"}]
    applications = [{"clientId": "client", "secret": "secret"}]
    file.write_text(
        json.dumps({"tenantId": "tenant", "users": people, "applications": applications}), "utf-8"
    )
    port = free_port()
    with running(port, "--users", str(file), "--nice") as process, requests.Session() as session:
        form = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret"}
        form["scope"] = "https://graph.microsoft.com/.default"
        token = session.post(f"http://127.0.0.1:{port}/tenant/oauth2/v2.0/token", data=form, timeout=5).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        answer = session.get(
            f"http://127.0.0.1:{port}/v1.0/users/taro@example.com", headers=headers, timeout=5
        )
        assert answer.json()["displayName"] == "太郎"
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert process.returncode == 0
        assert "tenant tenant, 1 users" in output
        assert errors == ""


def start_in_vain(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )


def test_a_taken_port_is_one_sentence_and_exit_code_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start_in_vain("--port", str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"Port {port} cannot be used")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("content", [None, "{", "[]", '{"users": [{"mail": "no upn"}]}'])
def test_a_people_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "people.json"
    if content is not None:
        file.write_text(content, "utf-8")
    done = start_in_vain("--users", str(file))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(file) in done.stderr
