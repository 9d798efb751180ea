"""`make fidelity`: every event of a folder of calendar files through a sync, held against an independent expander.

Writes `build/fidelity.json` and prints a table. Exit code 1 if an event is wrong, 2 if there is nothing to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from sync.sandbox.fidelity.caldav import KIND
from sync.sandbox.fidelity.corpus import NotFetched, fetched, files_in
from sync.sandbox.fidelity.diagnostics import Outcome
from sync.sandbox.fidelity.examine import CONNECTOR, FileVerdict, examine
from sync.sandbox.fidelity.report import lines, to_json, totals

BUILD = Path("build/fidelity")
OUT = Path("build/fidelity.json")
NOTHING = 2


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sync.sandbox.fidelity", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="of .ics files, searched with its subfolders")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument(
        "--groupware", choices=(CONNECTOR, KIND), default=CONNECTOR, help="caldav: Radicale is the groupware"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(argv)
    try:
        folder = asked.folder or fetched(BUILD)
    except NotFetched as error:
        return stop(str(error))
    files = files_in(folder)
    if not files:
        return stop(f"there is no .ics file in {folder}")
    began = time.monotonic()
    verdicts = examine_all(folder, files, asked.processes, asked.groupware)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    report = to_json(verdicts)
    asked.out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print("\n".join(lines(verdicts)))
    said = ", ".join(f"{count} {name}" for name, count in totals(verdicts).items())
    print(
        f"\n{said}: {report['occurrences']} occurrences compared, {time.monotonic() - began:.0f} s, {asked.out}"
    )
    return 1 if report[Outcome.WRONG] else 0


def examine_all(
    folder: Path, files: Sequence[Path], processes: int, kind: str = CONNECTOR
) -> list[FileVerdict]:
    """In the order of `files`; the largest are begun first."""
    if processes < 2:
        return [examine(file, name_of(file, folder), kind) for file in files]
    with ProcessPoolExecutor(processes) as pool:
        begun = {
            file: pool.submit(examine, file, name_of(file, folder), kind)
            for file in sorted(files, key=lambda file: -file.stat().st_size)
        }
        return [begun[file].result() for file in files]


def name_of(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def stop(reason: str) -> int:
    print(f"fidelity: {reason}", file=sys.stderr)
    return NOTHING


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
