"""function_app.py under Microsoft's real worker library: indexing, and every trigger from end to end.

The world around it is real too, as far as it fits on one machine: Azurite, the Microsoft 365 simulator and the
reference groupware, each on a port of its own. What the .NET host would do (listen to the queue, move what failed
too often) is played by `Queue`.
"""

from __future__ import annotations

import ast
import base64
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.storage.queue import QueueClient
from werkzeug.serving import make_server

from sync.adapters.queues.jobs import open_jobs
from sync.adapters.secrets.file import FileSecrets
from sync.adapters.storage_account import read_account
from sync.adapters.tables.client import open_tables
from sync.adapters.tables.connections import TableConnections
from sync.adapters.tables.passes import TablePasses
from sync.adapters.tables.tenants import TableTenants
from sync.clock import SystemClock
from sync.config import SETTINGS
from sync.core.settings import Connection, State
from sync.core.tenant import Credential, CredentialKind
from sync.engine.schedule import offset_of
from sync.ports import Job, PassState
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.microsoft365.app import create_app
from sync.sandbox.microsoft365.tenant import Tenant
from sync.web.access import RULES, TAKEN_BY_THE_HOST
from tests.azurite import AzuriteMissing, running_azurite
from tests.fakes import connected
from tests.leaks import WATCH

ROOT = Path(__file__).parents[2]
HOST = Path(__file__).parent / "worker_host.py"
QUEUE = "worker-passes"
ISSUER, AUDIENCE = "https://groupware.test", "groupware-outlook-sync"
ACCESS_SECRET = "a secret of at least thirty-two bytes"

needs_worker = pytest.mark.skipif(
    importlib.util.find_spec("azure_functions_runtime") is None,
    reason="azure-functions-runtime is not installed (it needs Python 3.13 or later)",
)
HOST_JSON = json.loads((ROOT / "host.json").read_text("utf-8"))
SOURCE = (ROOT / "function_app.py").read_text("utf-8")


class Worker:
    """A worker process with one function app in it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HOST), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )

    def ask(self, act: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, "with": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the worker process ended"
        WATCH.hear(f"what the worker said to {act}", line)
        return json.loads(line)

    def http(
        self, method: str, path: str, token: str = "", body: object = None, **headers: str
    ) -> tuple[int, Any]:
        """The status and the JSON of the answer, through the ASGI function."""
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        text = "" if body is None else json.dumps(body)
        sent |= {"Content-Type": "application/json"} if text else {}
        answer = self.ask(
            "http",
            name="web",
            method=method,
            url=f"https://app.test{path}",
            headers={**sent, **headers},
            body=text,
        )
        assert answer["ok"], answer
        return answer["status"], json.loads(answer["body"]) if answer["body"] else None

    def close(self) -> None:
        """Ends by itself when its input ends; killed if not."""
        try:
            self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """A WSGI application on a free port of this machine, and its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Queue:
    """The queue triggers of the host: receive, take the base64 off, invoke, delete; poison what fails too often."""

    def __init__(self, storage: str, worker: Worker) -> None:
        self._worker = worker
        self._most_tries = HOST_JSON["extensions"]["queues"]["maxDequeueCount"]
        self.passes = QueueClient.from_connection_string(storage, QUEUE)
        self.poison = QueueClient.from_connection_string(storage, f"{QUEUE}-poison")

    def close(self) -> None:
        self.passes.close()
        self.poison.close()

    def count(self) -> int:
        """Also those that are not visible yet."""
        return self.passes.get_queue_properties().approximate_message_count or 0

    def run(self) -> list[bool]:
        """Invoke for every visible message until none is left; whether each invocation succeeded."""
        found = []
        for message in self.passes.receive_messages(visibility_timeout=30):
            text = base64.b64decode(message.content, validate=True).decode()
            tries = message.dequeue_count or 1
            answer = self._worker.ask("queue", name="sync_person", argument="message", body=text, tries=tries)
            found.append(answer["ok"])
            if not answer["ok"] and tries < self._most_tries:
                self.passes.update_message(message, visibility_timeout=0)
                continue
            self.passes.delete_message(message)
            if not answer["ok"]:
                self.poison.send_message(message.content)
        return found

    def run_poison(self) -> list[bool]:
        found = []
        for message in self.poison.receive_messages():
            text = base64.b64decode(message.content).decode()
            answer = self._worker.ask("queue", name="record_failure", argument="message", body=text, tries=1)
            found.append(answer["ok"])
            self.poison.delete_message(message)
        return found


