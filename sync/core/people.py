"""Who is who: groupware users and the mail addresses they have, organizations and rooms. Built once for a pass.

"Organization" is here the groupware's own: a department or a group of people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sync.core.settings import Connection, OrganizationSettings, effective

# Organization id -> its name, and the id of the one above it.
Organizations = Mapping[str, tuple[str, str | None]]


def address_key(address: str) -> str:
    """What two spellings of one mail address have in common; Exchange takes no notice of case."""
    return address.strip().lower()


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a mailbox. `addresses` lead to that mailbox, the primary one first."""

    user: str
    name: str = ""
    addresses: tuple[str, ...] = ()


def linked_person(connection: Connection, common: OrganizationSettings, name: str = "") -> Person | None:
    """None unless the person's passes run and the mailbox is bound. `name`: as the groupware has it now."""
    is_on = connection.enabled and effective(common, connection.settings).sync
    return bound_person(connection, name) if is_on else None


def bound_person(connection: Connection, name: str = "") -> Person | None:
    """None unless the person was ever bound to a mailbox, whether passes run or not."""
    if not connection.mailbox:
        return None
    # What the mailbox says of itself comes before what was entered for it (failures.md F92).
    distinct: dict[str, str] = {}
    for address in (*connection.addresses, connection.email, connection.upn):
        if address.strip():
            distinct.setdefault(address_key(address), address.strip())
    return Person(connection.user, name or connection.name, tuple(distinct.values()))


def members_of(
    organizations: Organizations, belonging: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """The users of each organization and of all below it, in the order of `belonging`: user -> its own ones.

    An event of an organization stands on the schedule of all of these (contract.yaml, `info.description`).
    """
    members: dict[str, dict[str, None]] = {organization: {} for organization in organizations}
    for user, own in belonging.items():
        for organization in own:
            for each in _upwards(organization, organizations):
                members.setdefault(each, {})[user] = None
    return {organization: tuple(users) for organization, users in members.items()}


def _upwards(organization: str, organizations: Organizations) -> Iterable[str]:
    """The organization and those above it; a ring, or one that is not known, ends the way."""
    passed: dict[str, None] = {}
    here: str | None = organization
    while here is not None and here not in passed:
        passed[here] = None
        here = organizations.get(here, ("", None))[1]
    return passed


@dataclass(frozen=True, slots=True)
class People:
    """Everyone and everything that an event can name, of one organization (customer).

    linked: user -> Person, of those who are synced. paused: of those who were and are not at the moment; they are
    known by their addresses, and nobody takes a meeting away from them (design.md 4, law 8). names: every groupware
    user -> name. emails: user -> mail address in the groupware's directory, of those who have one. members:
    organization id -> users, nested ones included. rooms: facility id -> address of its mailbox, of the linked ones.
    """

    linked: Mapping[str, Person] = field(default_factory=dict)
    paused: Mapping[str, Person] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    emails: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    organization_names: Mapping[str, str] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)
    facility_names: Mapping[str, str] = field(default_factory=dict)
    # By `address_key`; None: several have the address.
    _users: Mapping[str, str | None] = field(init=False, repr=False, compare=False)
    _facilities: Mapping[str, str | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        linked, paused = _addresses(self.linked), _addresses(self.paused)
        listed = _index((address, user) for user, address in self.emails.items())
        object.__setattr__(self, "_users", {**listed, **paused, **linked})
        object.__setattr__(self, "_facilities", _index((a, facility) for facility, a in self.rooms.items()))

    @property
    def fingerprint(self) -> str:
        """Changes when somebody, or a room, could be invited who could not before."""
        linked = sorted((user, person.addresses) for user, person in self.linked.items())
        return hashlib.sha256(repr((linked, sorted(self.rooms.items()))).encode()).hexdigest()[:16]

    def user_of(self, address: str) -> str | None:
        """Whose address it is: a linked person's, else a paused one's, else a groupware user's. None: nobody's, or
        several people's."""
        return self._users.get(address_key(address))

    def is_ambiguous(self, address: str) -> bool:
        """Several people have the address, so that it names nobody (diagnostic "address-ambiguous")."""
        key = address_key(address)
        return key in self._users and self._users[key] is None

    def facility_of(self, address: str) -> str | None:
        return self._facilities.get(address_key(address))

    def address_of(self, user: str) -> str | None:
        """Where to invite a linked person. None: not linked, without address, or one that others have too."""
        person = self.linked.get(user)
        primary = person.addresses[0] if person is not None and person.addresses else ""
        return primary if self.user_of(primary) == user else None


def _addresses(people: Mapping[str, Person]) -> dict[str, str | None]:
    return _index((address, person.user) for person in people.values() for address in person.addresses)


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Address key -> who has it; None for an address of several."""
    found: dict[str, str | None] = {}
    for address, who in pairs:
        key = address_key(address)
        if key:
            found[key] = who if found.get(key, who) == who else None
    return found
