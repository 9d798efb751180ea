"""People of the Microsoft 365 tenant, and whether they have a calendar that we may use."""

from __future__ import annotations

from collections.abc import Iterator

from sync.adapters.graph.answers import Json
from sync.adapters.graph.client import IMMUTABLE_IDS, GraphClient, query, segment
from sync.adapters.graph.errors import of_no_event
from sync.errors import SyncError
from sync.ports import Mailbox

SELECT = query({"$select": "id,userPrincipalName,mail,displayName,accountEnabled,proxyAddresses"})


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
            mailbox.get(f"{mailbox.path}/calendar?{query({'$select': 'id'})}", prefer=IMMUTABLE_IDS)
        except SyncError as error:
            raise of_no_event(error) from error


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
