"""What is remembered between passes: links, places, people, settings, claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sync.core.link import Link
from sync.core.settings import Connection, OrganizationSettings
from sync.core.window import Window


class Links(Protocol):
    """The Links of one Connection at a time; the connection is (organization, user)."""

    def load(self, connection: Connection) -> tuple[Sequence[Link], Sequence[str]]:
        """All Links, and the row keys that could not be read (damaged). A damaged row never fails the load;
        where its ids can be read it is returned as a Link whose bases have empty digests."""

    def save(self, connection: Connection, links: Sequence[Link]) -> Sequence[Link]:
        """Insert Links without etag, replace Links with theirs; returns them with new etags, in order.

        Conditional: `LeaseLost` if a row changed or appeared meanwhile (another worker). At most 100 rows share
        one transaction; rows of earlier transactions stay saved.
        """

    def delete(self, connection: Connection, links: Sequence[Link]) -> None: ...

    def count(self, organization: str) -> LinkCount:
        """Of everybody of an organization, without reading what the Links say."""

    def each(self, connection: Connection) -> Iterator[Link]:
        """As `load`, page by page: an account of any size fits. Rows that cannot be read are left out."""

    def delete_all(self, connection: Connection, limit: int = 1000) -> int:
        """Delete up to `limit` rows whatever is in them, damaged ones too; how many. 0: none is left."""


@dataclass(frozen=True, slots=True)
class LinkCount:
    """Events on both sides: `from_groupware` were first seen in the groupware, `from_outlook` in Outlook; `copies`
    are those that other people organize."""

    from_groupware: int = 0
    from_outlook: int = 0
    copies: int = 0


@dataclass(frozen=True, slots=True)
class CursorPair:
    """Where to continue reading. `window` is the window both cursors were made for, `rules` the fingerprint of
    the settings that held: when either differs, the whole window is read again.

    `retry_at`: the earliest instant at which a parked or pending Link wants another try (None: none waits).
    """

    groupware: str
    outlook: str
    window: Window
    retry_at: datetime | None = None
    rules: str = ""


class Cursors(Protocol):
    def load(self, connection: Connection) -> CursorPair | None: ...

    def save(self, connection: Connection, cursors: CursorPair) -> None: ...

    def clear(self, connection: Connection) -> None: ...


class Lease(Protocol):
    """The right to run a pass over one Connection. It ends by itself when its holder stops renewing."""

    def renew(self) -> None:
        """`LeaseLost` if another worker took over."""

    def release(self) -> None: ...


class Leases(Protocol):
    def acquire(self, connection: Connection, holder: str) -> Lease | None:
        """None if another worker holds it."""


class Connections(Protocol):
    def get(self, organization: str, user: str) -> Connection | None: ...

    def list(self, organization: str) -> Iterator[Connection]:
        """Everyone of the organization, page by page; a damaged row is skipped with a log line."""

    def put(self, connection: Connection) -> None:
        """Write identity and settings (everything an administrator enters), keep the rest."""

    def update(self, connection: Connection, **changes: object) -> None:
        """Write only the named attributes (state, error, last_pass, queued_until ...), keep the rest."""

    def delete(self, organization: str, user: str) -> None: ...


class Organizations(Protocol):
    def ids(self) -> Sequence[str]: ...

    def get(self, organization: str) -> OrganizationSettings:
        """The defaults if nothing was stored yet."""

    def put(self, organization: str, settings: OrganizationSettings) -> None: ...


class Facilities(Protocol):
    """Which room or equipment mailbox each groupware facility is. Addresses are compared without regard to case."""

    def rooms(self, organization: str) -> Mapping[str, str]:
        """Facility id -> mail address as it was entered; a facility that is not linked is absent."""

    def link(self, organization: str, facility: str, address: str) -> str:
        """Give the facility this address; returns the facility that has it now. If that is another one, nothing
        was changed: an address belongs to one facility at most, also when two are linked at once."""

    def unlink(self, organization: str, facility: str) -> None: ...


# Stands for a host who was forgotten. No user can be called so: an id holds nothing invisible (web/tokens.py), and
# this begins with a word joiner.
NOBODY = "\u2060nobody"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A claim: which Outlook meeting a groupware event is, and whose mailbox holds it.

    `uid` is the iCalUId, the same in every mailbox (graph-calendar.md 6.5), `groupware_id` the event's id, `host` the
    groupware user, or `NOBODY`. One of the two ids may be "" while it is not known yet. `version` is that of what is
    stored; None before it was.
    """

    organization: str
    uid: str
    groupware_id: str
    host: str
    # Somebody outside organizes it: whoever is host brings it into the groupware and cannot write to it.
    is_external: bool = False
    version: str | None = field(default=None, compare=False)


class Meetings(Protocol):
    """The claims of an organization: of all workers that want to carry one meeting over, exactly one does.

    No uid and no groupware id stands in two claims. Ids are any text, compared exactly.
    """

    def claim(self, meeting: Meeting) -> Meeting:
        """Store the claim if neither its uid nor its groupware id (as far as given) is claimed.

        Returns the stored one either way: the one just made, or the earlier one that has the uid, else the groupware
        id. Its host and ids tell who won. Repeating a claim whose answer was lost returns it.
        `CannotSync("meeting-damaged")` if the earlier one cannot be read.
        """

    def bind(
        self,
        meeting: Meeting,
        *,
        uid: str | None = None,
        groupware_id: str | None = None,
        host: str | None = None,
        is_external: bool | None = None,
    ) -> Meeting:
        """Change what is named of a stored claim (None: as it is; "": not known any more).

        Returns it with its new version. `Moved` if the claim was changed or released meanwhile, or if a new id
        belongs to another claim; nothing is changed then.
        """

    def release(self, meeting: Meeting) -> None:
        """Forget the claim; one that is gone already is no error. `Moved` if it was changed meanwhile."""

    def by_uids(self, organization: str, uids: Iterable[str]) -> Mapping[str, Meeting]:
        """The claims with these uids; unclaimed ones are absent. A damaged row is absent too, with a log line:
        `claim` then says so for that meeting alone."""

    def by_groupware_ids(self, organization: str, ids: Iterable[str]) -> Mapping[str, Meeting]:
        """The claims of these groupware events, as `by_uids`."""

    def count(self, organization: str) -> int:
        """How many meetings stand in the mailbox of one of our own people."""

    def hosted_by(self, organization: str, host: str) -> Iterator[Meeting]:
        """Every claim with this host, once each, page by page. Looks through the whole organization: for rare
        acts, not for a pass. Claims may be changed meanwhile; damaged rows are left out, with a log line."""
