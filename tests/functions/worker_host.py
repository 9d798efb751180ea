"""A stand-in for the Functions host: drives Microsoft's real worker library (`azure_functions_runtime`).

In Azure a host process speaks gRPC with the worker; the library itself takes plain objects and a module of message
classes, so both can be stood in for (azure-hosting.md 2). The library keeps its functions in globals of the
process, therefore every host is a process of its own: `python worker_host.py FOLDER` reads one request per line
from stdin and answers one line each (`Worker` in test_function_app.py is the other end).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure_functions_runtime as runtime

Json = dict[str, Any]


class Message:
    """Any message of the host's protocol: what was not set reads None."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update({name: value for name, value in values.items() if value is not None})

    def __getattr__(self, name: str) -> Any:
        # The library looks for nested message classes by their capital letter.
        if name.startswith("_") or name[0].isupper():
            raise AttributeError(name)
        return None

    def WhichOneof(self, group: str) -> str | None:
        """A `oneof` holds the one field that was set."""
        if "data" in self.__dict__:
            return "data"
        return next(iter(self.__dict__), None)


class StatusResult(Message):
    Failure, Success, Cancelled = 0, 1, 2


class BindingInfo(Message):
    undefined, out, inout = 0, 1, 2


class RpcHttpCookie(Message):
    SameSite = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


class Messages(ModuleType):
    """The module of message classes; those without constants are made when they are asked for."""

    StatusResult, BindingInfo, RpcHttpCookie = StatusResult, BindingInfo, RpcHttpCookie

    def __getattr__(self, name: str) -> type[Message]:
        if name.startswith("_"):
            raise AttributeError(name)
        made = type(name, (Message,), {})
        setattr(self, name, made)
        return made


class Host:
    """One function app in this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._messages: Any = Messages("messages")
        self._functions: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        sys.path.insert(0, self._folder)

    def start(self) -> Json:
        """Index the app and load its functions, as the host does once for each instance."""
        runtime.start_threadpool_executor()
        begun = self._ask(
            runtime.worker_init_request,
            "worker_init_request",
            capabilities={},
            function_app_directory=self._folder,
        )
        if begun.result.status != StatusResult.Success:
            return outcome(begun.result)
        indexed = self._ask(runtime.functions_metadata_request, "functions_metadata_request")
        if indexed.result.status != StatusResult.Success:
            return outcome(indexed.result)
        self._functions = {found.name: found for found in indexed.function_metadata_results}
        for found in self._functions.values():
            loaded = self._ask(
                runtime.function_load_request,
                "function_load_request",
                function_id=found.function_id,
                metadata=found,
            )
            if loaded.result.status != StatusResult.Success:
                return outcome(loaded.result)
        return {"ok": True, "functions": {n: bindings(f) for n, f in self._functions.items()}}

    def timer(self, name: str, argument: str) -> Json:
        said = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        return outcome(self._invoke(name, {argument: self._typed(json=json.dumps(said))}).result)

    def queue(self, name: str, argument: str, body: str, tries: int) -> Json:
        """`body` is the message as the extension hands it over: base64 already taken off."""
        now = "2026-11-21T10:00:00+00:00"
        about = {
            "Id": uuid.uuid4(),
            "DequeueCount": tries,
            "PopReceipt": "receipt",
            "InsertionTime": now,
            "ExpirationTime": now,
            "NextVisibleTime": now,
        }
        return outcome(self._invoke(name, {argument: self._typed(string=body)}, about).result)

    def http(self, name: str, method: str, url: str, headers: dict[str, str], body: str) -> Json:
        request = self._messages.RpcHttp(
            method=method,
            url=url,
            headers=headers,
            params={},
            query=dict(parse_qsl(urlsplit(url).query)),
            body=self._typed(bytes=body.encode()) if body else self._typed(),
        )
        answer = self._invoke(name, {"req": self._typed(http=request)})
        if answer.result.status != StatusResult.Success:
            return outcome(answer.result)
        shown = answer.return_value.http
        return {
            "ok": True,
            "status": int(shown.status_code),
            "headers": {name.lower(): value for name, value in shown.headers.items()},
            "body": (shown.body.bytes or b"").decode() if shown.body is not None else "",
        }

    def stop(self) -> None:
        """End the ASGI lifespan, so that nothing is left to the garbage collector."""
        app = next(
            (o for o in vars(sys.modules["function_app"]).values() if hasattr(o, "startup_task_done")), None
        )
        if app is not None and app.startup_task_done:
            self._loop.run_until_complete(app.middleware.notify_shutdown())
            app.startup_task_done = False
        runtime.stop_threadpool_executor()
        self._loop.close()

    def _typed(self, **value: Any) -> Message:
        typed: Message = self._messages.TypedData(**value)
        return typed

    def _invoke(self, name: str, inputs: dict[str, Message], about: Json | None = None) -> Any:
        return self._ask(
            runtime.invocation_request,
            "invocation_request",
            invocation_id=str(uuid.uuid4()),
            function_id=self._functions[name].function_id,
            input_data=[self._messages.ParameterBinding(name=n, data=typed) for n, typed in inputs.items()],
            trigger_metadata={n: self._typed(string=str(said)) for n, said in (about or {}).items()},
            trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )

    def _ask(self, handle: Any, kind: str, **fields: Any) -> Any:
        request = SimpleNamespace(
            request=SimpleNamespace(**{kind: SimpleNamespace(**fields)}),
            properties={"host": "127.0.0.1", "protos": self._messages},
        )
        return self._loop.run_until_complete(handle(request))


def outcome(result: Any) -> Json:
    if result.status == StatusResult.Success:
        return {"ok": True}
    return {"ok": False, "error": f"{result.exception.message}\n{result.exception.stack_trace}"}


def bindings(found: Any) -> list[Json]:
    """What the host reads: the generated function.json."""
    return [json.loads(text) for text in found.raw_bindings]


def loaded(names: list[str]) -> list[str]:
    return [name for name in names if name in sys.modules]


def main(folder: Path) -> None:
    # The library and the app may print; the answers have a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    host = Host(folder)
    acts: dict[str, Any] = {
        "start": host.start,
        "timer": host.timer,
        "queue": host.queue,
        "http": host.http,
        "loaded": loaded,
    }
    for line in sys.stdin:
        asked = json.loads(line)
        begun = time.perf_counter()
        found = acts[asked["act"]](**asked["with"])
        if asked.get("timed"):
            found["seconds"] = time.perf_counter() - begun
        answers.write(json.dumps(found) + "\n")
        answers.flush()
    host.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
