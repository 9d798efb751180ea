"""A transport for the Azure SDKs that never leaves the process, so that their whole pipeline runs in a test.

The class that wraps an answer is private to azure-core (azure-hosting.md 6); this is the only place that
knows it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from urllib3 import HTTPResponse


@dataclass(frozen=True)
class Reply:
    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Any], Reply]


class InMemory(HttpTransport[Any, Any]):
    """Asks `handler` for each reply; what it raises is what the network would have raised."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[Any] = []

    def send(self, request: Any, **_options: Any) -> Any:
        self.requests.append(request)
        reply = self._handler(request)
        answer = requests.Response()
        answer.status_code = reply.status
        answer.headers.update({"Content-Type": "application/json", **reply.headers})
        text = b"" if reply.body is None else json.dumps(reply.body).encode()
        answer.raw = HTTPResponse(io.BytesIO(text), status=reply.status, preload_content=False)
        return RestRequestsTransportResponse(request=request, internal_response=answer)  # type: ignore[no-untyped-call]

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> InMemory:
        return self

    def __exit__(self, *_: object) -> None: ...
