"""Secrets of one machine: a JSON file, readable by its owner only. For the sandbox, not for a deployment."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sync.errors import NeedsAdministrator

OTHERS = 0o077


class FileSecrets:
    """One process writes; each write replaces the file as a whole, so that a reader never sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        entry = self._read().get(name)
        return entry["value"] if entry else None

    def set(self, name: str, value: str, expires: datetime | None = None) -> None:
        entry = {"value": value} | ({"expires": expires.isoformat()} if expires else {})
        with self._lock:
            self._write({**self._read(), name: entry})

    def delete(self, name: str) -> None:
        with self._lock:
            entries = self._read()
            if entries.pop(name, None) is not None:
                self._write(entries)

    def expires(self, name: str) -> datetime | None:
        return _end(self._read().get(name, {}))

    def forget(self, name: str) -> None:
        """Every `get` reads the file."""

    def _read(self) -> dict[str, dict[str, str]]:
        """Asked of the open file, not of its name: nothing can be put in its place in between."""
        try:
            with self._path.open(encoding="utf-8") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                if mode & OTHERS:
                    raise NeedsAdministrator("secrets-file-open", {"mode": f"{mode:04o}"})
                return _checked(json.load(file))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise NeedsAdministrator("secrets-file-unreadable", {"reason": type(error).__name__}) from error
        except ValueError as error:
            raise NeedsAdministrator("secrets-file-damaged") from error

    def _write(self, entries: Mapping[str, Mapping[str, str]]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # mkstemp makes files that only the owner may read.
            number, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    json.dump(entries, file, ensure_ascii=False, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise NeedsAdministrator("secrets-file-unwritable", {"reason": type(error).__name__}) from error


def _checked(said: object) -> dict[str, dict[str, str]]:
    if not isinstance(said, dict):
        raise ValueError("not an object")
    for entry in said.values():
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), str):
            raise ValueError("an entry without a value")
        _end(entry)
    return said


def _end(entry: Mapping[str, str]) -> datetime | None:
    """An entry made by hand may name a time without its zone: it is UTC."""
    if "expires" not in entry:
        return None
    end = datetime.fromisoformat(entry["expires"])
    return end if end.tzinfo is not None else end.replace(tzinfo=UTC)