@dataclass
class Stage:
    """Everything around the function app."""

    worker: Worker
    environment: Mapping[str, str]
    queue: Queue
    tenant: Tenant
    groupware: Groupware
    connections: TableConnections
    passes: TablePasses
    started: dict[str, Any]

    def hire(self, user: str) -> Connection:
        """A linked person with one event in the groupware tomorrow."""
        oid = self.tenant.add_user(f"{user}@example.com").id
        self.groupware.add_user(user, id=user, email=f"{user}@example.com")
        start = (datetime.now() + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)  # noqa: DTZ005
        event = {"title": "会議", "start": start.isoformat(), "timeZone": "Asia/Tokyo"}
        self.groupware.create(event, by=user)
        who = Connection("default", user, mailbox=oid, enabled=True, state=State.ACTIVE)
        self.connections.put(who)
        return who

    def tick(self) -> None:
        assert self.worker.ask("timer", name="schedule", argument="timer") == {"ok": True}

    def titles(self, who: Connection) -> list[str]:
        return [event["subject"] for event in self.tenant.mailbox(who.mailbox).events()]

    def again(self, who: Connection) -> Connection:
        found = self.connections.get("default", who.user)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A storage account of its own: the timer looks at everybody in it."""
    try:
        with running_azurite(tmp_path_factory.mktemp("storage")) as storage:
            yield from build_stage(storage, tmp_path_factory.mktemp("secrets") / "secrets.json")
    except AzuriteMissing as missing:
        if os.environ.get("REQUIRE_AZURITE") == "1":
            pytest.fail(f"REQUIRE_AZURITE=1, but {missing}")
        pytest.skip(f"needs Azurite: {missing}")


def build_stage(storage: str, secrets_file: Path) -> Iterator[Stage]:
    tenant = Tenant()
    application = tenant.add_application()
    secrets = FileSecrets(secrets_file)
    secrets.set("groupware-key", TOKEN)
    secrets.set("access-secret", ACCESS_SECRET)
    with Groupware() as groupware, serving(create_app(tenant)) as graph, serving(groupware.app) as schedule:
        environment = {
            "AzureWebJobsStorage": storage,
            "KEY_VAULT_URL": secrets_file.as_uri(),
            "PUBLIC_URL": "http://127.0.0.1:7071",
            "SYNC_QUEUE": QUEUE,
            "GRAPH_URL": graph,
            "ENTRA_URL": graph,
            "GROUPWARE_URL": schedule,
            "ACCESS_ISSUER": ISSUER,
            "ACCESS_AUDIENCE": AUDIENCE,
        }
        account = read_account({"AzureWebJobsStorage": storage})
        tables = open_tables(account)
        name = "microsoft365-default-1"
        secrets.set(name, application.secrets[0].value)
        credential = Credential(CredentialKind.SECRET, name)
        TableTenants(tables, SystemClock()).put(
            connected("default", tenant.id, client_id=application.client_id, credential=credential)
        )
        with closing(Worker(ROOT, environment)) as worker, closing(Queue(storage, worker)) as queue:
            for client in (queue.passes, queue.poison):
                client.create_queue()
            yield Stage(
                worker=worker,
                environment=environment,
                queue=queue,
                tenant=tenant,
                groupware=groupware,
                connections=TableConnections(tables),
                passes=TablePasses(tables),
                started=worker.ask("start"),
            )


def token(user: str, role: str = "user") -> str:
    expires = datetime.now().astimezone() + timedelta(minutes=5)
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "role": role, "exp": expires}
    return jwt.encode(claims, ACCESS_SECRET, algorithm="HS256")


def user_whose_slot_is_now() -> str:
    """A new person's first job is spread over five minutes; this name's is visible at once."""
    now = int(SystemClock().now().timestamp())
    for number in range(100_000):
        offset = offset_of(Connection("default", f"taro{number}"), 60)
        if offset % 300 == 0 and (offset - now) % 3600 > 600:
            return f"taro{number}"
    raise AssertionError("no such name")


# -- indexing -------------------------------------------------------------------------------------------------


@needs_worker
def test_the_worker_indexes_every_function_with_its_bindings(stage: Stage) -> None:
    functions = stage.started["functions"]
    trigger = {name: found[0] for name, found in functions.items()}
    assert set(trigger) == {"web", "schedule", "sync_person", "record_failure"}
    timer, work, poison = trigger["schedule"], trigger["sync_person"], trigger["record_failure"]
    assert (timer["type"], timer["schedule"]) == ("timerTrigger", "%SYNC_SCHEDULE%")
    assert timer["runOnStartup"] is False
    assert (work["type"], work["queueName"], work["connection"]) == (
        "queueTrigger",
        "%SYNC_QUEUE%",
        "AzureWebJobsStorage",
    )
    assert (poison["type"], poison["queueName"]) == ("queueTrigger", "%SYNC_QUEUE%-poison")


@needs_worker
def test_the_web_function_takes_every_path_and_leaves_the_keys_to_us(stage: Stage) -> None:
    """Our own tokens say who may do what (design 8), so the host must not ask for a function key."""
    [trigger, answer] = stage.started["functions"]["web"]
    assert (trigger["type"], trigger["route"], trigger["authLevel"].lower()) == (
        "httpTrigger",
        "/{*route}",
        "anonymous",
    )
    assert {"GET", "POST", "PUT", "DELETE", "PATCH"} <= {method.upper() for method in trigger["methods"]}
    assert answer["type"] == "http"


@needs_worker
def test_every_setting_that_a_binding_names_is_one_of_ours(stage: Stage) -> None:
    text = json.dumps(stage.started["functions"])
    named = set(re.findall(r"%([^%]+)%", text)) | set(re.findall(r'"connection": "([^"]+)"', text))
    assert named == {"SYNC_SCHEDULE", "SYNC_QUEUE", "AzureWebJobsStorage"}
    assert named <= {setting.name for setting in SETTINGS}


TRAP = """
import azure.functions as func

