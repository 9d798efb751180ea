"""The package as Azure would run it: unzipped, in a virtual environment with requirements.txt and nothing else,
driven by the worker library that the platform brings along."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.bicep import ROOT

HOME = ROOT / "build" / "package"
HOST = ROOT / "tests" / "functions" / "worker_host.py"
# The platform's own; the app does not name them.
WORKER = ("azure-functions-runtime==1.3.0", "azurefunctions-extensions-base==1.2.0")


@dataclass(frozen=True)
class Deployed:
    folder: Path
    python: Path
    files: int
    size: int

    def run(self, code: str, environment: Mapping[str, str] | None = None) -> str:
        """What `code` prints in a fresh process in the app's folder."""
        done = subprocess.run(
            [str(self.python), "-c", code],
            cwd=self.folder,
            env=self.environment(environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def host(self, acts: list[tuple[str, dict[str, Any]]], environment: Mapping[str, str]) -> list[Any]:
        """The answers of a fresh worker process to these acts (tests/functions/worker_host.py)."""
        asked = [{"act": act, "with": given, "timed": act in ("start", "http")} for act, given in acts]
        lines = "".join(json.dumps(one) + "\n" for one in asked)
        done = subprocess.run(
            [str(self.python), str(HOST), str(self.folder)],
            cwd=self.folder,
            env=self.environment(environment),
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(acts), done.stderr[-2000:]
        return answers

    def environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        """Nothing of the repository is importable."""
        return {"PATH": os.defpath, "HOME": str(HOME), **(more or {})}


def deploy() -> Deployed:
    """Build and unzip the package, anew when it or the requirements changed. Several processes may ask at once."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _deploy()


def build(target: Path) -> int:
    """Number of files in the package."""
    command = [sys.executable, str(ROOT / "infra" / "package.py"), str(target)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])


def _deploy() -> Deployed:
    wanted = hashlib.sha256(((ROOT / "requirements.txt").read_text() + "".join(WORKER)).encode()).hexdigest()
    environment = HOME / "venv"
    python = environment / "bin" / "python"
    stamp = HOME / "installed"
    if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        venv.create(environment, with_pip=True, clear=True, symlinks=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.txt")], check=True)
        subprocess.run([*pip, "--no-deps", *WORKER], check=True)
        stamp.write_text(wanted)
    target, folder = HOME / "app.zip", HOME / "app"
    before = target.read_bytes() if target.exists() else b""
    files = build(target)
    if not folder.exists() or target.read_bytes() != before:
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(target) as package:
            package.extractall(folder)
        subprocess.run([str(python), "-m", "compileall", "-q", str(folder)], check=True)
    return Deployed(folder, python, files, target.stat().st_size)
