"""Real CalDAV servers for tests: Radicale and Xandikos as processes of their own on a free loopback port, in a
temporary folder, ended by their ids (groupware.md 3.1).

Each test takes a calendar of its own (`Server.person`, `Server.calendar`), so that one server serves a whole run.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from sync.adapters.groupware.caldav.client import Client
from sync.adapters.groupware.caldav.credentials import Credential, read_credential
from sync.adapters.groupware.caldav.discovery import Homes
from sync.adapters.groupware.caldav.quirks import SERVERS, Quirks
from sync.adapters.http import Session
from sync.sandbox.ports import HOST, free_ports
from sync.sandbox.processes import end
from sync.sandbox.stack import RADICALE
from tests.fakes import FakeClock

# Seconds until a server must answer.
PATIENCE = 60.0
ACCOUNT, PASSWORD = "service", "secret"
# Who has a password of their own on Radicale.
PEOPLE = ("taro", "hanako")
# The account may do everything, everybody else what is theirs.
_RIGHTS = """\
[service]
user: service
collection: .*
permissions: RrWw
[root]
user: .+
collection:
permissions: R
[own]
user: .+
collection: {user}(/.*)?
permissions: RrWw
"""
_MAKE_CALENDAR = b"""<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>
</d:prop></d:set></c:mkcalendar>"""


@dataclass
class Server:
    """A server that runs. `home`: where a person's calendars are, `{user}` for the person; `name`: how the calendar
    of a person is found (`Homes`)."""

    kind: str
    url: str
    home: str
    name: Callable[[str], str]
    path: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def quirks(self) -> Quirks:
        return SERVERS[self.kind]

    @property
    def credential(self) -> Credential:
        return read_credential(f"{ACCOUNT}:{PASSWORD}")

    def client(self, session: requests.Session | None = None, clock: FakeClock | None = None) -> Client:
        return Client(session or Session(read_retries=0), self.url, self.credential, clock or FakeClock())

    def homes(self, user: str, clock: FakeClock | None = None) -> Homes:
        return Homes(clock or FakeClock(), self.home, self.name(user))

    def person(self) -> str:
        """Somebody new, with one empty calendar; returns the id."""
        user = f"person{next(self._numbers)}"
        self.calendar(user)
        return user

    def calendar(self, user: str) -> str:
        """Makes the person's calendar; returns its path."""
        path = self.path.replace("{user}", user)
        if self.kind == "radicale":
            self.client().send("MKCOL", f"/{user}/")
        self.client().send(
            "MKCALENDAR", path, _MAKE_CALENDAR, {"Content-Type": "application/xml; charset=utf-8"}
        )
        return path


@contextmanager
def radicale(folder: Path) -> Iterator[Server]:
    (port,) = free_ports(1)
    config = folder / "config"
    config.write_text(RADICALE.format(host=HOST, port=port, folder=folder), encoding="utf-8")
    (folder / "rights").write_text(_RIGHTS, encoding="utf-8")
    users = "".join(f"{user}:{PASSWORD}\n" for user in (ACCOUNT, *PEOPLE))
    (folder / "users").write_text(users, encoding="utf-8")
    with _running([sys.executable, "-m", "radicale", "--config", str(config)], folder, port) as url:
        yield Server("radicale", url, "{user}/", lambda user: "", "/{user}/calendar/")


@contextmanager
def xandikos(folder: Path) -> Iterator[Server]:
    """It knows one person only, who has a calendar for each of ours."""
    (port,) = free_ports(1)
    options = ["-d", str(folder / "data"), "--state-dir", str(folder / "state"), "--autocreate"]
    where = ["--current-user-principal", "/user/", "-l", HOST, "-p", str(port), "--no-detect-systemd"]
    command = [sys.executable, "-m", "xandikos", "serve", *options, *where]
    with _running(command, folder, port) as url:
        yield Server("xandikos", url, "user/", lambda user: user, "/user/calendars/{user}/")


SERVERS_BY_KIND = {"radicale": radicale, "xandikos": xandikos}


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[str]:
    url = f"http://{HOST}:{port}"
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        _await(process, url, log)
        yield url
    finally:
        end(process)


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Until the address speaks HTTP; any status is an answer."""
    session = Session(read_retries=0)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            session.get(url, timeout=5)
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the server did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")
