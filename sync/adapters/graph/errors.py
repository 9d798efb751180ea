"""What an answer of Microsoft Graph means for the caller: status and code to an error class, in one place.

The table is graph-calendar.md 6.4. Decided on status and `code`, never on the message; a code nobody knows is
this event's problem (4xx) or a passing one (5xx), and never a deletion.
"""

from __future__ import annotations

from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, SyncError, TryLater

# A delta token that the service no longer knows, in all the ways it is said (graph-calendar.md 5.3).
SYNC_STATE_LOST = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
# Only on a delta link: there the "id" is the token itself.
TOKEN_MALFORMED = "errorinvalididmalformed"

_NO_MAILBOX = frozenset({"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"})
_NO_USER = frozenset({"errorinvaliduser", "resourcenotfound", "request_resourcenotfound"})
_MAILBOX_MOVING = frozenset({"errormailboxmoveinprogress", "errormailboxstoreunavailable"})
_MAILBOX_FULL = frozenset({"errorquotaexceeded"})
_TIMEOUT_CODES = frozenset({"errortimeoutexpired", "gatewaytimeout"})

TIMEOUT = "graph-timeout"
UNREACHABLE = "graph-unavailable"
THROTTLED = "graph-throttled"
DOWN = "graph-unavailable"
BROKEN_ANSWER = "graph-answer-broken"

# Statuses after which the same request may succeed a little later.
TRANSIENT = frozenset({423, 429, 500, 502, 503, 504})


def is_transient(status: int, code: str) -> bool:
    return status in TRANSIENT or code.lower() in _MAILBOX_MOVING


def error_of(status: int, code: str, retry_after: float | None = None) -> SyncError:
    """The error for an answer with `status` >= 400."""
    name = code.lower()
    detail = {"status": str(status), "graph_code": code}
    if status == 410 or (status in (400, 404) and name in SYNC_STATE_LOST):
        return CursorExpired("cursor-expired", detail)
    if name in _MAILBOX_MOVING:
        return TryLater("mailbox-moving", detail, retry_after=retry_after)
    if name in _MAILBOX_FULL or status == 507:
        return NeedsAdministrator("mailbox-full", detail)
    match status:
        case 401:
            return NeedsAdministrator("token-refused", detail)
        case 403:
            return _forbidden(name, detail)
        case 404:
            return _not_found(name, detail)
        case 409 | 412:
            return Moved("event-moved", detail)
        case 413:
            return CannotSync("too-large", detail)
        case 429:
            return TryLater(THROTTLED, detail, retry_after=retry_after)
        case 423:
            return TryLater("mailbox-locked", detail, retry_after=retry_after)
        case _ if status == 504 or (status == 503 and name in _TIMEOUT_CODES):
            return TryLater(TIMEOUT, detail, retry_after=retry_after)
        case _ if status >= 500:
            return TryLater(DOWN, detail, retry_after=retry_after)
        case _:
            return CannotSync("graph-refused", detail)


def of_no_event(error: SyncError) -> SyncError:
    """What `error` means where no single event is concerned: nothing can be parked, so it stops the caller."""
    if isinstance(error, (CannotSync, Gone)):
        return NeedsAdministrator("listing-refused", error.detail)
    if isinstance(error, Moved):
        return TryLater(DOWN, error.detail)
    return error


def _forbidden(name: str, detail: dict[str, str]) -> NeedsAdministrator:
    if name == "authorization_requestdenied":
        return NeedsAdministrator("permission-missing", detail)
    # Permission not granted, or the mailbox is outside an access policy: the status cannot tell (12.5).
    return NeedsAdministrator("mailbox-forbidden", detail)


def _not_found(name: str, detail: dict[str, str]) -> SyncError:
    """404 is ambiguous; only one code says that the event is gone (graph-calendar.md T38)."""
    if name == "erroritemnotfound":
        return Gone("event-gone", detail)
    if name in _NO_MAILBOX:
        return NeedsAdministrator("mailbox-missing", detail)
    if name in _NO_USER:
        return NeedsAdministrator("user-missing", detail)
    return NeedsAdministrator("graph-not-found", detail)
