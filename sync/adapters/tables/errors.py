"""What a failure of Table Storage means, as an error of ours."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

from sync.errors import NeedsAdministrator, TryLater

AFTER_OUTAGE = 60.0  # seconds; the service itself rarely says


class RowChanged(Exception):
    """A conditional write met another row than it expected: changed, appeared or gone. Stays inside this
    package: what it means differs (a lost lease, an insert that is an update)."""


class TableMissing(Exception):
    """The table does not exist. Stays inside this package, see `client.Table`."""


@contextmanager
def translated() -> Iterator[None]:
    """Every failure of the SDK leaves as `RowChanged`, `TableMissing` or an error of `sync.errors`."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        yield
    except ClientAuthenticationError as error:
        raise NeedsAdministrator("storage-forbidden", {"reason": _code(error)}) from error
    except HttpResponseError as error:
        raise _meaning(error) from error
    except (AzureError, http.client.HTTPException, OSError) as error:
        # A connection cut inside an answer shows as http.client's own error (azure-hosting.md 6).
        raise TryLater("storage-unavailable", {"reason": type(error).__name__}) from error


def _meaning(error: object) -> Exception:
    """Pure: from status and error code (https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes)."""
    status, code = getattr(error, "status_code", None), _code(error)
    match status:
        case 404 if code == "TableNotFound":
            return TableMissing()
        case 404 | 412:
            return RowChanged(code)
        case 409 if code != "TableBeingDeleted":
            return RowChanged(code)
        case 401 | 403:
            return NeedsAdministrator("storage-forbidden", {"reason": code})
        case int() if 400 <= status < 500 and status not in (408, 409, 429):
            return NeedsAdministrator("storage-refused", {"status": str(status), "reason": code})
    return TryLater("storage-unavailable", {"reason": code or str(status)}, retry_after=_wait(error))


def _code(error: object) -> str:
    """The service's error code. An insert's error carries it in the answer's header only."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    code = getattr(error, "error_code", None) or headers.get("x-ms-error-code") or ""
    return str(getattr(code, "value", code))


def _wait(error: object) -> float:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    said = str(headers.get("Retry-After", ""))
    return float(said) if said.isdigit() else AFTER_OUTAGE
