"""`make check-az`: holds every az command line of the scripts and the operations page against azure-cli's own parser.

The real az parses a command before it looks for a login or a service: what the parser refuses ends with 2, a right
line gets further and fails for want of Azure (azure-hosting.md 4). azure-cli is large: it has an environment of its
own in build/azure-cli.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.infra.bicep import INFRA, ROOT, text_of
from tests.infra.stage import Call, Stage
from tests.infra.test_scripts import DEPLOYED, KNOWN_APP, NEW_APP, PARAMETERS, SIGNED_IN

VERSION = "azure-cli==2.91.0"
HOME = ROOT / "build" / "azure-cli"
PAGES = (ROOT / "README.md", INFRA / "operations.md")


def installed() -> Path:
    az = HOME / "bin" / "az"
    if not az.exists():
        print(f"check-az: installing {VERSION} (several minutes the first time)", flush=True)
        venv.create(HOME, with_pip=True, clear=True)
        pip = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, VERSION], check=True)
    return az


def of_the_scripts(folder: Path) -> Iterator[list[str]]:
    rounds = (
        ("register-app.sh", NEW_APP, ("--resource-group", "rg")),
        ("register-app.sh", KNOWN_APP, ("--resource-group", "rg", "--expiry-from-graph")),
        (
            "register-app.sh",
            KNOWN_APP | {"az ad app federated-credential list": "another"},
            ("--resource-group", "rg"),
        ),
        (
            "deploy.sh",
            DEPLOYED | {"az group exists": "false"},
            ("--resource-group", "rg", "--parameters", PARAMETERS, "--location", "japaneast", "--yes"),
        ),
    )
    for number, (script, answers, arguments) in enumerate(rounds):
        stage = Stage(folder / str(number), {**answers, **SIGNED_IN})
        stage.folder.mkdir()
        ended = stage.run(script, *arguments)
        assert ended.code == 0, ended.err
        for count, call in enumerate(ended.calls):
            if call.tool == "az":
                yield with_files(call, stage.folder / f"call{count}")


def with_files(call: Call, folder: Path) -> list[str]:
    """The command with files of its own in place of those that are gone."""
    folder.mkdir()
    made = []
    for number, (argument, said) in enumerate(zip(call.arguments, call.said, strict=True)):
        if not argument.startswith("@"):
            made.append(argument)
            continue
        path = folder / f"{number}.json"
        path.write_text(said)
        made.append(f"@{path}")
    return made


def of_the_pages() -> Iterator[list[str]]:
    """Lines of code blocks that begin with az; capitals stand for what the reader fills in, FILE for a file."""
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash)?\n(.*?)```", text_of(page), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip().startswith("az "):
                    words = shlex.split(line.strip(), comments=True)[1:]
                    if words == ["login"]:
                        continue  # where there is a network it would wait for a person
                    yield [__file__ if word == "FILE" else word for word in words]


def refused(az: Path, arguments: list[str], folder: str) -> str | None:
    """What the parser has against the command, None if nothing."""
    done = subprocess.run(
        [str(az), *arguments],
        env={**os.environ, "AZURE_CONFIG_DIR": folder, "AZURE_CORE_COLLECT_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.stderr.strip() if done.returncode == 2 else None


def main() -> int:
    az = installed()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        folder = Path(name)
        lines = {shlex.join(one): one for one in [*of_the_scripts(folder), *of_the_pages()]}
        # The parser has to be seen refusing: a check that accepts everything checks nothing.
        assert refused(az, ["group", "create", "--no-such-option", "x"], name)
        found = dict(zip(lines, pool.map(lambda one: refused(az, one, name), lines.values()), strict=True))
    for line, why in found.items():
        print(f"{'wrong' if why else 'ok   '}  az {line}")
        if why:
            print(f"       {why}")
    wrong = sum(why is not None for why in found.values())
    print(f"{len(found) - wrong} of {len(found)} command lines are right")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
