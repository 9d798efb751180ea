"""What every request passes through: the invocation's id, safe headers, a net for errors, bounded bodies.

Pure ASGI, so that handlers in the thread pool inherit the context (azure-hosting.md 3).
"""

from __future__ import annotations

import secrets
import traceback
from contextvars import ContextVar
from logging import ERROR
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.log import log
from sync.web.problems import HttpProblem, render

LARGEST_BODY: Final = 1_000_000
# Ten thousand people with their addresses.
LARGER_BODIES: Final = {"/api/users/link": 6_000_000}

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class InvocationId:
    """Sets the id of the Functions invocation where the logs look for it; without it the host drops them."""

    def __init__(self, app: ASGIApp, current: ContextVar[str | None]) -> None:
        self.app, self.current = app, current

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = self.current.set(scope.get("azure_functions.invocation_id"))
        try:
            await self.app(scope, receive, send)
        finally:
            self.current.reset(token)


class SafeHeaders:
    """Nothing is cached or sniffed. A page that needs another policy sets its own header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


class Net:
    """Answers what nobody handled. An exception that left the app would fail the invocation itself, and the
    host would answer without a body (azure-hosting.md 1, note 5)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_started = False

        async def sending(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 -- the one place of the web app where anything may arrive
            incident = secrets.token_hex(6)
            log("request-failed", level=ERROR, incident=incident, trail=_trail(error))
            if not has_started:
                problem = HttpProblem(500, "internal", {"incident": incident})
                response = render(problem, Headers(scope=scope).get("accept-language"))
                await response(scope, receive, send)


def _trail(error: Exception) -> str:
    """Class and lines, without the message: it may quote an event."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join([type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))])


class JsonBodies:
    """Reads the body before anyone else does: no more than is allowed, and declared as JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = LARGER_BODIES.get(scope["path"], LARGEST_BODY)
        body = await _read(headers, receive, limit)
        refused = _refusal(headers, body, limit)
        if refused is not None:
            await render(refused, headers.get("accept-language"))(scope, receive, send)
            return
        is_replayed = False

        async def replay() -> Message:
            nonlocal is_replayed
            if is_replayed:
                return await receive()
            is_replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)


async def _read(headers: Headers, receive: Receive, limit: int) -> bytes | None:
    """The body, None if it is too large."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return None
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            return None
    return bytes(body)


def _refusal(headers: Headers, body: bytes | None, limit: int) -> HttpProblem | None:
    if body is None:
        return HttpProblem(413, "body-too-large", {"limit": str(limit)})
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    # Other types also keep a foreign page's form from reaching a write without a preflight.
    if body and media_type != "application/json":
        return HttpProblem(415, "content-type")
    return None
