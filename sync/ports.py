"""What the use cases need from the outside. Each Protocol is kept by an adapter and by a fake in the tests.

One colour: plain synchronous calls. Errors are those of `sync.errors`; a returned value never stands for one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync.core.capabilities import Capabilities
from sync.core.change import Observation, Seen
from sync.core.event import Side
from sync.core.link import Link
from sync.core.rooms import RoomBooking
from sync.core.settings import Connection, OrganizationSettings
from sync.core.snapshot import Snapshot
from sync.core.tenant import Credential, Tenant
from sync.core.window import Window
from sync.core.write import Verb as Verb
from sync.core.write import Write as Write
from sync.errors import SyncError


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one Write: `seen` is the event as the side shows it afterwards (None after a delete)."""

    key: str
    seen: Seen | None = None
    error: SyncError | None = None


class Calendar(Protocol):
    """One person's calendar on one side. Both sides keep the same promises (tests/contract)."""

    @property
    def side(self) -> Side: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def requests(self) -> int:
        """HTTP round trips made so far (a batch is one)."""

    def changes(self, window: Window, cursor: str | None) -> tuple[Snapshot, str]:
        """What changed since `cursor`, and the next cursor (opaque, store only after everything is applied).

        Without a cursor: everything in the window (`is_complete`). A cursor made for another window, or one
        the service forgot, raises `CursorExpired`. Either the whole round is returned or an error is raised:
        never a part of it. Events outside the window may be among the observations.
        """

    def read(self, ids: Iterable[str]) -> Mapping[str, Observation]:
        """The named events now, one Observation each; `Removed` only if the service says the event is gone."""

    def find(self, markers: Iterable[str]) -> Mapping[str, Seen]:
        """Events that carry these markers (for Outlook), or uids (for the groupware), by marker."""

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Carry out the writes, in order, in as few requests as the side allows.

        Yields an Outcome for each Write as soon as it is known, so that the caller can save progress; an item's
        own failure is in its Outcome (`CannotSync`, `Moved`, `Gone`); what stops everything is raised.
        """


class CalendarOpener(Protocol):
    """Opens a person's two calendars with what holds for them (settings, event types, mailbox)."""

    def groupware(self, connection: Connection, settings: OrganizationSettings) -> Calendar: ...

    def outlook(self, connection: Connection, settings: OrganizationSettings) -> Calendar: ...


