"""Runs a script of infra/ with stand-ins for `az` and `curl`, which answer from a table and note their calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.infra.bicep import INFRA, ROOT

STAND_IN = """#!{python}
import json, os, sys
name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
# Files that are handed over are gone when the script ends.
said = [open(one[1:]).read() if one.startswith("@") else one for one in arguments]
with open({calls!r}, "a") as log:
    log.write(json.dumps([name, arguments, said]) + "\\n")
line = " ".join([name, *arguments])
for start, code, text in json.load(open({answers!r})):
    if line.startswith(start):
        print(text, end="")
        sys.exit(code)
"""


@dataclass
class Stage:
    """`answers`: beginning of a command line -> what it prints, or its exit code. The first that fits is taken."""

    folder: Path
    answers: dict[str, str | int] = field(default_factory=dict)

    def run(self, script: str, *arguments: str, without: Sequence[str] = (), **environment: str) -> Ended:
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(exist_ok=True)
        table = [
            [start, said if isinstance(said, int) else 0, "" if isinstance(said, int) else said]
            for start, said in self.answers.items()
        ]
        (self.folder / "answers.json").write_text(json.dumps(table))
        calls = self.folder / "calls"
        calls.write_text("")
        text = STAND_IN.format(
            python=sys.executable, calls=str(calls), answers=str(self.folder / "answers.json")
        )
        for name in ("az", "curl"):
            path = bin_folder / name
            path.unlink(missing_ok=True)
            if name not in without:
                path.write_text(text)
                path.chmod(0o755)
        done = subprocess.run(
            ["bash", str(INFRA / script), *arguments],
            cwd=ROOT,
            env={
                "PATH": f"{bin_folder}:{os.defpath}",
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        noted = [json.loads(line) for line in calls.read_text().splitlines()]
        return Ended(done.returncode, done.stdout, done.stderr, [Call(*one) for one in noted])


@dataclass(frozen=True)
class Call:
    """`said`: the arguments with the files of `@file` read."""

    tool: str
    arguments: list[str]
    said: list[str]

    def option(self, name: str) -> str:
        return self.said[self.said.index(name) + 1]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str
    calls: list[Call]

    def of(self, *start: str) -> list[Call]:
        return [call for call in self.calls if call.arguments[: len(start)] == list(start)]


# Beginnings of commands that change something.
CHANGES = (
    ("ad", "app", "create"),
    ("ad", "app", "update"),
    ("ad", "app", "federated-credential", "create"),
    ("ad", "app", "federated-credential", "update"),
    ("ad", "sp", "create"),
    ("group", "create"),
    ("deployment", "group", "create"),
    ("functionapp", "deployment"),
)


def changes(ended: Ended) -> list[Call]:
    return [call for start in CHANGES for call in ended.of(*start)]


def merged(*tables: Mapping[str, str | int]) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for table in tables:
        found.update(table)
    return found
