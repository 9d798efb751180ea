"""Who is which mailbox: one person at a time, many in the background, and by mail address as a suggestion."""

from __future__ import annotations

import secrets as randomness
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from sync.core.people import address_key
from sync.core.settings import Connection, State
from sync.engine.services import Services
from sync.engine.verify import check_people, check_person
from sync.errors import CannotSync, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import ChunkResult, Job, LinkRow, Mailbox, MailboxDirectory, Operation, RowFailure, Task

# People of one queue message: ten batches of each question to Graph, and some seconds of storage.
CHUNK: Final = 200


def link_person(services: Services, before: Connection, after: Connection, *, is_asked: bool) -> Connection:
    """Store a changed person, and look at once whether it can be synced: when another UPN was entered, when it was
    switched on, and when it `is_asked` about a person of whom that is not known.

    `CannotSync("upn-taken")` if somebody else has this UPN: nothing is stored."""
    has_moved = before.upn.casefold() != after.upn.casefold()
    if after.upn and has_moved:
        # One mailbox for two people would carry every event round in a circle.
        for other in services.connections.list(after.organization):
            if other.user != after.user and other.upn.casefold() == after.upn.casefold():
                raise CannotSync("upn-taken")
    services.connections.put(after)
    services.people.forget(after.organization)
    if not after.enabled and before.enabled:
        _switch_off(services, after)
    is_on_now = after.enabled and not before.enabled
    is_open = not after.mailbox or after.state in (State.CHECKING, State.ERROR)
    if after.upn and (has_moved or is_on_now or (is_asked and is_open)):
        return check_person(services, _to_be_checked(services, before, after))
    return services.connections.get(after.organization, after.user) or after


def switch_person(services: Services, before: Connection, enabled: bool) -> None:
    """Switch one of many on or off; who is switched on is looked at with the others (`request_checks`)."""
    after = replace(before, enabled=enabled)
    services.connections.put(after)
    if enabled:
        _to_be_checked(services, before, after)
    else:
        _switch_off(services, after)


def _switch_off(services: Services, connection: Connection) -> None:
    services.connections.update(
        connection, state=State.OFF, error="", error_detail={}, checking_since=None, checked_at=None
    )


def _to_be_checked(services: Services, before: Connection, after: Connection) -> Connection:
    """Stored as `checking` first: whatever happens during the look, nothing is lost.

    The bound mailbox is left alone: only the look may decide that a changed UPN is still the same person (law 8).
    """
    state = State.CHECKING if after.enabled else State.OFF
    is_new_wait = before.upn.casefold() != after.upn.casefold() or not before.enabled
    since = after.checking_since if after.checking_since and not is_new_wait else services.clock.now()
    changes = {"state": state, "error": "", "error_detail": {}, "checking_since": since, "checked_at": None}
    services.connections.update(after, **changes)
    return replace(after, state=state, error="", error_detail={}, checking_since=since, checked_at=None)


# -- many at once ---------------------------------------------------------------------------------------------


def start_linking(
    services: Services, organization: str, by: str, rows: Sequence[LinkRow], enabled: bool | None
) -> Operation:
    """Store what is to be done, and begin. Every row is carried out once or fails with its reason."""
    now = services.clock.now()
    operation = Operation(randomness.token_hex(16), organization, by, now, len(rows), enabled)
    chunks = [rows[first : first + CHUNK] for first in range(0, len(rows), CHUNK)]
    operation = services.operations.start(operation, chunks)
    services.jobs.enqueue(_job(organization, operation.id, 0))
    log("linking-started", organization=organization, operation=operation.id, people=len(rows))
    return operation


def link_chunk(services: Services, job: Job) -> None:
    """Carry out one chunk and ask for the next. A chunk that was cut off is simply done again."""
    number = int(job.chunk)
    operation = services.operations.get(job.organization, job.operation)
    if operation is None:
        log("job-dropped", reason="operation-unknown")
        return
    rows = services.operations.rows(job.organization, job.operation, number)
    if rows is not None:
        result = _Chunk(services, operation).link(rows)
        services.operations.finish(job.organization, job.operation, number, result)
        log(
            "chunk-linked",
            organization=job.organization,
            operation=job.operation,
            chunk=number,
            linked=result.linked,
            waiting=result.waiting,
            failed=len(result.failures),
        )
    _next(services, operation, number)