app = func.FunctionApp()

@app.function_name("trap")
@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
@app.queue_output(arg_name="jobs", queue_name="jobs", connection="AzureWebJobsStorage")
def trap(timer: func.TimerRequest, jobs: func.Out[{kind}]) -> None:
    jobs.set(["one"])
"""


@needs_worker
@pytest.mark.parametrize(
    ("kind", "is_indexed"), [("list[str]", False), ("__import__('typing').List[str]", True), ("str", True)]
)
def test_the_annotation_trap_is_real(tmp_path: Path, kind: str, is_indexed: bool) -> None:
    """azure-hosting.md 1, note 1: one such annotation takes the whole app down, at indexing."""
    (tmp_path / "function_app.py").write_text(TRAP.format(kind=kind), "utf-8")
    (tmp_path / "host.json").write_text('{"version": "2.0"}', "utf-8")
    with closing(Worker(tmp_path, {})) as worker:
        started = worker.ask("start")
    assert started["ok"] is is_indexed, started
    assert is_indexed or "invalid non-type annotation" in started["error"]


def test_no_function_of_ours_walks_into_the_annotation_trap() -> None:
    annotations = [
        argument.annotation
        for function in ast.walk(ast.parse(SOURCE))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in (*function.args.args, *function.args.kwonlyargs)
    ]
    assert annotations
    allowed = {"func.TimerRequest", "func.QueueMessage"}
    assert {ast.unparse(found) for found in annotations if found is not None} <= allowed


def test_the_host_finds_no_word_that_would_choose_another_runtime() -> None:
    """azure-hosting.md 1, note 4: a worker in development looks for these texts."""
    assert "from fastapi import" not in SOURCE
    assert "FastAPI()" not in SOURCE


# -- what is imported when ------------------------------------------------------------------------------------


@needs_worker
def test_fastapi_is_not_imported_before_the_first_http_call(stage: Stage) -> None:
    heavy = [
        "fastapi",
        "starlette",
        "pydantic",
        "msal",
        "requests",
        "azure.data.tables",
        "azure.storage.queue",
    ]
    web = ["fastapi", "starlette", "pydantic"]
    with closing(Worker(ROOT, stage.environment)) as worker:
        assert worker.ask("start")["ok"]
        assert worker.ask("loaded", names=heavy) == []
        assert worker.ask("timer", name="schedule", argument="timer") == {"ok": True}
        job = json.dumps({"organization": "default", "user": "nobody"})
        answer = worker.ask("queue", name="sync_person", argument="message", body=job, tries=1)
        assert answer == {"ok": True}
        assert worker.ask("loaded", names=web) == []
        assert worker.http("GET", "/api/health")[0] == 200
        assert worker.ask("loaded", names=web) == web


# -- timer, queue, poison -------------------------------------------------------------------------------------


@needs_worker
def test_from_the_timer_over_the_queue_to_both_calendars(stage: Stage) -> None:
    stage.tick()  # whoever else is due
    stage.queue.passes.clear_messages()
    who = stage.hire(user_whose_slot_is_now())
    stage.tick()
    assert stage.queue.count() == 1
    stage.tick()
    assert stage.queue.count() == 1, "a job that is pending was queued again"
    assert stage.again(who).queued_until is not None
    assert stage.queue.run() == [True]
    assert stage.titles(who) == ["会議"]
    done = stage.again(who)
    assert (done.state, done.error, done.queued_until) == (State.ACTIVE, "", None)
    [record] = stage.passes.list("default", who.user)
    assert (record.state, record.trigger) == (PassState.DONE, "automatic")


@needs_worker
def test_a_message_that_is_no_job_fails_until_the_host_poisons_it(stage: Stage) -> None:
    stage.queue.passes.clear_messages()
    stage.queue.passes.send_message(base64.b64encode(b"this is no job").decode())
    tries = HOST_JSON["extensions"]["queues"]["maxDequeueCount"]
    assert stage.queue.run() == [False] * tries
    assert stage.queue.run() == []
    assert stage.queue.run_poison() == [True], "the poison function must not fail: nobody takes its messages"


@needs_worker
@pytest.mark.parametrize("body", ["", "[]", "{}", '{"organization": "default"}', '{"user": 1}'])
def test_no_malformed_message_passes_for_a_job(stage: Stage, body: str) -> None:
    refused = stage.worker.ask("queue", name="sync_person", argument="message", body=body, tries=1)
    assert not refused["ok"]
    assert "job-malformed" in refused["error"]
    assert stage.worker.ask("queue", name="record_failure", argument="message", body=body, tries=1)["ok"]


@needs_worker
def test_a_poisoned_job_is_recorded_where_the_administrator_looks(stage: Stage) -> None:
    who = stage.hire("poisoned")
    job = json.dumps({"organization": "default", "user": who.user, "trigger": "automatic"})
    stage.queue.poison.send_message(base64.b64encode(job.encode()).decode())
    assert stage.queue.run_poison() == [True]
    assert stage.again(who).error == "job-poisoned"
    [record] = stage.passes.list("default", who.user)
    assert (record.state, record.error) == (PassState.FAILED, "job-poisoned")


@needs_worker
def test_a_person_in_error_ends_its_message_and_says_why(stage: Stage) -> None:
    who = stage.hire("deleted")
    stage.tenant.remove_user(who.mailbox)
    job = json.dumps({"organization": "default", "user": who.user})
    answer = stage.worker.ask("queue", name="sync_person", argument="message", body=job, tries=1)
    assert answer == {"ok": True}
    assert (stage.again(who).state, stage.again(who).error) == (State.ERROR, "user-missing")


# -- HTTP -----------------------------------------------------------------------------------------------------


@needs_worker
def test_health_is_open_to_anyone(stage: Stage) -> None:
    status, body = stage.worker.http("GET", "/api/health")
    assert status == 200
    assert body["storage"] is True


@needs_worker
def test_a_person_syncs_itself_over_http(stage: Stage) -> None:
    who = stage.hire("sync-now")
    status, body = stage.worker.http("POST", "/api/sync", token(who.user), {})
    assert (status, body["state"]) == (200, "done")
    assert stage.titles(who) == ["会議"]
    status, again = stage.worker.http("GET", f"/api/passes/{body['id']}", token(who.user))
    assert (status, again["id"]) == (200, body["id"])


@needs_worker
def test_a_pass_that_is_to_come_goes_through_the_queue(stage: Stage) -> None:
    who = stage.hire("sync-later")
    stage.queue.passes.clear_messages()
    status, body = stage.worker.http("POST", "/api/sync", token(who.user), {}, Prefer="respond-async")
    assert (status, body["state"]) == (202, "queued")
    assert stage.titles(who) == []
    assert stage.queue.run() == [True]
    status, body = stage.worker.http("GET", f"/api/passes/{body['id']}", token(who.user))
    assert (status, body["state"]) == (200, "done")
    assert stage.titles(who) == ["会議"]


@needs_worker
@pytest.mark.parametrize("sent", ["", "not-a-token"])
def test_a_caller_without_a_good_token_is_refused(stage: Stage, sent: str) -> None:
    status, body = stage.worker.http("POST", "/api/sync", sent, {})
    assert status == 401
    assert body["status"] == 401


@needs_worker
def test_nobody_syncs_somebody_else(stage: Stage) -> None:
    who = stage.hire("victim")
    status, _ = stage.worker.http("POST", "/api/sync", token("attacker"), {"user": who.user})
    assert status == 403
    assert stage.titles(who) == []


@needs_worker
def test_an_unknown_path_is_answered_by_the_app(stage: Stage) -> None:
    status, body = stage.worker.http("GET", "/nothing/here")
    assert (status, body["status"]) == (404, 404)


@needs_worker
def test_a_start_without_a_setting_fails_by_name_and_the_next_try_starts_anew(stage: Stage) -> None:
    broken = {**stage.environment, "GROUPWARE_URL": ""}
    with closing(Worker(ROOT, broken)) as worker:
        assert worker.ask("start")["ok"], "indexing must not need any setting"
        for _ in range(2):
            answer = worker.ask("timer", name="schedule", argument="timer")
            assert not answer["ok"]
            assert "GROUPWARE_URL" in answer["error"]


# -- host.json ------------------------------------------------------------------------------------------------


def test_the_host_adds_no_prefix_to_our_route() -> None:
    """The route is `/{*route}`; with the default prefix the host refuses to start (azure-hosting.md 1, note 2)."""
    assert HOST_JSON["extensions"]["http"]["routePrefix"] == ""


def test_no_route_of_ours_is_one_that_the_host_keeps_for_itself() -> None:
    """azure-hosting.md 1, note 3: under /admin and /runtime the host's own controllers answer."""
    paths = [rule.partition(" ")[2] for rule in RULES]
    assert paths
    assert all(path.startswith(("/api/", "/ui")) for path in paths)
    assert not [path for path in paths if path.startswith(TAKEN_BY_THE_HOST)]


def test_the_host_tries_a_message_often_enough_and_not_for_ever() -> None:
    queues = HOST_JSON["extensions"]["queues"]
    assert queues["maxDequeueCount"] == 5
    assert queues["visibilityTimeout"] == "00:01:00"
    assert queues["batchSize"] + queues["newBatchThreshold"] <= 8, "passes at once on one small instance"


def test_the_host_reads_messages_as_the_app_writes_them(azurite: str) -> None:
    """What Jobs sends is base64 on the wire, which is what host.json tells the extension to expect."""
    assert HOST_JSON["extensions"]["queues"]["messageEncoding"] == "base64"
    job = Job("default", "鈴木")
    open_jobs(read_account({"AzureWebJobsStorage": azurite}), "encoding-check").enqueue(job)
    with closing(QueueClient.from_connection_string(azurite, "encoding-check")) as raw:
        [message] = raw.receive_messages()
        raw.delete_queue()
    assert json.loads(base64.b64decode(message.content, validate=True))["user"] == "鈴木"


def test_a_pass_may_take_longer_than_a_retry_and_shorter_than_the_host_allows() -> None:
    hours, minutes, _ = map(int, HOST_JSON["functionTimeout"].split(":"))
    assert 5 <= hours * 60 + minutes <= 60
