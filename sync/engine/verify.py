"""Whether people can be synced: the person is found in Microsoft 365, bound by object id, and the calendar answers.

One or many at once, in as few requests as Graph allows. Who cannot be synced waits in the state `checking`, because
a permission or a licence takes its time, and is an `error` after that. Meanwhile nothing is deleted and no pass runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sync.core.settings import Connection, State
from sync.core.tenant import Tenant
from sync.engine.connect import holders_of, is_settled
from sync.engine.services import Services
from sync.engine.tenant_state import note_trouble, syncing_tenant
from sync.errors import Gone, NeedsAdministrator, SyncError, TryLater
from sync.log import log
from sync.ports import Mailbox

# Who waits is looked at again this often: a licence takes up to 15 minutes, a permission up to an hour to work
# (graph-calendar.md 12.5, failures of 13), so that after an hour somebody has to do something.
AGAIN: Final = timedelta(minutes=5)
PATIENCE: Final = timedelta(hours=1)
# Afterwards, for what was repaired without a word to us.
LATER: Final = timedelta(hours=1)
# The timer is not exact to the second.
_SLACK: Final = timedelta(seconds=30)

# What may come right by waiting.
WAITED_FOR: Final = frozenset({"user-missing", "mailbox-missing", "mailbox-forbidden", "permission-missing"})
# What stays until somebody repairs it: such a mailbox is not bound.
DEFINITE: Final = frozenset({"upn-missing", "user-disabled", "mailbox-changed", "mailbox-taken"})
# What concerns this person alone, and what this look can find. No pass is queued as long as it holds.
PERSONAL: Final = WAITED_FOR | DEFINITE


@dataclass(frozen=True, slots=True)
class _Found:
    """`mailbox` None: not looked up. `error` None: the calendar answers."""

    mailbox: Mailbox | None = None
    error: SyncError | None = None


def awaits_check(connection: Connection) -> bool:
    """Whether this person gets no pass before a look says that it can be synced."""
    if not connection.enabled:
        return False
    is_waiting = connection.state is State.CHECKING
    return is_waiting or (connection.state is State.ERROR and connection.error in PERSONAL)


def is_check_due(connection: Connection, tenant: Tenant, now: datetime) -> bool:
    """Every five minutes while the person waits, every hour afterwards, and at once after the organization's
    connection or consent changed."""
    if not awaits_check(connection):
        return False
    last = connection.checked_at
    changed = _changed(tenant)
    if last is None or (changed is not None and last < changed):
        return True
    pause = AGAIN if connection.state is State.CHECKING else LATER
    return now - last >= pause - _SLACK


def check_person(services: Services, connection: Connection) -> Connection:
    """Look now, store what was found, and return the person as it is afterwards. Whatever is out of reach leaves the
    person `checking`, with the reason."""
    (after,) = check_people(services, connection.organization, [connection])
    return after


def check_people(services: Services, organization: str, people: Sequence[Connection]) -> Sequence[Connection]:
    """Look at these people and store what was found; returns them, in their order, as they are afterwards."""
    now = services.clock.now()
    tenant = None
    try:
        tenant = syncing_tenant(services, organization)
        found = _look(services, tenant, people)
    except SyncError as error:
        note_trouble(services, organization, error, tenant)
        # It is nothing about any of them, whatever it is.
        passing = TryLater(error.code, error.detail)
        found = {one.user: _Found(error=passing) for one in people}
    tenant = tenant or Tenant(organization)
    judged = [_judged(one, found[one.user], tenant, now) for one in people]
    is_bound_anew = [a.mailbox != b.mailbox for a, b in zip(judged, people, strict=True)]
    if any(is_bound_anew):
        judged = _one_each(services, tenant, people, judged, now)
    after = [_save(services, before, one) for before, one in zip(people, judged, strict=True)]
    if any(is_bound_anew):
        after = _one_each(services, tenant, people, after, now)
        after = [_save(services, before, one) for before, one in zip(judged, after, strict=True)]
    if any(is_bound_anew) or any(a.state is not b.state for a, b in zip(after, people, strict=True)):
        services.people.forget(organization)
    codes = Counter(one.error for one in after if one.error)
    log("people-checked", organization=organization, people=len(after), codes=dict(codes))
    return after


def _look(services: Services, tenant: Tenant, people: Sequence[Connection]) -> Mapping[str, _Found]:
    """By user. Looked up by UPN where that is news, else by object id: the person may have another name by now."""
    directory = services.mailboxes(tenant.organization)
    names = {one.user: _name(one, tenant) for one in people}
    mailboxes = directory.mailboxes(sorted({name for name in names.values() if name}))
    found: dict[str, _Found] = {}
    for one in people:
        name = names[one.user]
        mailbox = mailboxes[name] if name else NeedsAdministrator("upn-missing")
        if isinstance(mailbox, SyncError):
            found[one.user] = _Found(error=mailbox)
        else:
            found[one.user] = _Found(mailbox, _refusal(services, one, mailbox))
    usable = {f.mailbox.id for f in found.values() if f.mailbox is not None and f.error is None}
    answers = directory.check_all(sorted(usable)) if usable else {}
    return {
        user: one if one.mailbox is None or one.error else _Found(one.mailbox, answers[one.mailbox.id])
        for user, one in found.items()
    }


def _name(connection: Connection, tenant: Tenant) -> str:
    if connection.mailbox and is_settled(connection, tenant.tenant_id):
        return connection.mailbox
    return connection.upn or connection.mailbox


def _refusal(services: Services, connection: Connection, mailbox: Mailbox) -> SyncError | None:
    """Why this mailbox is not to be bound to the person, however well its calendar answers."""
    if not mailbox.enabled:
        return NeedsAdministrator("user-disabled")
    is_other = bool(connection.mailbox) and connection.mailbox != mailbox.id
    # Links must never be held against somebody else's calendar (law 8).
    if is_other and any(services.links.load(connection)):
        return NeedsAdministrator("mailbox-changed")
    return None


def _judged(connection: Connection, found: _Found, tenant: Tenant, now: datetime) -> Connection:
    """The person as it is after this look."""
    error = found.error
    if isinstance(error, TryLater):
        return _unseen(connection, error, now)
    after = replace(connection, checked_at=now)
    if found.mailbox is not None and (error is None or error.code not in DEFINITE):
        addresses = found.mailbox.addresses
        after = replace(after, mailbox=found.mailbox.id, addresses=addresses, tenant=tenant.tenant_id)
    if error is None:
        state = State.ACTIVE if connection.enabled else State.OFF
        return replace(after, state=state, error="", error_detail={}, checking_since=None)
    since = _waits_since(connection, tenant, now)
    if error.code in DEFINITE or since is None or now - since >= PATIENCE:
        return replace(_with_error(after, error, State.ERROR), checking_since=None)
    return replace(_with_error(after, error, State.CHECKING), checking_since=since)


def _waits_since(connection: Connection, tenant: Tenant, now: datetime) -> datetime | None:
    """Since when what is missing may have been on its way; None: it was known to be missing already."""
    changed = _changed(tenant)
    if connection.state is State.CHECKING:
        since = connection.checking_since or now
        return since if changed is None else max(since, changed)
    is_news = changed is not None and (connection.checked_at is None or changed > connection.checked_at)
    return changed if is_news else None


def _changed(tenant: Tenant) -> datetime | None:
    """When the connection or the consent last changed: permissions take effect from there."""
    return max((at for at in (tenant.since, tenant.consented_at) if at is not None), default=None)


def _unseen(connection: Connection, error: SyncError, now: datetime) -> Connection:
    """Microsoft 365 could not be asked. For who waits, time in which nobody could look does not count."""
    if connection.state is not State.CHECKING:
        return connection
    return replace(_with_error(connection, error, State.CHECKING), checking_since=now)


def _with_error(connection: Connection, error: SyncError, state: State) -> Connection:
    state = state if connection.enabled else State.OFF
    return replace(connection, state=state, error=error.code, error_detail=dict(error.detail))


# -- one mailbox, one person ----------------------------------------------------------------------------------


def _one_each(
    services: Services,
    tenant: Tenant,
    before: Sequence[Connection],
    after: Sequence[Connection],
    now: datetime,
) -> list[Connection]:
    """Those who were bound to a mailbox that is somebody else's are as before, with the reason.

    Done before and after storing: of two who bind one mailbox at the same moment at least one sees the other.
    """
    mine = {one.user for one in after}
    others = (one for one in services.connections.list(tenant.organization) if one.user not in mine)
    holders = holders_of([*others, *_unchanged(before, after)], tenant.tenant_id)
    kept: list[Connection] = []
    for old, new in zip(before, after, strict=True):
        if new.mailbox == old.mailbox or holders.setdefault(new.mailbox, new.user) == new.user:
            kept.append(new)
            continue
        back = replace(new, mailbox=old.mailbox, addresses=old.addresses, tenant=old.tenant, checked_at=now)
        kept.append(_with_error(back, NeedsAdministrator("mailbox-taken"), State.ERROR))
    return kept


def _unchanged(before: Iterable[Connection], after: Iterable[Connection]) -> Iterable[Connection]:
    return (new for old, new in zip(before, after, strict=True) if new.mailbox == old.mailbox)


# -- storing --------------------------------------------------------------------------------------------------

_STORED: Final = (
    "mailbox",
    "addresses",
    "tenant",
    "state",
    "error",
    "error_detail",
    "checking_since",
    "checked_at",
)


def _save(services: Services, before: Connection, after: Connection) -> Connection:
    changes = {
        name: getattr(after, name) for name in _STORED if getattr(after, name) != getattr(before, name)
    }
    if changes:
        try:
            services.connections.update(after, **changes)
        except Gone:  # the person was deleted this instant
            log("person-gone", organization=after.organization)
    return after
