"""What the stories about bad input and failures share: a person's small acts, and looks at what a pass reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync.core.event import Side
from sync.core.link import Link, Problem
from sync.core.settings import Connection, OrganizationSettings, State, WindowSettings
from sync.core.window import BaseRange
from sync.ports import PassRecord, PassState
from sync.sandbox.microsoft365.errors import GraphError
from sync.sandbox.microsoft365.event import Content
from tests.e2e.world import Conditions, G, World

Json = dict[str, Any]

AT = "2026-11-18T10:00:00"
TOKYO = "Tokyo Standard Time"
# Long enough for every parked event to be tried again.
A_DAY = timedelta(days=1)
# So often that a script of the simulators never ends.
FOREVER = 100_000


@contextmanager
def office(**conditions: Any) -> Iterator[World]:
    """A quiet world."""
    world = World(Conditions(**conditions))
    try:
        yield world
    finally:
        world.close()


def wide(past: int = 60, future: int = 200, **more: Any) -> OrganizationSettings:
    """A window that holds both changes of the clocks."""
    return OrganizationSettings(automatic_window=WindowSettings(BaseRange.TODAY, past, future), **more)


# -- a person's acts --------------------------------------------------------------------------------------------


def in_groupware(world: World, title: str = "打合せ", **more: Any) -> str:
    """An event of one hour on the person's schedule; its id."""
    event = {"title": title, **({"start": AT} if "start" not in more else {}), **more}
    return str(world.groupware.create(event, by=world.user)["id"])


def in_outlook(world: World, subject: str | None = "打合せ", **more: Any) -> str:
    """An event of one hour in the person's mailbox; its id."""
    times = {"start": AT, "end": "2026-11-18T11:00:00"} if "start" not in more else {}
    words = {"subject": subject} if subject is not None else {}
    return world.mailbox.create(**{**words, **times, **more})


def edit_groupware(world: World, event_id: str, **changes: Any) -> None:
    world.groupware.edit(event_id, changes, by=world.user)


# -- behind the services' validation ----------------------------------------------------------------------------


def smuggle(world: World, event_id: str, *, drop: Iterable[str] = (), **fields: Any) -> None:
    """Change an event in the groupware's database behind its validation, as a careless vendor would hold it."""
    store, feed = world.groupware.store, world.groupware.schedule.feed
    with store.transaction() as connection:
        row = connection.execute("SELECT document FROM events WHERE id = ?", (event_id,)).fetchone()
        users = {
            user
            for (user,) in connection.execute(
                "SELECT user_id FROM schedules WHERE event_id = ?", (event_id,)
            ).fetchall()
        }
        seq = store.next_number()
        event = json.loads(row[0]) | fields | {"version": str(seq)}
        for name in drop:
            del event[name]
        connection.execute(
            "UPDATE events SET document = ?, version = ? WHERE id = ?",
            (json.dumps(event), str(seq), event_id),
        )
        feed.record(event_id, seq, users, users, None)


def distort(world: World, event_id: str, change: Callable[[Content], Content]) -> None:
    """Change an event in the mailbox behind Graph's validation, as old clients do."""
    item, _ = world.mailbox.find(event_id)
    item.content = change(item.content)
    world.mailbox.touch(item)


def poison(world: World, side: Side, title: str, status: int = 500, code: str = "ErrorInternal") -> None:
    """Every write of an event with this title in its body is answered with an error, for ever."""
    if side is G:
        world.front(G, lambda app: Poisoned(app, title, status))
        return
    for name in ("insert", "update"):
        inner = getattr(world.mailbox, name)

        def refuse(*args: Any, _inner: Callable[..., Any] = inner, **kwargs: Any) -> Any:
            if any(isinstance(part, dict) and part.get("subject") == title for part in args):
                raise GraphError(status, code, "This one never works.")
            return _inner(*args, **kwargs)

        setattr(world.mailbox, name, refuse)


class Poisoned:
    """A WSGI application that fails for every write which contains a text, and works otherwise."""

    def __init__(self, app: Any, text: str, status: int) -> None:
        self._app, self._text, self._status = app, text, status

    def __call__(self, environ: Json, start_response: Callable[..., Any]) -> Any:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        said = json.loads(body) if body else {}
        if isinstance(said, dict) and said.get("title") == self._text:
            start_response(f"{self._status} Broken", [("Content-Type", "text/html")])
            return [b"<html>Internal error</html>"]
        return self._app(environ, start_response)


Answer = tuple[str, bytes]


class Answering:
    """A WSGI application in front of another: `rewrite` may change what is answered, by method, path and body."""

    def __init__(self, app: Any, rewrite: Callable[[str, str, Answer], Answer]) -> None:
        self._app, self._rewrite = app, rewrite

    def __call__(self, environ: Json, start_response: Callable[..., Any]) -> Any:
        said: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said[:] = [status, headers]
            return lambda _chunk: None

        body = b"".join(self._app(environ, note))
        status, headers = said
        status, body = self._rewrite(environ["REQUEST_METHOD"], environ["PATH_INFO"], (status, body))
        start_response(status, [(n, v) for n, v in headers if n.lower() != "content-length"])
        return [body]


