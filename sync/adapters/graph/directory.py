"""People of the Microsoft 365 tenant, and whether they have a calendar that we may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sync.adapters.graph.answers import Answer, Json
from sync.adapters.graph.batch import Item, run
from sync.adapters.graph.client import IMMUTABLE_IDS, GraphClient, query, segment
from sync.adapters.graph.errors import of_no_event
from sync.errors import NeedsAdministrator, SyncError
from sync.ports import Mailbox

PROPERTIES = "id,userPrincipalName,mail,displayName,accountEnabled,proxyAddresses"
SELECT = query({"$select": PROPERTIES})
# The most that a page of /users may hold (graph-calendar.md 13).
PAGE = 999


class GraphDirectory:
    """`ports.MailboxDirectory` over Graph. Keeps nothing; a UPN is looked up every time it is asked for."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    def mailbox(self, upn: str) -> Mailbox | None:
        # Without a name the path would be that of the whole list.
        if not upn.strip():
            return None
        try:
            user = self._client.directory().get(
                f"/users/{segment(upn.strip())}?{SELECT}", prefer=IMMUTABLE_IDS
            )
        except SyncError as error:
            if error.detail.get("status") == "404":
                return None
            raise of_no_event(error) from error
        return mailbox_of(user)

    def check(self, oid: str) -> None:
        """Whether this person's calendar can be used: returns if so, else `NeedsAdministrator` says what is missing.

        `user-missing`, `mailbox-missing` (no licence, on-premises, or up to 15 minutes after the licence was given)
        or `mailbox-forbidden` (permission, consent or access policy; up to an hour after it was granted).
        """
        mailbox = self._client.mailbox(oid)
        try:
            mailbox.get(calendar_path(oid), prefer=IMMUTABLE_IDS)
        except SyncError as error:
            raise of_no_event(error) from error

    def mailboxes(self, upns: Sequence[str]) -> Mapping[str, Mailbox | SyncError]:
        missing = NeedsAdministrator("user-missing")
        found: dict[str, Mailbox | SyncError] = {upn: missing for upn in upns if not upn.strip()}
        paths = {upn: f"/users/{segment(upn.strip())}?{SELECT}" for upn in upns if upn.strip()}
        for upn, answer in self._ask_all(paths):
            if answer.is_ok:
                found[upn] = mailbox_of(answer.body)
            else:
                found[upn] = missing if answer.status == 404 else of_no_event(answer.error)
        return found

    def check_all(self, oids: Sequence[str]) -> Mapping[str, SyncError | None]:
        """Each answer is final: what Graph could not say after some attempts stands as that person's `TryLater`."""
        asked = self._ask_all({oid: calendar_path(oid) for oid in oids})
        return {oid: None if answer.is_ok else of_no_event(answer.error) for oid, answer in asked}

    def everyone(self) -> Iterator[Mailbox]:
        channel = self._client.directory()
        path = f"/users?{query({'$select': PROPERTIES, '$top': str(PAGE)})}"
        while path:
            page = channel.get(path, prefer=IMMUTABLE_IDS)
            for user in page.get("value") or ():
                yield mailbox_of(user)
            path = str(page.get("@odata.nextLink") or "")

    def _ask_all(self, paths: Mapping[str, str]) -> Iterator[tuple[str, Answer]]:
        items = (Item(key, "GET", path) for key, path in paths.items())
        for reply in run(self._client.directory(), items):
            yield reply.item.key, reply.answer


def calendar_path(oid: str) -> str:
    """The least that tells whether a calendar can be used."""
    return f"/users/{segment(oid)}/calendar?{query({'$select': 'id'})}"


def mailbox_of(user: Json) -> Mailbox:
    return Mailbox(
        id=str(user["id"]),
        upn=str(user.get("userPrincipalName") or ""),
        name=str(user.get("displayName") or ""),
        email=str(user.get("mail") or ""),
        enabled=user.get("accountEnabled") is not False,
        addresses=tuple(dict.fromkeys(_addresses(user))),
    )


def _addresses(user: Json) -> Iterator[str]:
    """The mailbox's SMTP addresses, primary first. `proxyAddresses` are `SMTP:` for the primary one, `smtp:` for the
    others, and other protocols (https://learn.microsoft.com/graph/api/resources/user)."""
    known = [str(address).partition(":") for address in user.get("proxyAddresses") or ()]
    yield from (address.strip() for protocol, _, address in known if protocol == "SMTP")
    if user.get("mail"):
        yield str(user["mail"])
    yield from (address.strip() for protocol, _, address in known if protocol == "smtp")
