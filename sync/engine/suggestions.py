"""Which mailbox a person of the groupware is likely to have: the one with the same mail address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sync.core.people import address_key
from sync.core.settings import Connection
from sync.engine.services import Services
from sync.ports import Mailbox, MailboxDirectory


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
class AddressBook:
    """Address key -> the mailboxes that have it."""

    mailboxes: Mapping[str, Sequence[Mailbox]] = field(default_factory=dict)

    @classmethod
    def of(cls, directory: MailboxDirectory) -> AddressBook:
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
    book = AddressBook.of(services.mailboxes(organization))
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
