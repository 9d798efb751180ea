"""Who is which mailbox: linked one person at a time, or many in the background."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sync.core.settings import Connection, State
from sync.engine.services import Services
from sync.engine.suggestions import AddressBook
from sync.engine.verify import check_people, check_person
from sync.errors import CannotSync, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import ChunkResult, Job, LinkRow, Operation, RowFailure, Task

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
        names, error = self._names()
        for row in rows:
            if row.user in self._known:
                continue
            if row.user in names:
                self._known[row.user] = Connection(organization, row.user, name=names[row.user])
            else:
                self._fail(row.user, error)
        return [row for row in rows if row.user in self._known]

    def _names(self) -> tuple[Mapping[str, str], SyncError]:
        """Everybody of the groupware by user, and what is wrong with who is not among them."""
        try:
            names = {user.id: user.name for user in self._services.directory.users()}
        except NeedsAdministrator as error:  # only people who are known here can be linked
            return {}, error
        return names, CannotSync("user-unknown")

    def _with_upns(self, rows: Sequence[LinkRow]) -> list[LinkRow]:
        """Every row with a UPN: the one that was sent, the one that is known, or that of the mail address."""
        sought = any(row.upn is None and row.email and not self._known[row.user].upn for row in rows)
        book = self._address_book() if sought else AddressBook()
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

    def _address_book(self) -> AddressBook:
        """Without a connection to Microsoft 365 nobody is found by address; the others are linked all the same."""
        try:
            return AddressBook.of(self._services.mailboxes(self._operation.organization))
        except NeedsAdministrator as error:
            self._book_error = error.code
            return AddressBook()

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
