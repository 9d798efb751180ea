"""The error tree. A class is named for what the caller must do; text for people comes from `messages`."""

from __future__ import annotations

from collections.abc import Mapping


class SyncError(Exception):
    """Root of every error this project raises on purpose.

    `code` is stable and safe to log, `detail` holds names and numbers for the sentence that a person reads
    (a zone name, a limit, a field), never titles, bodies, addresses or tokens.
    """

    def __init__(self, code: str, detail: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail: dict[str, str] = dict(detail or {})

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{self.code} ({said})" if said else self.code


class TryLater(SyncError):
    """Raised by adapters when a service is throttled, down or slow. Stop this pass, keep the cursors, come
    back after `retry_after` seconds (None: the next regular pass)."""

    def __init__(
        self, code: str, detail: Mapping[str, str] | None = None, *, retry_after: float | None = None
    ) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class NeedsAdministrator(SyncError):
    """Raised by adapters when only a person can repair it: credential, permission, missing mailbox or user.
    Stop the pass, show the Connection as `error` with the reason, never delete anything because of it."""


class CannotSync(SyncError):
    """Raised for one event that a side refuses or cannot say. Park it with the reason, go on with the rest."""


class Moved(SyncError):
    """Raised by a conditional write whose event changed meanwhile (412, 409). Read again and plan again."""


class Gone(SyncError):
    """Raised by a write to an event that no longer exists. A delete has succeeded; an update reads again."""


class CursorExpired(SyncError):
    """Raised by a Calendar whose cursor the service no longer knows. Read the whole window instead."""


class LeaseLost(SyncError):
    """Raised when another worker holds this Connection, or wrote its links. Stop at once, write nothing."""


class BadSetting(SyncError):
    """Raised at start for a missing or malformed setting, by name. The app must not start."""
