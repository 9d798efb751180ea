"""The world of the simulator: people, mailboxes, app registrations, mails, counters, switches and faults."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from sync.sandbox.clock import Clock, SystemClock
from sync.sandbox.faults import Faults
from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.counters import Counters
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.login import Login
from sync.sandbox.microsoft365.mailbox import Mailbox
from sync.sandbox.microsoft365.outbox import Outbox
from sync.sandbox.microsoft365.outside import Outside
from sync.sandbox.microsoft365.post import Post
from sync.sandbox.microsoft365.registrations import Registrations
from sync.sandbox.microsoft365.room_policy import RoomPolicy
from sync.sandbox.microsoft365.switches import Switches, UnknownUser
from sync.sandbox.microsoft365.throttle import Limits, Throttle
from sync.sandbox.microsoft365.tokens import Tokens
from sync.sandbox.microsoft365.users import MailboxState, User

Json = dict[str, Any]
DEFAULT_DOMAIN = "example.com"


class Tenant(Registrations):
    """Safe to use from several threads. Every id follows from `seed` and the order of creation."""

    def __init__(
        self,
        tenant_id: str | None = None,
        clock: Clock | None = None,
        switches: Switches | None = None,
        faults: Faults | None = None,
        seed: int = 0,
        limits: Limits | None = None,
        latency_seconds: float = 0.0,
    ) -> None:
        # One for everything: a write to one mailbox may reach into others.
        self.lock = threading.RLock()
        self.seed = seed
        self.id = tenant_id or guid(seed, "tenant")
        self.clock: Clock = clock or SystemClock()
        self.switches = switches or Switches()
        self.faults = faults or Faults.none(seed)
        self.latency_seconds = latency_seconds
        self.domains = {DEFAULT_DOMAIN}
        self.users: dict[str, User] = {}
        self.applications = {}
        self.requests = Counters()
        self.outbox = Outbox()
        self.post = Post(self.clock, self.lock)
        self.outside = Outside(self)
        self.throttle = Throttle(limits or Limits())
        self.tokens = Tokens(self.id, seed)
        self.login = Login(self.id, seed)
        self._mailboxes: dict[str, Mailbox] = {}
        self._by_name: dict[str, User] = {}
        self._by_address: dict[str, User] = {}
        self._names_by_address: dict[str, str] = {}
        self._has_new_addresses = False
        self._made = 0

    # People.

    def add_user(
        self,
        user_principal_name: str,
        display_name: str | None = None,
        mail: str | None = "",
        user_id: str | None = None,
        account_enabled: bool = True,
        mailbox_state: MailboxState = MailboxState.READY,
        aliases: Iterable[str] = (),
        room: RoomPolicy | None = None,
    ) -> User:
        """`mail` is the UPN unless given; None means that the person has none. `aliases` are further addresses."""
        with self.lock:
            if user_principal_name.lower() in self._by_name:
                raise ValueError(f"{user_principal_name} exists already")
            self._made += 1
            user = User(
                id=user_id or guid(self.seed, "user", self._made),
                user_principal_name=user_principal_name,
                mail=user_principal_name if mail == "" else mail,
                display_name=display_name or user_principal_name.split("@")[0],
                account_enabled=account_enabled,
                mailbox_state=mailbox_state,
                aliases=list(aliases),
                room=room,
            )
            self.users[user.id] = user
            self._mailboxes.setdefault(user.id, Mailbox(self, user)).user = user
            self._by_name[user.id.lower()] = self._by_name[user.user_principal_name.lower()] = user
            # Ten thousand people come one by one: their addresses are sorted out when somebody asks for one.
            self._has_new_addresses = True
            return user

    def add_room(self, name: str, address: str, **knobs: Any) -> User:
        """A room or equipment: a disabled user with a mailbox that answers by itself; `knobs` as in RoomPolicy."""
        return self.add_user(address, name, account_enabled=False, room=RoomPolicy.from_json(knobs))

    def remove_user(self, user: str) -> None:
        """Soft-deleted: gone from the directory and from every path; `restore_user` brings the same mailbox back."""
        with self.lock:
            del self.users[self.user(user).id]
            self._index()

    def restore_user(self, user_id: str) -> User:
        """Section 13: the same object id and mailbox."""
        with self.lock:
            user = self._mailboxes[user_id].user
            self.users[user.id] = user
            self._index()
            return user

    def rename_user(self, user: str, user_principal_name: str, mail: str | None = None) -> User:
        with self.lock:
            found = self.user(user)
            before = found.address
            found.user_principal_name, found.mail = user_principal_name, mail or user_principal_name
            if self.switches.rename_keeps_address and before.lower() != found.address.lower():
                found.aliases.append(before)
            self._index()
            return found

    def set_aliases(self, user: str, aliases: Iterable[str]) -> User:
        """Further addresses of a mailbox."""
        with self.lock:
            found = self.user(user)
            found.aliases = list(aliases)
            self._index()
            return found

    def find_user(self, name: str) -> User | None:
        """By object id or UPN, without regard to case."""
        return self._by_name.get(name.lower())

    def user(self, name: str) -> User:
        found = self.find_user(name)
        if found is None:
            raise KeyError(f"nobody is called {name}")
        return found

    def _index(self) -> None:
        people = list(self.users.values())
        self._by_name = {user.id.lower(): user for user in people}
        self._by_name |= {user.user_principal_name.lower(): user for user in people}
        self._index_addresses()

    def _index_addresses(self) -> None:
        people = list(self.users.values())
        # An address that somebody has now beats one that somebody else had before.
        self._by_address = {alias.lower(): user for user in people for alias in user.aliases}
        self._by_address |= {user.user_principal_name.lower(): user for user in people}
        self._by_address |= {user.address.lower(): user for user in people}
        self._names_by_address = {address: user.display_name for address, user in self._by_address.items()}
        self._has_new_addresses = False

    @property
    def names_by_address(self) -> dict[str, str]:
        with self.lock:
            if self._has_new_addresses:
                self._index_addresses()
            return self._names_by_address

    def user_at(self, address: str) -> User | None:
        """By any address of the mailbox, without regard to case."""
        with self.lock:
            if self._has_new_addresses:
                self._index_addresses()
            return self._by_address.get(address.lower())

    def identity(self, address: str) -> str:
        """The same for all addresses of one person: the object id, or the address of somebody outside."""
        user = self.user_at(address)
        return user.id if user is not None else address.lower()

    # Meetings from outside; see `Outside`.

    def invite_from_outside(self, organizer: str, attendees: Iterable[str | Json], **properties: Any) -> str:
        """Answers the meeting's iCalUId."""
        return self.outside.invite(organizer, attendees, **properties)

    def change_from_outside(self, uid: str, day: date | None = None, **changes: Any) -> None:
        self.outside.change(uid, day, **changes)

    def cancel_from_outside(self, uid: str, day: date | None = None) -> None:
        self.outside.cancel(uid, day)

    # Mailboxes.

    def mailbox_at(self, address: str) -> Mailbox | None:
        """Where a mail to this address arrives; None for people outside and for those without a mailbox."""
        user = self.user_at(address)
        if user is None or user.mailbox_state is not MailboxState.READY:
            return None
        return self._mailboxes[user.id]

    def mailbox(self, user: str) -> Mailbox:
        """For tests and people: whatever state the mailbox is in; by object id also after the user was removed."""
        return self._mailboxes.get(user) or self._mailboxes[self.user(user).id]

    def open_mailbox(self, name: str) -> Mailbox:
        """For the API: refuses what Graph refuses (section 13)."""
        user = self.find_user(name)
        if user is None:
            if self.switches.unknown_user is UnknownUser.RESOURCE_NOT_FOUND:
                raise errors.resource_not_found()
            raise errors.invalid_user(name)
        if user.mailbox_state is not MailboxState.READY:
            raise errors.no_mailbox()
        return self._mailboxes[user.id]

    def expire_sync_state(self, user: str) -> None:
        """Every delta link of this mailbox answers 410 from now on (section 5.3)."""
        mailbox = self.mailbox(user)
        with mailbox.lock:
            mailbox.feed.expire()

    def answers_to(self, name: str) -> bool:
        """Whether the tenant is meant by this part of a token endpoint's path: its id or one of its domains."""
        return name.lower() == self.id.lower() or name.lower() in self.domains

    # Behaviour.

    def switch(self, **changes: Any) -> None:
        """Change switches while running."""
        self.switches = replace(self.switches, **changes)

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """All mailboxes by object id."""
        return {user_id: self._mailboxes[user_id].snapshot() for user_id in list(self.users)}
