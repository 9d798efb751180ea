"""The groupware as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sync.sandbox.groupware import TOKEN
from sync.sandbox.groupware.__main__ import main

COMMAND = [sys.executable, "-m", "sync.sandbox.groupware", "--port", "0"]


def test_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(port) in said


def test_a_database_that_is_none_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other_file = tmp_path / "notes.txt"
    other_file.write_text("not a database " * 100)
    for path in (tmp_path / "no" / "such" / "folder.sqlite", other_file):
        assert main(["--port", "0", "--database", str(path)]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert str(path) in said


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(sign: signal.Signals, tmp_path: Path) -> None:
    options = ["--database", str(tmp_path / "groupware.sqlite"), "--show-as", "busy,free"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().partition("http")[1:]
        address = "".join(url).strip()
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answer = session.get(f"{address}/v1/capabilities", headers=headers, timeout=10)
        assert answer.json()["showAs"] == ["busy", "free"]
        process.send_signal(sign)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
