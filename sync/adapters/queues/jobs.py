"""Jobs on an Azure Storage queue, as the Functions host expects them: base64 text."""

from __future__ import annotations

import http.client
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sync.adapters.queues.message import job_to_message
from sync.adapters.storage_account import StorageAccount
from sync.errors import BadSetting, NeedsAdministrator, TryLater
from sync.log import log
from sync.ports import Job

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

# The longest a message may stay invisible
# (https://learn.microsoft.com/rest/api/storageservices/put-message).
LONGEST_DELAY = 7 * 24 * 3600
FOR_EVER = -1
AFTER_OUTAGE = 60.0

_QUEUE_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


class QueueMissing(Exception):
    """The queue does not exist. Stays inside this module."""


def open_jobs(
    account: StorageAccount, queue: str, *, create: bool | None = None, **options: Any
) -> QueueJobs:
    """Nothing is sent yet. `create` makes a missing queue; by default only where no identity is used, because
    in Azure Bicep makes it. `options` go to the SDK's client."""
    from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

    if not _QUEUE_NAME.fullmatch(queue):
        raise BadSetting("setting-malformed", {"setting": "SYNC_QUEUE", "expected": "a-z0-9-, 3-63"})
    options = {
        # The SDK would wait fifteen seconds before its first repetition.
        "initial_backoff": 1,
        "increment_base": 2,
        "random_jitter_range": 0,
        "retry_total": 2,
        "connection_timeout": 5,
        "read_timeout": 20,
        **options,
    }
    if account.uses_identity:
        from azure.identity import ManagedIdentityCredential

        credential = options.pop("credential", None)
        credential = credential or ManagedIdentityCredential(client_id=account.client_id or None)
        service = QueueServiceClient(account.queue_uri, credential=credential, **options)
    else:
        try:
            service = QueueServiceClient.from_connection_string(account.connection_string, **options)
        except ValueError as error:
            raise BadSetting("setting-malformed", {"setting": "AzureWebJobsStorage"}) from error
    client = service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
    return QueueJobs(client, create=not account.uses_identity if create is None else create)


class QueueJobs:
    def __init__(self, client: QueueClient, *, create: bool) -> None:
        self._client = client
        self._create = create

    def enqueue(self, job: Job, delay: float = 0.0) -> None:
        """A delay beyond seven days is shortened to them. The message itself never expires: a job that is
        lost in a long outage would look as if it were still waiting."""
        try:
            self._send(job, delay)
        except QueueMissing as error:
            if not self._create:
                raise NeedsAdministrator(
                    "storage-queue-missing", {"queue": self._client.queue_name}
                ) from error
            self._make()
            self._send(job, delay)

    def _send(self, job: Job, delay: float) -> None:
        seconds = min(max(math.ceil(delay), 0), LONGEST_DELAY)
        with translated():
            self._client.send_message(job_to_message(job), visibility_timeout=seconds, time_to_live=FOR_EVER)

    def _make(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        with translated(), suppress(ResourceExistsError):  # another worker may be faster
            self._client.create_queue()
        log("queue-made", queue=self._client.queue_name)


@contextmanager
def translated() -> Iterator[None]:
    """Every failure of the SDK leaves as `QueueMissing` or an error of `sync.errors`."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        yield
    except ClientAuthenticationError as error:
        raise NeedsAdministrator("storage-forbidden", {"reason": _code(error)}) from error
    except HttpResponseError as error:
        raise _meaning(error.status_code, _code(error)) from error
    except (AzureError, http.client.HTTPException, OSError) as error:
        raise _down(type(error).__name__) from error


def _meaning(status: int | None, code: str) -> Exception:
    match status:
        case 404:
            return QueueMissing()
        case 401 | 403:
            return NeedsAdministrator("storage-forbidden", {"reason": code})
        case int() if 400 <= status < 500 and status not in (408, 409, 429):
            return NeedsAdministrator("storage-refused", {"status": str(status), "reason": code})
    return _down(code or str(status))


def _code(error: object) -> str:
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def _down(reason: str) -> TryLater:
    return TryLater("storage-unavailable", {"reason": reason}, retry_after=AFTER_OUTAGE)
