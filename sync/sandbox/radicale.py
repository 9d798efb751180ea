"""Radicale, a real CalDAV server, in this process: behind the transport that needs no socket."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from radicale import config
from radicale.app import Application

from sync.adapters.groupware.caldav.client import Client, Sleeper
from sync.adapters.groupware.caldav.collection import Collection
from sync.adapters.groupware.caldav.credentials import read_credential
from sync.adapters.http import Session
from sync.sandbox.inprocess import InProcess

BASE = "http://127.0.0.1:5"
HOME = "{user}/"
SECRET = "service:secret"
_EVENTS = """<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>{more}
</d:prop></d:set></c:mkcalendar>"""
_ZONE = "<c:calendar-timezone>BEGIN:VTIMEZONE\nTZID:{zone}\nEND:VTIMEZONE</c:calendar-timezone>"


def radicale_app(folder: Path) -> Any:
    """A WSGI application that lets everybody do everything; `folder` holds its collections."""
    found = config.load()
    options: dict[str, dict[str, Any]] = {
        "auth": {"type": "none"},
        "rights": {"type": "authenticated"},
        # Catches a connector that forgets If-Match.
        "storage": {
            "filesystem_folder": str(folder),
            "strict_preconditions": "True",
            "_filesystem_fsync": "False",
        },
        "web": {"type": "none"},
        "logging": {"level": "error"},
    }
    found.update(options, "sandbox", privileged=True)
    # It has a logger of its own making, with a traceback for each resource that it refuses.
    logging.getLogger("radicale").setLevel(logging.CRITICAL)
    return Application(found)


def session_of(app: Any) -> Session:
    session = Session(read_retries=0)
    # The transport hands bodies over as they are.
    session.headers["Accept-Encoding"] = "identity"
    session.mount(BASE, InProcess(app))
    return session


def client_of(session: Session, clock: Sleeper) -> Client:
    return Client(session, BASE, read_credential(SECRET), clock)


def make_calendar(client: Client, user: str, zone: str = "") -> Collection:
    """The person's calendar, empty. `zone`: the one that it says floating times are in."""
    path = f"/{user}/calendar/"
    client.send("MKCOL", f"/{user}/")
    body = _EVENTS.format(more=_ZONE.format(zone=escape(zone)) if zone else "")
    client.send("MKCALENDAR", path, body.encode(), {"Content-Type": "application/xml; charset=utf-8"})
    return Collection(client, path)
