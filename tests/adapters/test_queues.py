"""Jobs travel as the Functions host expects them, and come back as they were."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import fields
from uuid import uuid4

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.queue import QueueClient

from sync.adapters.queues.jobs import LONGEST_DELAY, QueueJobs, open_jobs
from sync.adapters.queues.message import job_from_message, job_to_message
from sync.adapters.storage_account import StorageAccount
from sync.errors import BadSetting, CannotSync, NeedsAdministrator, SyncError, TryLater
from sync.ports import Job
from tests.adapters.transport import InMemory, Reply

FULL = Job("acme", "佐藤", "manual", "a.b.c", "2026-11-01", "2026-12-01", "link", "0f0f", "12")


@pytest.mark.parametrize("job", [FULL, Job("acme", "sato"), Job("acme", "", task="check")])
def test_a_job_comes_back(job: Job) -> None:
    assert job_from_message(job_to_message(job)) == job


def test_a_message_says_every_attribute_of_a_job() -> None:
    assert json.loads(job_to_message(FULL)).keys() == {field.name for field in fields(Job)}


def test_fields_of_a_newer_version_are_passed_over() -> None:
    assert job_from_message('{"organization": "acme", "user": "sato", "colour": [1]}') == Job("acme", "sato")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("acme", "not JSON"),
        ("[]", "not an object"),
        ("null", "not an object"),
        ("{}", "no organization"),
        ('{"organization": "acme"}', "no user"),
        ('{"organization": "acme", "user": ""}', "no user"),
        ('{"organization": "acme", "user": 5}', "user is no text"),
        ('{"organization": "acme", "user": "sato", "first": null}', "first is no text"),
    ],
)
def test_what_is_no_job_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(CannotSync) as refused:
        job_from_message(text)
    assert (refused.value.code, refused.value.detail) == ("job-malformed", {"reason": reason})


@pytest.fixture
def queue() -> str:
    return f"jobs-{uuid4().hex[:12]}"


@pytest.fixture
def jobs(azurite: str, queue: str) -> QueueJobs:
    return open_jobs(StorageAccount(connection_string=azurite), queue)


@pytest.fixture
def raw(azurite: str, queue: str) -> QueueClient:
    """The queue as the host reads it, without any decoding."""
    return QueueClient.from_connection_string(azurite, queue)


def test_a_job_is_a_base64_message_in_a_queue_made_on_demand(jobs: QueueJobs, raw: QueueClient) -> None:
    jobs.enqueue(FULL)
    jobs.enqueue(Job("acme", "suzuki"))
    first, second = raw.receive_messages()
    assert job_from_message(base64.b64decode(first.content).decode()) == FULL
    assert job_from_message(base64.b64decode(second.content).decode()).user == "suzuki"


def test_a_delayed_job_is_seen_later(jobs: QueueJobs, raw: QueueClient) -> None:
    jobs.enqueue(FULL, delay=1.2)
    assert not list(raw.receive_messages())
    deadline = time.monotonic() + 10
    while not (seen := list(raw.receive_messages())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(seen) == 1


class Sent:
    """Queue service that takes everything and remembers how."""

    def __init__(self, reply: Reply | Exception) -> None:
        self.reply = reply
        self.transport = InMemory(self.answer)

    def answer(self, _request: object) -> Reply:
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


ACCOUNT = StorageAccount(connection_string="AccountName=a;AccountKey=aaaa;QueueEndpoint=http://127.0.0.1:1/a")


def failing(reply: Reply | Exception, *, create: bool = True) -> Sent:
    sent = Sent(reply)
    jobs = open_jobs(ACCOUNT, "jobs", create=create, transport=sent.transport, retry_total=0)
    jobs.enqueue(FULL)
    return sent


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [(0, 0), (-5, 0), (0.1, 1), (90, 90), (1e9, LONGEST_DELAY), (LONGEST_DELAY, LONGEST_DELAY)],
)
def test_a_delay_is_whole_seconds_and_seven_days_at_most(delay: float, seconds: int) -> None:
    sent = Sent(ServiceRequestError("refused"))
    jobs = open_jobs(ACCOUNT, "jobs", transport=sent.transport, retry_total=0)
    with pytest.raises(TryLater):
        jobs.enqueue(FULL, delay)
    address = sent.transport.requests[0].url
    assert f"visibilitytimeout={seconds}&" in f"{address}&"
    assert "messagettl=-1" in address


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (ServiceRequestError("refused"), TryLater, "storage-unavailable"),
        (OSError("cut"), TryLater, "storage-unavailable"),
        (Reply(500), TryLater, "storage-unavailable"),
        (Reply(503), TryLater, "storage-unavailable"),
        (Reply(401), NeedsAdministrator, "storage-forbidden"),
        (Reply(403), NeedsAdministrator, "storage-forbidden"),
        (Reply(400), NeedsAdministrator, "storage-refused"),
    ],
)
def test_each_failure_becomes_an_error_of_ours(
    reply: Reply | Exception, kind: type[SyncError], code: str
) -> None:
    with pytest.raises(kind) as failed:
        failing(reply)
    assert failed.value.code == code


def test_a_missing_queue_is_the_administrators_where_bicep_makes_it(azurite: str, queue: str) -> None:
    jobs = open_jobs(StorageAccount(connection_string=azurite), queue, create=False)
    with pytest.raises(NeedsAdministrator) as missing:
        jobs.enqueue(FULL)
    assert (missing.value.code, missing.value.detail) == ("storage-queue-missing", {"queue": queue})


@pytest.mark.parametrize("name", ["", "a", "Jobs", "a--b", "-ab", "ab-", "a_b", "x" * 64])
def test_a_bad_queue_name_is_named(name: str) -> None:
    with pytest.raises(BadSetting) as bad:
        open_jobs(ACCOUNT, name)
    assert bad.value.detail["setting"] == "SYNC_QUEUE"


def test_an_identity_is_used_without_a_connection_string() -> None:
    opened: Callable[[StorageAccount], QueueJobs] = lambda account: open_jobs(account, "jobs")  # noqa: E731
    assert opened(StorageAccount(queue_uri="https://acme.queue.core.windows.net", client_id="id"))
    with pytest.raises(BadSetting):
        opened(StorageAccount(connection_string="nonsense"))
