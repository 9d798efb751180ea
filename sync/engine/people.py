"""Who is who in an organization, put together from what the groupware lists and what is stored here."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.people import People, Person, bound_person, linked_person, members_of
from sync.errors import SyncError
from sync.ports import Clock, Connections, Directory, Facilities, Organizations

# Reading everyone costs a listing of the groupware's directory and a page of the storage per thousand people: too
# much for each pass. A change made by another process is known after this long.
REMEMBERED = timedelta(minutes=5)


@dataclass(slots=True)
class _Entry:
    """One look-up of an organization's people; its lock is held while it is under way."""

    until: datetime
    lock: threading.Lock = field(default_factory=threading.Lock)
    people: People | None = None
    error: SyncError | None = None


class PeopleBook:
    """One per process, safe for threads: those who ask while the people are looked up wait for that one look-up."""

    def __init__(
        self,
        clock: Clock,
        organizations: Organizations,
        connections: Connections,
        directory: Directory,
        facilities: Facilities,
    ) -> None:
        self._clock = clock
        self._organizations = organizations
        self._connections = connections
        self._directory = directory
        self._facilities = facilities
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def of(self, organization: str) -> People:
        """The people as of the last `REMEMBERED`. A look-up that failed is not remembered, but everyone who waited
        for it gets its error: repeating it for each would keep the last one waiting for all."""
        entry = self._entry(organization)
        with entry.lock:
            if entry.error is not None:
                raise entry.error
            if entry.people is None:
                try:
                    entry.people = self._look_up(organization)
                except SyncError as error:
                    entry.error = error
                    self._drop(organization, entry)
                    raise
            return entry.people

    def forget(self, organization: str) -> None:
        """To be called after settings, facilities or connections were changed: the next who asks sees the change. A
        look-up under way goes on for those who asked before."""
        with self._lock:
            self._entries.pop(organization, None)

    def _entry(self, organization: str) -> _Entry:
        now = self._clock.now()
        with self._lock:
            entry = self._entries.get(organization)
            if entry is None or entry.until <= now:
                entry = self._entries[organization] = _Entry(now + REMEMBERED)
            return entry

    def _drop(self, organization: str, entry: _Entry) -> None:
        with self._lock:
            if self._entries.get(organization) is entry:
                del self._entries[organization]

    def _look_up(self, organization: str) -> People:
        common = self._organizations.get(organization)
        users = self._directory.users()
        groups = self._directory.organizations()
        names = {user.id: user.name for user in users}
        active = {user.id for user in users if user.active}
        linked: dict[str, Person] = {}
        paused: dict[str, Person] = {}
        for connection in self._connections.list(organization):
            name = names.get(connection.user, "")
            if (person := linked_person(connection, common, name)) is not None:
                linked[person.user] = person
            elif (person := bound_person(connection, name)) is not None and person.user in active:
                paused[person.user] = person
        return People(
            linked=linked,
            paused=paused,
            names=names,
            # Who left may have handed the address on.
            emails={user.id: user.email for user in users if user.email and user.id in active},
            members=members_of(groups, {user.id: user.organizations for user in users}),
            organization_names={group: name for group, (name, _) in groups.items()},
            rooms=self._facilities.rooms(organization),
            facility_names=self._directory.facilities(),
        )
