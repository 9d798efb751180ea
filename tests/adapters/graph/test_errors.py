from __future__ import annotations

import pytest

from sync.adapters.graph.errors import error_of, of_no_event
from sync.errors import CannotSync, CursorExpired, Gone, Moved, NeedsAdministrator, SyncError, TryLater

# status, Graph's code, what it means, our code: the table of graph-calendar.md 6.4.
TABLE: list[tuple[int, str, type[SyncError], str]] = [
    (400, "ErrorInvalidRequest", CannotSync, "graph-refused"),
    (400, "ErrorPropertyValidationFailure", CannotSync, "graph-refused"),
    (400, "ErrorInvalidParameter", CannotSync, "graph-refused"),
    (400, "TimeZoneNotSupportedException", CannotSync, "graph-refused"),
    (400, "ErrorInvalidIdMalformed", CannotSync, "graph-refused"),
    (400, "ErrorIncorrectRoutingHint", CannotSync, "graph-refused"),
    (400, "SyncStateInvalid", CursorExpired, "cursor-expired"),
    (400, "ErrorMailboxMoveInProgress", TryLater, "mailbox-moving"),
    (400, "", CannotSync, "graph-refused"),
    (401, "InvalidAuthenticationToken", NeedsAdministrator, "token-refused"),
    (403, "ErrorAccessDenied", NeedsAdministrator, "mailbox-forbidden"),
    (403, "Authorization_RequestDenied", NeedsAdministrator, "permission-missing"),
    (403, "ErrorQuotaExceeded", NeedsAdministrator, "mailbox-full"),
    (403, "SomethingNew", NeedsAdministrator, "mailbox-forbidden"),
    (404, "ErrorItemNotFound", Gone, "event-gone"),
    (404, "MailboxNotEnabledForRESTAPI", NeedsAdministrator, "mailbox-missing"),
    (404, "MailboxNotSupportedForRESTAPI", NeedsAdministrator, "mailbox-missing"),
    (404, "ErrorInvalidUser", NeedsAdministrator, "user-missing"),
    (404, "ResourceNotFound", NeedsAdministrator, "user-missing"),
    (404, "Request_ResourceNotFound", NeedsAdministrator, "user-missing"),
    (404, "syncStateNotFound", CursorExpired, "cursor-expired"),
    (404, "", NeedsAdministrator, "graph-not-found"),
    (409, "ErrorIrresolvableConflict", Moved, "event-moved"),
    (410, "SyncStateNotFound", CursorExpired, "cursor-expired"),
    (410, "resyncRequired", CursorExpired, "cursor-expired"),
    (410, "", CursorExpired, "cursor-expired"),
    (412, "ErrorIrresolvableConflict", Moved, "event-moved"),
    (413, "", CannotSync, "too-large"),
    (418, "ImATeapot", CannotSync, "graph-refused"),
    (423, "", TryLater, "mailbox-locked"),
    (429, "ApplicationThrottled", TryLater, "graph-throttled"),
    (500, "ErrorInternalServerError", TryLater, "graph-unavailable"),
    (503, "ErrorServerBusy", TryLater, "graph-unavailable"),
    (503, "ErrorTimeoutExpired", TryLater, "graph-timeout"),
    (503, "ErrorMailboxStoreUnavailable", TryLater, "mailbox-moving"),
    (504, "GatewayTimeout", TryLater, "graph-timeout"),
    (507, "", NeedsAdministrator, "mailbox-full"),
    (599, "", TryLater, "graph-unavailable"),
]


@pytest.mark.parametrize(("status", "code", "kind", "ours"), TABLE)
def test_an_answer_means_one_thing_to_the_caller(
    status: int, code: str, kind: type[SyncError], ours: str
) -> None:
    error = error_of(status, code, 7.0)
    assert type(error) is kind
    assert error.code == ours
    assert error.detail == {"status": str(status), "graph_code": code}
    if isinstance(error, TryLater):
        assert error.retry_after == 7.0


def test_only_one_404_says_that_the_event_is_gone() -> None:
    gone = [row for row in TABLE if row[0] == 404 and row[2] is Gone]
    assert [code for _, code, _, _ in gone] == ["ErrorItemNotFound"]


def test_letter_case_of_a_code_does_not_matter() -> None:
    assert isinstance(error_of(404, "erroritemnotfound"), Gone)
    assert isinstance(error_of(400, "SYNCSTATENOTFOUND"), CursorExpired)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "ErrorInvalidRequest", NeedsAdministrator),
        (404, "ErrorItemNotFound", NeedsAdministrator),
        (412, "ErrorIrresolvableConflict", TryLater),
        (429, "", TryLater),
        (403, "ErrorAccessDenied", NeedsAdministrator),
    ],
)
def test_where_no_event_is_concerned_nothing_is_parked(status: int, code: str, kind: type[SyncError]) -> None:
    assert type(of_no_event(error_of(status, code))) is kind
