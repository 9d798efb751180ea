from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sync.adapters.http import TIMEOUT, Session, is_loopback, refuse_insecure, same_origin
from sync.errors import BadSetting
from tests.adapters.graph.canned import Canned, Said


class Server(ThreadingHTTPServer):
    """Breaks the connection for the first `broken` requests; `/away` redirects to another origin, `/here` back."""

    daemon_threads = True
    broken = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path))
        if self.server.broken:
            self.server.broken -= 1
            self.close_connection = True
            return
        match self.path:
            case "/away":
                self._answer(302, Location=f"http://localhost:{self.server.server_port}/target")
            case "/here":
                self._answer(302, Location="/target")
            case _:
                self._answer(200)

    do_POST = do_GET

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def canned(session: Session) -> Canned:
    adapter = Canned(Said())
    session.mount("https://example.test", adapter)
    return adapter


def test_every_call_has_a_timeout(session: Session) -> None:
    adapter = canned(session)
    session.get("https://example.test/")
    session.get("https://example.test/", timeout=1)
    assert [sent.timeout for sent in adapter.sent] == [TIMEOUT, 1]


def test_every_call_has_its_own_request_id_and_our_name(session: Session) -> None:
    adapter = canned(session)
    session.get("https://example.test/")
    session.get("https://example.test/")
    session.get("https://example.test/", headers={"client-request-id": "mine"})
    ids = [sent.headers["client-request-id"] for sent in adapter.sent]
    assert len(set(ids)) == 3
    assert ids[2] == "mine"
    assert all(sent.headers["User-Agent"].startswith("groupware-outlook-sync/") for sent in adapter.sent)


def test_a_netrc_entry_does_not_replace_our_token(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine example.test login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    adapter = canned(session)
    session.get("https://example.test/", headers={"Authorization": "Bearer ours"})
    assert adapter.sent[0].headers["Authorization"] == "Bearer ours"


def test_a_redirect_to_another_origin_is_not_followed(session: Session, server: Server) -> None:
    answer = session.get(f"{server.url}/away", headers={"Authorization": "Bearer ours"})
    assert answer.status_code == 302
    assert server.seen == [("GET", "/away")]


def test_a_redirect_on_the_same_origin_is_followed(session: Session, server: Server) -> None:
    assert session.get(f"{server.url}/here").status_code == 200
    assert server.seen == [("GET", "/here"), ("GET", "/target")]


def test_a_safe_request_is_repeated_when_its_answer_breaks_off(session: Session, server: Server) -> None:
    server.broken = 1
    assert session.get(f"{server.url}/x").status_code == 200
    assert len(server.seen) == 2


def test_a_post_is_never_repeated_unasked(session: Session, server: Server) -> None:
    server.broken = 1
    with pytest.raises(requests.ConnectionError):
        session.post(f"{server.url}/x", data=b"{}")
    assert len(server.seen) == 1


def test_no_proxy_stands_between_us_and_our_own_machine(
    session: Session, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert session.get(f"{server.url}/x").status_code == 200


@pytest.mark.parametrize(
    "url",
    ["http://graph.microsoft.com/v1.0", "http://10.0.0.1/", "ftp://127.0.0.1/", "//host/", "https://", ""],
)
def test_plain_text_never_leaves_this_machine(session: Session, url: str) -> None:
    with pytest.raises(BadSetting) as raised:
        refuse_insecure(url)
    assert raised.value.code == "url-not-https"


def test_a_session_refuses_before_it_connects(session: Session) -> None:
    with pytest.raises(BadSetting):
        session.get("http://192.0.2.1/", headers={"Authorization": "Bearer ours"})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("10.0.0.1", False),
        ("localhost.example.test", False),
        (None, False),
    ],
)
def test_loopback_is_this_machine_only(host: str | None, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_origins_are_compared_with_their_default_ports() -> None:
    assert same_origin("https://a.test/x", "https://A.test:443/y")
    assert not same_origin("https://a.test/", "http://a.test/")
    assert not same_origin("https://a.test/", "https://a.test:8443/")
    assert not same_origin("https://a.test/", "https://a.test.evil.test/")
