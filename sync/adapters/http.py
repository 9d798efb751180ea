"""The one way this project speaks HTTP: a `requests.Session` that never waits forever, never carries a token to
another host and never sends plain text over a network.

Every adapter gets its Session from here; what an answer means is the adapter's business.
"""

from __future__ import annotations

import ipaddress
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from sync.errors import BadSetting

USER_AGENT = "groupware-outlook-sync/1"
# Seconds to connect, and between two bytes of the answer.
TIMEOUT = (5.0, 30.0)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Session(requests.Session):
    """Thread-safe in the way it is used here: configured once, no cookies kept."""

    def __init__(
        self, *, timeout: tuple[float, float] = TIMEOUT, connections: int = 16, read_retries: int = 1
    ) -> None:
        super().__init__()
        self._timeout = timeout
        self.headers["User-Agent"] = USER_AGENT
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Without an `auth` of its own requests puts a .netrc entry in place of our Authorization header.
        self.auth = _keep_headers
        adapter = HTTPAdapter(pool_maxsize=connections, max_retries=retries(read_retries))
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        refuse_insecure(request.url or "")
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout
        # Microsoft and the groupware connector echo it, so one id finds a call in both logs.
        request.headers.setdefault("client-request-id", str(uuid4()))
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """A redirect to another origin is not followed: the caller sees the 3xx."""
        target = super().get_redirect_target(resp)
        if target is not None and not same_origin(urljoin(resp.url, target), resp.url):
            return None
        return target

    def merge_environment_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        settings = super().merge_environment_settings(url, *args, **kwargs)
        if is_loopback(urlsplit(str(url)).hostname):
            settings["proxies"] = {}  # a proxy cannot reach this machine's own loopback
        return settings


def retries(read: int) -> Retry:
    """What is repeated without asking: a connection that was never made, and a safe request whose answer broke off.

    Statuses are answers, not failures: throttling and 5xx are decided by the adapter, with its own clock.
    """
    return Retry(
        total=2,
        connect=2,
        read=read,
        status=0,
        redirect=0,
        other=0,
        allowed_methods=SAFE_METHODS,
        backoff_factor=0.2,
        raise_on_status=False,
        respect_retry_after_header=False,
    )


def origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def same_origin(one: str, other: str) -> bool:
    return origin(one) == origin(other)


def is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def refuse_insecure(url: str) -> None:
    """`BadSetting` unless the url is https, or http on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return
    raise BadSetting("url-not-https", {"host": parts.hostname or "", "scheme": parts.scheme})


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