def record_failed_chunk(services: Services, job: Job) -> None:
    """A chunk that brings the worker down again and again: its rows fail, the others go on."""
    number = int(job.chunk)
    operation = services.operations.get(job.organization, job.operation)
    rows = services.operations.rows(job.organization, job.operation, number)
    if operation is None or rows is None:
        return
    failures = tuple(RowFailure(row.user, "job-poisoned") for row in rows)
    result = ChunkResult(0, 0, failures, services.clock.now())
    services.operations.finish(job.organization, job.operation, number, result)
    _next(services, operation, number)


def _next(services: Services, operation: Operation, number: int) -> None:
    if number + 1 < operation.chunks:
        services.jobs.enqueue(_job(operation.organization, operation.id, number + 1))


def _job(organization: str, operation: str, number: int) -> Job:
    return Job(organization, "", task=Task.LINK, operation=operation, chunk=str(number))


class _Chunk:
    """One chunk of an operation; `failures` by user, in order."""

    def __init__(self, services: Services, operation: Operation) -> None:
        self._services = services
        self._operation = operation
        self._failures: dict[str, RowFailure] = {}
        self._book_error = ""
        everyone = services.connections.list(operation.organization)
        self._known = {connection.user: connection for connection in everyone}
        self._upns = {c.upn.casefold(): c.user for c in self._known.values() if c.upn}

    def link(self, rows: Sequence[LinkRow]) -> ChunkResult:
        rows = self._with_upns(self._with_people(rows))
        stored = [one for row in rows if (one := self._store(row)) is not None]
        self._services.people.forget(self._operation.organization)
        checked = check_people(self._services, self._operation.organization, stored) if stored else ()
        for one in checked:
            # A person who is not switched on has no state that could say so.
            if one.state is State.ERROR or (one.state is State.OFF and one.error):
                self._fail(one.user, CannotSync(one.error, one.error_detail))
        linked = [one for one in checked if one.mailbox and not one.error]
        waiting = len(checked) - len(linked) - sum(one.user in self._failures for one in checked)
        failures = tuple(self._failures.values())
        return ChunkResult(len(linked), waiting, failures, self._services.clock.now())

    def _fail(self, user: str, error: SyncError) -> None:
        self._failures[user] = RowFailure(user, error.code, dict(error.detail))

    def _with_people(self, rows: Sequence[LinkRow]) -> list[LinkRow]:
        """The rows of people whom the groupware has; the others fail."""
        if all(row.user in self._known for row in rows):
            return list(rows)
        organization = self._operation.organization
        names = {user.id: user.name for user in self._services.directory.users()}
        for row in rows:
            if row.user in self._known:
                continue
            if row.user in names:
                self._known[row.user] = Connection(organization, row.user, name=names[row.user])
            else:
                self._fail(row.user, CannotSync("user-unknown"))
        return [row for row in rows if row.user in self._known]

    def _with_upns(self, rows: Sequence[LinkRow]) -> list[LinkRow]:
        """Every row with a UPN: the one that was sent, the one that is known, or that of the mail address."""
        sought = any(row.upn is None and row.email and not self._known[row.user].upn for row in rows)
        book = self._address_book() if sought else _AddressBook()
        found: list[LinkRow] = []
        for row in rows:
            upn = row.upn if row.upn is not None else self._known[row.user].upn
            owners = book.owners(row.email) if row.email and row.upn is None and not upn else ()
            if len(owners) > 1:
                self._fail(row.user, CannotSync("mailbox-ambiguous"))
            elif upn or owners:
                found.append(replace(row, upn=upn or owners[0].upn))
            else:
                code = self._book_error or ("mailbox-unknown" if row.email else "upn-missing")
                self._fail(row.user, CannotSync(code))
        return found

    def _address_book(self) -> _AddressBook:
        """Without a connection to Microsoft 365 nobody is found by address; the others are linked all the same."""
        try:
            return _AddressBook.of(self._services.mailboxes(self._operation.organization))
        except NeedsAdministrator as error:
            self._book_error = error.code
            return _AddressBook()

    def _store(self, row: LinkRow) -> Connection | None:
        """None if this row cannot be stored; the others go on."""
        before = self._known[row.user]
        upn = row.upn or ""
        if self._upns.setdefault(upn.casefold(), row.user) != row.user:
            self._fail(row.user, CannotSync("upn-taken"))
            return None
        email = before.email if row.email is None else row.email
        enabled = before.enabled if self._operation.enabled is None else self._operation.enabled
        after = replace(before, upn=upn, email=email, enabled=enabled)
        try:
            self._services.connections.put(after)
            return _to_be_checked(self._services, before, after)
        except TryLater:
            raise  # the storage is down: the whole chunk comes back later
        except SyncError as error:
            self._fail(row.user, error)
            return None


