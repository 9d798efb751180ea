"""Which calendar files are looked at: those of a folder, or the test calendars of two libraries' source packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

PINS = Path(__file__).with_name("calendars.txt")


class NotFetched(Exception):
    """Raised when the source packages cannot be had; the message says what to do."""


def files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".ics" and file.is_file())


def fetched(folder: Path) -> Path:
    """The calendars of the pinned source packages below `folder`; fetched once, afterwards no network is needed."""
    calendars = folder / "calendars"
    pins = PINS.read_text("utf-8")
    stamp = calendars / ".pins"
    if stamp.is_file() and stamp.read_text("utf-8") == pins:
        return calendars
    packages = folder / "packages"
    download(packages)
    shutil.rmtree(calendars, ignore_errors=True)
    for name in pinned_names(pins):
        unpack(packages / name, calendars)
    stamp.write_text(pins, "utf-8")
    return calendars


def pinned_names(pins: str) -> Iterator[str]:
    """The file names of the source packages."""
    for line in pins.splitlines():
        if line and not line.startswith("#"):
            name, version = line.split()[0].split("==")
            yield f"{name.replace('-', '_')}-{version}.tar.gz"


def download(packages: Path) -> None:
    if all((packages / name).is_file() for name in pinned_names(PINS.read_text("utf-8"))):
        return
    # Only these two as source: everything that builds them may come ready made.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", "icalendar,recurring-ical-events", "--require-hashes"]
    command += ["--dest", str(packages), "--requirement", str(PINS)]
    packages.mkdir(parents=True, exist_ok=True)
    if subprocess.run(command, check=False).returncode:
        raise NotFetched(f"pip could not fetch the packages of {PINS.name}; see its message above.")


def unpack(package: Path, calendars: Path) -> None:
    """Only the calendar files, and never outside `calendars`."""
    with tarfile.open(package) as archive:
        wanted = [
            member for member in archive.getmembers() if member.isfile() and member.name.endswith(".ics")
        ]
        archive.extractall(calendars, members=wanted, filter="data")
