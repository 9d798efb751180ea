"""A `requests` transport that calls a WSGI application in the calling thread: no socket, no server, no port.

Mount it on a session: `session.mount("http://graph.test", InProcess(app))`. The application sees an ordinary
request. An application that wants to lose an answer sets `environ[DROPPED] = True`; the caller then gets
`requests.ConnectionError`, which is what a closed connection looks like.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from email.message import Message
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DROPPED = "sandbox.dropped"


class InProcess(BaseAdapter):
    """Thread-safe as far as the application is; timeouts, certificates and proxies have no meaning here."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_transport: Any
    ) -> requests.Response:
        environ = build_environ(request)
        answer = requests.Response()
        answer.request = request
        answer.url = request.url or ""
        said: list[tuple[str, str]] = []
        answer._content = call(self._application, environ, answer, said)
        answer._content_consumed = True  # type: ignore[attr-defined]
        if environ.get(DROPPED):
            raise requests.ConnectionError(
                "the simulated connection was closed without an answer", request=request
            )
        answer.encoding = requests.utils.get_encoding_from_headers(answer.headers)
        answer.raw = Raw(answer._content or b"", said)
        # As an adapter with a socket does; the session takes its own from `raw`.
        extract_cookies_to_jar(answer.cookies, request, answer.raw)  # type: ignore[no-untyped-call]
        return answer

    def close(self) -> None:
        """Nothing is held open."""


class Raw(io.BytesIO):
    """A body with the place where requests looks for cookies: the headers as they came, each by itself."""

    def __init__(self, content: bytes, said: Iterable[tuple[str, str]]) -> None:
        super().__init__(content)
        message = Message()
        for name, value in said:
            message[name] = value
        self._original_response = SimpleNamespace(msg=message)


def call(
    application: WSGIApplication,
    environ: dict[str, Any],
    answer: requests.Response,
    said: list[tuple[str, str]],
) -> bytes:
    """Run the application; status and headers go into `answer`, every header into `said`, the body is returned."""

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        code, _, reason = status.partition(" ")
        answer.status_code = int(code)
        answer.reason = reason
        said[:] = headers
        joined: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        for name, value in headers:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        answer.headers = joined
        return lambda _chunk: None

    chunks: Iterable[bytes] = application(environ, start_response)
    try:
        return b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def build_environ(request: requests.PreparedRequest) -> dict[str, Any]:
    """The WSGI environment of one prepared request (PEP 3333)."""
    parts = urlsplit(request.url or "")
    body = as_bytes(request.body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI wants the decoded bytes, carried in a latin-1 string.
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        text = value if isinstance(value, str) else value.decode("latin-1")
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ["CONTENT_TYPE"] = text
        elif key != "CONTENT_LENGTH":
            environ[f"HTTP_{key}"] = text
    return environ


def as_bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    if hasattr(body, "read"):
        content = body.read()
        return content.encode() if isinstance(content, str) else bytes(content)
    return b"".join(body)