# -- suggestions ----------------------------------------------------------------------------------------------


class Suggested(StrEnum):
    FOUND = "found"
    NONE = "none"
    # Several mailboxes have the address, or several people of the groupware.
    AMBIGUOUS = "ambiguous"
    # The mailbox is somebody else's already.
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """For a groupware user who is not linked: `upn` "" unless exactly one mailbox has the mail address. `holder`: the
    groupware user who has that mailbox already."""

    user: str
    name: str
    email: str
    state: Suggested
    upn: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True)
class _AddressBook:
    """Address key -> the mailboxes that have it."""

    mailboxes: Mapping[str, Sequence[Mailbox]] = field(default_factory=dict)

    @classmethod
    def of(cls, directory: MailboxDirectory) -> _AddressBook:
        """A request for each 999 people of the tenant. Who may not sign in, and guests of other tenants, have no
        mailbox that a person of the groupware could be."""
        found: defaultdict[str, dict[str, Mailbox]] = defaultdict(dict)
        for mailbox in directory.everyone():
            if mailbox.enabled and "#EXT#" not in mailbox.upn.upper():
                for address in (mailbox.email, *mailbox.addresses):
                    found[address_key(address)][mailbox.id] = mailbox
        return cls({key: list(mailboxes.values()) for key, mailboxes in found.items() if key})

    def owners(self, address: str) -> Sequence[Mailbox]:
        return self.mailboxes.get(address_key(address), ())


def suggest(services: Services, organization: str) -> Sequence[Suggestion]:
    """For everybody of the groupware who is active and has no UPN yet: the mailbox with the same mail address.
    Nothing is written."""
    people = list(services.connections.list(organization))
    linked = {one.user for one in people if one.upn}
    users = [user for user in services.directory.users() if user.active]
    wanted = [user for user in users if user.id not in linked]
    if not wanted:
        return ()
    book = _AddressBook.of(services.mailboxes(organization))
    holders = _holders(people)
    count: defaultdict[str, int] = defaultdict(int)
    for user in users:
        count[address_key(user.email)] += 1
    found: list[Suggestion] = []
    for user in wanted:
        blank = Suggestion(user.id, user.name, user.email, Suggested.NONE)
        owners = book.owners(user.email)
        if not owners:
            found.append(blank)
        elif len(owners) > 1 or count[address_key(user.email)] > 1:
            found.append(replace(blank, state=Suggested.AMBIGUOUS))
        else:
            (mailbox,) = owners
            holder = holders.get(mailbox.id) or holders.get(mailbox.upn.casefold()) or ""
            state = Suggested.TAKEN if holder else Suggested.FOUND
            found.append(replace(blank, state=state, upn=mailbox.upn, holder=holder))
    return found


def _holders(people: Iterable[Connection]) -> dict[str, str]:
    """By object id, and by UPN in lower case: who has which mailbox."""
    found: dict[str, str] = {}
    for one in people:
        if one.upn:
            found[one.upn.casefold()] = one.user
        if one.upn and one.mailbox:
            found[one.mailbox] = one.user
    return found
