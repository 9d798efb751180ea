"""The groupware from Python: what its administrator sets up and what its people do, for tests and the demo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask

from sync.sandbox.clock import Clock
from sync.sandbox.faults import Faults
from sync.sandbox.groupware.counters import Counters
from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.entry_form import with_defaults
from sync.sandbox.groupware.hand_over import HandOvers, SyncService
from sync.sandbox.groupware.schedule import By
from sync.sandbox.groupware.series_acts import SeriesActs
from sync.sandbox.groupware.server import build_schedule, create_app
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.switches import Switches

Json = dict[str, Any]


class Groupware(SeriesActs):
    """One groupware with its database, its HTTP side (`app`, a WSGI application) and its people.

    What a person is refused raises `problems.Problem`, as over HTTP. Ids of events are made from `seed`. `requests`
    counts the calls of the contract, `faults` and `switches` make it awkward. With a `service` people sign in at
    `/sign-in`; `fetch_keys` gets that service's key set in its place, for tests without a socket.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        switches: Switches | None = None,
        faults: Faults | None = None,
        tokens: Mapping[str, frozenset[str]] | None = None,
        service: SyncService | None = None,
        fetch_keys: Callable[[str], Json] | None = None,
    ) -> None:
        self.switches = switches or Switches()
        self.faults, self.requests = faults or Faults.none(seed), Counters()
        self.store = Store(path, clock=clock, seed=seed)
        self.schedule = build_schedule(self.store, self.switches)
        self.directory = self.schedule.directory
        self.app: Flask = create_app(
            self.store,
            tokens=tokens,
            switches=self.switches,
            faults=self.faults,
            counters=self.requests,
            schedule=self.schedule,
            service=service,
            hand_overs=HandOvers(service, self.store.clock, fetch_keys) if service else None,
        )

    def __enter__(self) -> Groupware:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    # --- the administrator ---

    def add_user(
        self,
        name: str,
        *,
        id: str | None = None,
        email: str | None = None,
        time_zone: str | None = None,
        organizations: Iterable[str] = (),
    ) -> str:
        """Every add_… returns the id; without one it is u-1, u-2 … (o-, f-, t-)."""
        fields = {"name": name, "email": email, "timeZone": time_zone, "organizationIds": list(organizations)}
        return self._put(Kind.USER, id, fields)

    def add_organization(
        self, name: str, *, id: str | None = None, email: str | None = None, parent: str | None = None
    ) -> str:
        return self._put(Kind.ORGANIZATION, id, {"name": name, "email": email, "parentId": parent})

    def add_facility(
        self,
        name: str,
        *,
        id: str | None = None,
        email: str | None = None,
        kind: str = "room",
        needs_approval: bool = False,
        bookable: bool = True,
    ) -> str:
        fields = {
            "name": name,
            "email": email,
            "kind": kind,
            "needsApproval": needs_approval,
            "bookable": bookable,
        }
        return self._put(Kind.FACILITY, id, fields)

    def add_event_type(self, name: str, *, id: str | None = None, color: str | None = None) -> str:
        return self._put(Kind.EVENT_TYPE, id, {"name": name, "color": color})

    def change(self, kind: Kind, id: str, **fields: Any) -> Json:
        """Change an entry of the directory (`active=False` when somebody left); fields as the contract names them."""
        self.directory.get(kind, id)
        return self.schedule.change_directory(kind, id, fields)

    def remove_user(self, id: str) -> None:
        """Gone from the directory: 404 from then on. Events that name the user stay as they are."""
        self.directory.remove(Kind.USER, id)

    # --- people ---

    def create(self, event: Mapping[str, Any], by: str) -> Json:
        """The event as it is then. Only `title` and `start` are needed (and `end` in day-based forms)."""
        return self.schedule.create(with_defaults(event, self.directory.get(Kind.USER, by)), By(by))

    def edit(self, id: str, changes: Mapping[str, Any], by: str) -> Json:
        """Changes as in PATCH: only what is named; null resets."""
        return self.schedule.patch(id, changes, By(by))

    def delete(self, id: str, by: str) -> None:
        self.schedule.delete(id, By(by))

    def touch(self, id: str, by: str) -> Json:
        """A new version without an edit."""
        return self.schedule.touch(id, By(by))

    def get(self, id: str) -> Json | None:
        return self.schedule.find(id)

    def events_of(self, user: str) -> list[Json]:
        """Everything on the schedule of the user, without a window, by id."""
        return self.schedule.of_user(user)

    # --- the machine ---

    def expire_cursors(self) -> None:
        self.schedule.feed.expire_cursors()

    def purge(self) -> None:
        """Forget tombstones older than the retention (30 days of this groupware's clock)."""
        self.schedule.feed.purge()

    def _put(self, kind: Kind, id: str | None, fields: Mapping[str, Any]) -> str:
        return str(self.schedule.change_directory(kind, id, fields)["id"])