@dataclass(frozen=True, slots=True)
class GroupwareUser:
    id: str
    name: str
    email: str
    active: bool = True
    # The groupware's own organizations (departments, groups) it belongs to by itself, not those above them.
    organizations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A Microsoft 365 person: `id` is the Entra object id, `addresses` are those of the mailbox, primary first."""

    id: str
    upn: str
    name: str
    email: str
    enabled: bool = True
    addresses: tuple[str, ...] = ()


class Directory(Protocol):
    """People and things the groupware knows."""

    def users(self) -> Sequence[GroupwareUser]: ...

    def organizations(self) -> Mapping[str, tuple[str, str | None]]:
        """Id of a department or group -> its name, and the id of the one above it."""

    def event_types(self) -> Mapping[str, str]:
        """Event type id -> name."""

    def facilities(self) -> Mapping[str, str]:
        """Facility id -> name."""


class MailboxDirectory(Protocol):
    """The people of one organization's Microsoft 365."""

    def mailbox(self, upn: str) -> Mailbox | None:
        """The person with this UPN or object id; None if Microsoft 365 has none."""

    def mailboxes(self, upns: Sequence[str]) -> Mapping[str, Mailbox | SyncError]:
        """Many at once, in as few requests as Graph allows, by the UPN that was asked; one that does not exist is
        `NeedsAdministrator("user-missing")`. What stops everything is raised."""

    def check(self, oid: str) -> None:
        """Whether this person's calendar can be used; `NeedsAdministrator` says what is missing: `user-missing`,
        `mailbox-missing` or `mailbox-forbidden`."""

    def check_all(self, oids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """`check` of many at once, by object id."""

    def everyone(self) -> Iterator[Mailbox]:
        """Everyone of the tenant, page by page; guests and disabled ones included."""


class MailboxDirectories(Protocol):
    def __call__(self, organization: str) -> MailboxDirectory: ...


@dataclass(frozen=True, slots=True)
class Marked:
    """An Outlook event with the marker that stands on it ("": none). `guests` are the addresses of its attendees."""

    id: str
    marker: str
    guests: tuple[str, ...] = ()
    # False: a copy of somebody else's meeting.
    is_organizer: bool = True


class Marks(Protocol):
    """Our markers on the events of one mailbox, as far as they can be changed (graph-calendar.md 1.5): what is read
    here is what can be taken off. What concerns the whole mailbox is raised."""

    def read(self, ids: Sequence[str]) -> Mapping[str, Marked | SyncError]:
        """The named events; one that is gone is absent."""

    def find(self, markers: Sequence[str]) -> Sequence[Marked]:
        """Every event that carries one of these markers."""

    def take_off(self, ids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """The events stay as they are, without our marker. None: done, or the event is gone."""

    def remove(self, ids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """Delete the events for good, as silently as Graph can. None: done, or it was gone."""


class MarksOpener(Protocol):
    def __call__(self, connection: Connection) -> Marks:
        """Of the mailbox that is bound to this person."""


class RoomCalendars(Protocol):
    def bookings(self, address: str, starts: datetime, ends: datetime, zone: str) -> Sequence[RoomBooking]:
        """Who has the room or equipment with this mail address between two instants, and around them; whole days are
        those of `zone`. One look: nothing is repeated. Any `SyncError`, none of which is more than this room's
        trouble: `TryLater` if asking again may help."""


class RoomCalendarsOpener(Protocol):
    def __call__(self, organization: str) -> RoomCalendars: ...


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


class Tenants(Protocol):
    """The Microsoft 365 tenant of each organization."""

    def get(self, organization: str) -> Tenant:
        """A Tenant that is not in use if nothing was stored yet; `NeedsAdministrator("tenant-damaged")` if it
        cannot be read: a damaged row is never taken for one that is not connected."""

    def put(self, tenant: Tenant) -> Tenant:
        """Store it on condition that it is still the version that was read; returns it with its new version.
        `Moved` if somebody was faster."""

    def forget(self, organization: str) -> None:
        """Read it anew next time: where it is remembered, another process may have changed it meanwhile."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a fresh app-only token says: the roles in it, and the tenant it is for."""

    roles: frozenset[str]
    tenant_id: str


class Microsoft365(Protocol):
    """Microsoft Entra and Graph as the app itself (not as a person), for whichever organization."""

    def granted(self, tenant: Tenant, credential: Credential, secret: str | None = None) -> Granted:
        """Get a fresh token with this credential alone. `secret` is the value, if it is not in the vault yet.
        `NeedsAdministrator` with the code of graph-calendar.md 12.4 if Entra refuses; `TryLater`."""

    def credential_end(self, tenant: Tenant, credential: Credential) -> datetime | None:
        """When it ends as the app registration says; None where Graph may not be asked or does not know it."""

    def forget(self, organization: str) -> None:
        """Settings or credential have just changed: read them again, ask for a new token."""


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """A person's way through Microsoft's sign-in page. `redirect_uri` is ours, exactly as registered."""

    redirect_uri: str
    state: str
    nonce: str
    code_verifier: str  # RFC 7636: 43 to 128 characters


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, from a checked ID token: object id and tenant identify, the rest is for the screen."""

    oid: str
    tenant_id: str
    name: str = ""
    username: str = ""


class SignIn(Protocol):
    """Authorization code flow with PKCE of one organization's app registration (graph-calendar.md 12.2, 12.3)."""

    def consent_address(self, tenant: Tenant, redirect_uri: str, state: str) -> str:
        """Microsoft's page where an administrator consents for the whole tenant."""

    def address(self, tenant: Tenant, request: SignInRequest) -> str:
        """Microsoft's page where the person signs in."""

    def redeem(self, tenant: Tenant, request: SignInRequest, code: str) -> Identity:
        """The code for an ID token, which is then checked: signature, issuer, audience, tenant, expiry, nonce.
        `NeedsAdministrator`/`TryLater` as for tokens; `CannotSync("sign-in-refused")` if the token is not good, its
        detail `reason` for the log."""

    def refused(self, answer: Mapping[str, str]) -> SyncError:
        """The error for what Microsoft's page sent back in place of a code or a consent (`error` and its
        description, which anybody could have written: nothing of them is repeated)."""


class Tickets(Protocol):
    """Things that may be used once: a ticket, a state. Kept until they would have ended anyway."""

    def spend(self, organization: str, ticket: str, until: datetime) -> bool:
        """True for the first who asks, also when many ask at once; False for everybody after."""

    def purge(self, now: datetime) -> int:
        """Forget those whose time is over; how many they were."""


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


class PassState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class PassRecord:
    """A pass as people see it later. `report` is JSON-ready and holds ids, counts and reasons, no content."""

    id: str
    organization: str
    user: str
    state: PassState
    trigger: str  # automatic | manual | preview
    started_at: datetime
    finished_at: datetime | None = None
    error: str = ""
    error_detail: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, object] = field(default_factory=dict)


class Passes(Protocol):
    def save(self, record: PassRecord) -> None: ...

    def get(self, pass_id: str) -> PassRecord | None:
        """By id alone; the caller checks organization and user of what comes back."""

    def list(self, organization: str, user: str, limit: int = 50) -> Sequence[PassRecord]:
        """Newest first, without the report's items."""

    def each(self, organization: str, user: str) -> Iterator[PassRecord]:
        """Newest first, whole, page by page; a damaged record is left out, with a log line."""

    def delete_before(
        self, organization: str, user: str, before: datetime, limit: int = 1000, keep: Collection[str] = ()
    ) -> int:
        """Delete passes that started before `before` (to the millisecond), but not those whose ids are in `keep`.

        At most `limit` rows; returns how many. Fewer than `limit`: no such pass is left. Costs one request when
        there is nothing to do.
        """

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        """Delete up to `limit` rows of this person; how many. 0: none is left."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The losing value of a conflict (law 3): readable and restorable by the person."""

    organization: str
    user: str
    pass_id: str
    at: datetime
    side: Side
    event_id: str
    link: str
    field: str
    value: str  # JSON of the value as text


class History(Protocol):
    def keep(self, values: Sequence[Kept]) -> None: ...

    def list(self, organization: str, user: str, limit: int = 100) -> Sequence[Kept]:
        """Newest first."""

    def each(self, organization: str, user: str) -> Iterator[Kept]:
        """Newest first, page by page; a damaged value is left out, with a log line."""

    def delete_before(self, organization: str, user: str, before: datetime, limit: int = 1000) -> int:
        """Delete values that lost before `before`; limit and answer as for `Passes`."""

    def delete_all(self, organization: str, user: str, limit: int = 1000) -> int:
        """Delete up to `limit` rows of this person; how many. 0: none is left."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One person of a bulk linking. None: as it is."""

    user: str
    upn: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RowFailure:
    """Why a row was not carried out, or why its person cannot be synced."""

    user: str
    code: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What became of a chunk: people who can be synced, people who are looked at again, and rows that failed."""

    linked: int
    waiting: int
    failures: tuple[RowFailure, ...]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """A bulk linking and how far it is. `enabled` None: everybody's switch stays as it is."""

    id: str
    organization: str
    by: str
    started_at: datetime
    total: int
    enabled: bool | None = None
    chunks: int = 0
    results: tuple[ChunkResult, ...] = ()

    @property
    def is_done(self) -> bool:
        return len(self.results) == self.chunks

    @property
    def finished_at(self) -> datetime | None:
        return max((one.finished_at for one in self.results), default=None) if self.is_done else None


class Operations(Protocol):
    """Bulk linkings: each chunk is stored with its rows until it is done, and with its result afterwards."""

    def start(self, operation: Operation, chunks: Sequence[Sequence[LinkRow]]) -> Operation:
        """Store all of it; returns it with the number of its chunks."""

    def get(self, organization: str, operation_id: str) -> Operation | None: ...

    def rows(self, organization: str, operation_id: str, number: int) -> Sequence[LinkRow] | None:
        """The rows of a chunk (counted from 0); None if it is done, or if there is none such."""

    def finish(self, organization: str, operation_id: str, number: int, result: ChunkResult) -> None:
        """Storing the result of a chunk again replaces it."""


class Secrets(Protocol):
    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str, expires: datetime | None = None) -> None: ...

    def delete(self, name: str) -> None: ...

    def expires(self, name: str) -> datetime | None:
        """When the stored value ends, as the vault was told; None if it was not, or has no such secret."""

    def forget(self, name: str) -> None:
        """A service refused the value: ask the store itself next time, where it may have been replaced."""


class Task(StrEnum):
    """What a queue message may ask for in place of a pass."""

    CHECK = "check"  # look whether the people who wait for their mailbox can be synced now
    LINK = "link"  # one chunk of a bulk linking
    DISCONNECT = "disconnect"  # one person's mailbox, or (without a user) everybody's who is not done yet


@dataclass(frozen=True, slots=True)
class Job:
    """The queue message that asks for a pass over one person, or for a `task`, which may concern several people:
    then `user` is ""."""

    organization: str
    user: str
    trigger: str = "automatic"
    pass_id: str = ""
    first: str = ""  # ISO dates of a window the screen asked for; "" = the configured window
    until: str = ""
    task: str = ""  # one of Task; "" = a pass
    operation: str = ""  # of a bulk linking: its id, and the number of the chunk
    chunk: str = ""


class Jobs(Protocol):
    def enqueue(self, job: Job, delay: float = 0.0) -> None:
        """Visible after `delay` seconds."""
