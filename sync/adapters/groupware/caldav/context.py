"""What the mapping between iCalendar text and the neutral event has to know of one person's calendar.

The seam between HTTP (`calendar`) and text (`mapping`):

    read_resource(text, href, etag, context) -> Seen | Unreadable     # `href` becomes the id, `etag` the version
    write_resource(text_before, write, context) -> str                # `text_before` None: a new resource; CannotSync
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A person or a facility of the groupware: its name and its mail address ("" if it has none)."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Context:
    """`user`: whose calendar it is, a key of `users`; `zone`: the IANA zone in which floating times and whole days
    are meant (`calendar-timezone`, else the organization's); `now`: aware, for DTSTAMP and LAST-MODIFIED.

    `users` and `facilities` by id; `types`: the event types by name, which stand as CATEGORIES.
    """

    user: str
    zone: str
    now: datetime
    users: Mapping[str, Known] = field(default_factory=dict)
    facilities: Mapping[str, Known] = field(default_factory=dict)
    types: frozenset[str] = frozenset()

    def user_of(self, address: str) -> str | None:
        """The user with this mail address; None if nobody or more than one has it."""
        return _owner(self.users, address)

    def facility_of(self, address: str) -> str | None:
        return _owner(self.facilities, address)


def _owner(known: Mapping[str, Known], address: str) -> str | None:
    found = [one for one, entry in known.items() if entry.email and entry.email.lower() == address.lower()]
    return found[0] if len(found) == 1 else None
