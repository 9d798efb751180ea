"""Forgets a person: everything that is kept goes, both calendars stay as they are (infra/operations.md, "One person's
data"). Safe to repeat: the Connection goes last, so that who died on the way is found again.
"""

from __future__ import annotations

from collections.abc import Callable

from sync.core.settings import Connection, State
from sync.engine.services import Services
from sync.engine.tenure import Tenure
from sync.errors import Gone, LeaseLost, Moved, NeedsAdministrator
from sync.log import log
from sync.ports import NOBODY

# The name under which the person's lease is held meanwhile.
HOLDER = "forgetting"


def forget(services: Services, organization: str, user: str) -> bool:
    """Whether anything was kept. `LeaseLost` while a pass over this person runs: nothing is changed then."""
    is_known, person = _person(services, organization, user)
    lease = services.leases.acquire(person, HOLDER)
    if lease is None:
        raise LeaseLost("pass-running")
    try:
        if is_known:
            _switch_off(services, person)
        count = _leave_meetings(services, person)
        count += erase(services, person, Tenure(lease, services.clock).keep)
        services.connections.delete(organization, user)
    finally:
        lease.release()
    services.people.forget(organization)
    log("person-forgotten", rows=count)
    return is_known or count > 0


def _person(services: Services, organization: str, user: str) -> tuple[bool, Connection]:
    """A row that cannot be read goes as well; so does what is left without one."""
    try:
        found = services.connections.get(organization, user)
    except NeedsAdministrator as error:
        if error.code != "connection-damaged":
            raise
        return True, Connection(organization, user)
    return found is not None, found or Connection(organization, user)


def _switch_off(services: Services, person: Connection) -> None:
    """First, so that no pass starts over half a person if we die; and nobody counts on it as a host any more."""
    try:
        services.connections.update(person, enabled=False, state=State.OFF, queued_until=None)
    except Gone:
        return  # somebody else is at it, or was
    services.people.forget(person.organization)


def _leave_meetings(services: Services, person: Connection) -> int:
    """The claims of which the person is host.

    The meeting stays in a mailbox that nobody looks into any more, its copies stay with the guests: as with one
    that an outsider organizes. The next guest's pass takes it over as such. Were the claim released instead, the copy
    and the record would each look new to the guests, and both would be carried over once more (law 2).
    """
    count = 0
    for claim in services.meetings.hosted_by(person.organization, person.user):
        try:
            if claim.uid and claim.groupware_id:
                services.meetings.bind(claim, host=NOBODY, is_external=True)
            else:
                services.meetings.release(claim)
        except Moved as error:
            # A guest's pass changed it this instant; if it left us as host, asking again ends it.
            raise LeaseLost("pass-running") from error
        count += 1
    return count


def erase(services: Services, person: Connection, keep: Callable[[], None] = lambda: None) -> int:
    """All rows but the Connection and the lease, in steps; `keep` renews the lease between them."""
    organization, user = person.organization, person.user
    # Before the Links: whoever finds only some of these must read both sides whole.
    services.cursors.clear(person)
    steps: tuple[Callable[[], int], ...] = (
        lambda: services.links.delete_all(person),
        lambda: services.passes.delete_all(organization, user),
        lambda: services.history.delete_all(organization, user),
    )
    count = 0
    for step in steps:
        while deleted := step():
            count += deleted
            keep()
    return count