# -- looks ------------------------------------------------------------------------------------------------------


def passed(world: World, person: Connection | None = None) -> PassRecord:
    """One pass that ends well."""
    record = world.run(person=person)
    assert record is not None
    assert record.state is PassState.DONE, record
    return record


def failed(world: World, person: Connection | None = None) -> PassRecord:
    """One pass that cannot be carried out, and says so."""
    record = world.run(person=person)
    assert record is not None
    assert record.state is PassState.FAILED, record
    return record


def later(world: World, person: Connection | None = None) -> PassRecord:
    """A pass when everything that waits is due again."""
    world.clock.advance(A_DAY)
    return passed(world, person)


def assert_still(world: World, person: Connection | None = None) -> None:
    """Both sides agree: another pass writes nothing, today and tomorrow."""
    before = world.writes()
    passed(world, person)
    later(world, person)
    assert world.writes() == before, "a pass without edits writes"


def assert_mails(world: World, count: int = 0) -> None:
    assert len(world.tenant.outbox) == count, world.tenant.outbox.mails()


def rows(record: PassRecord) -> list[Json]:
    found = record.report.get("actions", [])
    assert isinstance(found, list)
    return found


def parked(record: PassRecord) -> dict[str, tuple[str, Json]]:
    """What the pass left for later: id of the event on the side it was seen -> reason and detail."""
    return {
        str(row.get("groupwareId") or row.get("outlookId")): (row["reason"], row.get("detail", {}))
        for row in rows(record)
        if row["action"] == "park"
    }


def reasons(record: PassRecord) -> Json:
    found = record.report["reasons"]
    assert isinstance(found, dict)
    return found


def counts(record: PassRecord, side: Side) -> Json:
    """Writes that the pass made on a side, by verb."""
    found = record.report["counts"]
    assert isinstance(found, dict)
    return dict(found[side.value])


def state_of(world: World) -> tuple[State, str]:
    """State and error of the person, as the administrator sees them."""
    connection = world.connections.get("default", world.user)
    assert connection is not None
    return connection.state, connection.error


def links(world: World, person: Connection | None = None) -> list[Link]:
    return list(world.links.load(person or world.connection)[0])


def problems(world: World, person: Connection | None = None) -> dict[str, Problem]:
    """What people see as the events' problems, by the id of the event on the side it was seen."""
    return {
        (link.groupware or link.outlook).id: link.problem  # type: ignore[union-attr]
        for link in links(world, person)
        if link.problem is not None
    }


def twin(world: World, event_id: str, person: Connection | None = None) -> str:
    """The id of the linked event on the other side."""
    for link in links(world, person):
        if link.groupware and link.outlook and event_id in (link.groupware.id, link.outlook.id):
            return link.outlook.id if event_id == link.groupware.id else link.groupware.id
    raise AssertionError(f"{event_id} is not linked")


def outlook(world: World, event_id: str) -> Json:
    """The event as Outlook holds it, by its own id or its groupware twin's."""
    events = {event["id"]: event for event in world.mailbox.events()}
    return events[event_id] if event_id in events else events[twin(world, event_id)]


def groupware(world: World, event_id: str) -> Json:
    """The event as the groupware holds it, by its own id or its Outlook twin's."""
    found = world.groupware.get(event_id) or world.groupware.get(twin(world, event_id))
    assert found is not None
    return found


def instants(world: World, event_id: str) -> tuple[datetime, datetime]:
    """Start and end as Outlook holds them, by the event's own id or its groupware twin's."""
    shown = world.mailbox.snapshot()
    found = shown[event_id] if event_id in shown else shown[twin(world, event_id)]
    return datetime.fromisoformat(found["start"]), datetime.fromisoformat(found["end"])


def days(world: World, event_id: str) -> tuple[str, str]:
    """First day and the day after the last as Outlook holds them, by the event's own id or its groupware twin's."""
    shown = world.mailbox.snapshot()
    found = shown[event_id] if event_id in shown else shown[twin(world, event_id)]
    assert found["isAllDay"]
    return found["start"], found["end"]


def sizes(world: World) -> tuple[int, int]:
    """How many events stand in the groupware and in Outlook."""
    return len(world.groupware.events_of(world.user)), len(world.mailbox.events())


def linked(world: World, count: int, first_day: int = 16) -> list[str]:
    """So many events on both sides, linked; their groupware ids."""
    ids = [
        in_groupware(
            world, f"予定 {number}", start=f"2026-11-{first_day + number % 12:02d}T0{number % 9}:30:00"
        )
        for number in range(count)
    ]
    passed(world)
    assert sizes(world) == (len(world.groupware.events_of(world.user)),) * 2
    return ids


def change_settings(world: World, **changes: Any) -> None:
    """The administrator saves other common settings."""
    world.settings = replace(world.settings, **changes)
    world.restart()
