"""One request to a CalDAV server: what is repeated, where redirects lead, and what an answer means."""

from __future__ import annotations

import base64
import logging
from urllib.parse import urlsplit

import pytest
import requests

from sync.adapters.groupware.caldav.client import (
    NoAnswer,
    Refused,
    error_of,
    error_of_listing,
    error_of_token,
    read_etag,
)
from sync.adapters.groupware.caldav.credentials import Credentials, read_credential
from sync.adapters.groupware.caldav.dav_xml import propfind
from sync.errors import (
    BadSetting,
    CannotSync,
    CursorExpired,
    Gone,
    Moved,
    NeedsAdministrator,
    SyncError,
    TryLater,
)
from tests.adapters.groupware.caldav.wire import BASE, SECRET, Said, Wire, multistatus, refused, wire

EMPTY = multistatus()
ASKED = propfind(())


def stopped(made: Wire) -> TryLater:
    with pytest.raises(TryLater) as raised:
        made.client.propfind("", ASKED)
    return raised.value


# Who we are.


def test_a_login_is_sent_by_basic_authentication() -> None:
    made = wire(EMPTY)
    made.client.propfind("", ASKED)
    sent = made.canned.asked[0].headers["Authorization"]
    assert sent == "Basic " + base64.b64encode(SECRET.encode()).decode()


def test_a_secret_without_colon_is_a_bearer_token() -> None:
    assert read_credential("abc.def-_~+/=\n").authorization == "Bearer abc.def-_~+/="


def test_a_credential_shows_nothing() -> None:
    assert "correct" not in repr(read_credential(SECRET))


def test_everybody_has_the_account_s_credential_or_the_own_one() -> None:
    secrets = {"key": "svc:1", "key/taro": "taro:2", "key/Taro": "Taro:3"}
    assert Credentials(secrets, "key").of("taro") == read_credential("svc:1")
    each = Credentials(secrets, "key", of_each=True)
    assert each.of("taro") == read_credential("taro:2")
    assert each.of("Taro") == read_credential("Taro:3")
    with pytest.raises(NeedsAdministrator) as raised:
        each.of("jiro")
    assert (raised.value.code, raised.value.detail) == ("groupware-key-missing", {"secret": "key/jiro"})


def test_nothing_of_a_credential_or_of_content_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = wire(Said(403, b"<x>private words</x>"))
    with pytest.raises(Refused):
        made.client.send("PUT", "/dav/taro/work/x.ics", b"SUMMARY:private words")
    logged = caplog.text + str([record.args for record in caplog.records])
    assert "groupware refused" in logged
    for word in ("correct", "private", base64.b64encode(SECRET.encode()).decode(), "taro"):
        assert word not in logged


# Where requests go.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_keeps_method_and_body(status: int) -> None:
    made = wire(Said(status, headers={"Location": "/dav/calendars/"}), EMPTY)
    _, at = made.client.propfind("", ASKED, depth=1)
    assert at == "/dav/calendars/"
    assert made.canned.methods == ["PROPFIND", "PROPFIND"]
    assert made.canned.body(1) == made.canned.body(0) == ASKED.decode()
    assert made.canned.asked[1].headers["Depth"] == "1"
    assert made.canned.asked[1].headers["Authorization"]
    assert made.client.requests == 2, "redirects are counted"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/dav/",
        "http://evil.example/dav/",
        "//evil.example/",
        "http://127.0.0.1:3/dav/",
        "https://127.0.0.1:2/dav/",
    ],
)
@pytest.mark.parametrize("method", ["PROPFIND", "PUT", "GET", "DELETE"])
def test_a_credential_is_never_sent_to_another_server(target: str, method: str) -> None:
    made = wire(Said(301, headers={"Location": target}), EMPTY)
    with pytest.raises(NeedsAdministrator) as raised:
        made.client.send(method, "")
    assert raised.value.code == "groupware-elsewhere"
    assert made.canned.paths == ["/dav/"], "nothing was asked there"


@pytest.mark.parametrize(
    "path", ["https://evil.example/x", "//evil.example/x", "/\\evil.example", "@evil.example"]
)
def test_no_path_leads_to_another_server(path: str) -> None:
    made = wire(EMPTY)
    made.client.propfind(path, ASKED)
    assert urlsplit(made.canned.asked[0].url or "").netloc == "127.0.0.1:2"


@pytest.mark.parametrize("base", ["http://dav.example/", "ftp://dav.example/"])
def test_no_credential_goes_over_an_open_network(base: str) -> None:
    made = wire(EMPTY, base=base)
    with pytest.raises((BadSetting, NoAnswer, requests.RequestException)):
        made.client.propfind("", ASKED)
    assert made.canned.asked == []


def test_redirects_come_to_an_end() -> None:
    made = wire(Said(302, headers={"Location": "/dav/"}))
    assert stopped(made).code == "groupware-unavailable"
    assert len(made.canned.asked) == 5


def test_a_redirect_to_nowhere_is_no_answer() -> None:
    assert stopped(wire(Said(304))).code == "groupware-unavailable"


# What is waited out.


@pytest.mark.parametrize(
    "first", [Said(503), Said(502), Said(504), Said(500), Said(429), requests.ConnectionError()]
)
def test_a_short_outage_is_waited_out(first: Said | Exception) -> None:
    made = wire(first, EMPTY)
    made.client.propfind("", ASKED)
    assert made.clock.slept == [1.0]
    assert made.client.requests == 2, "repeats are counted"


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_the_server_asks_for_is_kept(status: int) -> None:
    made = wire(Said(status, headers={"Retry-After": "7"}), EMPTY)
    made.client.propfind("", ASKED)
    assert made.clock.slept == [7.0]


def test_a_wait_that_is_too_long_is_not_held_by_a_worker() -> None:
    made = wire(Said(429, headers={"Retry-After": "600"}))
    error = stopped(made)
    assert (error.code, error.retry_after) == ("groupware-throttled", 600.0)
    assert made.clock.slept == []


@pytest.mark.parametrize("said", ["soon", "-5", "1e3", "Wed, 21 Oct 2026 07:28:00 GMT", "", "７"])
def test_a_wait_that_nobody_can_read_is_our_own(said: str) -> None:
    made = wire(Said(503, headers={"Retry-After": said}), EMPTY)
    made.client.propfind("", ASKED)
    assert made.clock.slept == [1.0]


def test_a_server_that_stays_away_is_tried_four_times() -> None:
    made = wire(requests.ConnectionError())
    with pytest.raises(NoAnswer):
        made.client.propfind("", ASKED)
    assert len(made.canned.asked) == 4


def test_a_refusal_says_how_often_it_was_sent() -> None:
    made = wire(requests.ConnectionError(), refused(412))
    with pytest.raises(Refused) as raised:
        made.client.send("PUT", "x.ics", b"")
    assert raised.value.tries == 2


# What cannot be read.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Please log in</body></html>",
        b"{}",
        b"<d:multistatus xmlns:d='DAV:'><d:response></d:response></d:multistatus>",
        b"<d:multistatus xmlns:d='DAV:'><d:response><d:href>/x</d:href><d:status>gone</d:status>"
        b"</d:response></d:multistatus>",
        b"<d:multistatus xmlns:d='DAV:'>",
        # An entity bomb, a file, a DTD of somebody else's.
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><d:multistatus xmlns:d='DAV:'>&b;</d:multistatus>",
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><d:multistatus xmlns:d='DAV:'>&a;</d:multistatus>",
        b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:2/x.dtd'><d:multistatus xmlns:d='DAV:'/>",
    ],
)
def test_an_answer_that_is_no_harmless_multistatus_is_none(body: bytes) -> None:
    made = wire(Said(207, body))
    assert stopped(made).code == "groupware-unavailable"
    assert len(made.canned.asked) == 1, "nothing is fetched for it"


def test_a_listing_must_be_a_multistatus() -> None:
    assert stopped(wire(multistatus(status=200))).code == "groupware-unavailable"


def test_an_answer_without_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.adapters.groupware.caldav.client._LARGEST_ANSWER", 100_000)
    made = wire(Said(207, b"x" * 1_000_000))
    assert stopped(made).detail == {"reason": "an answer without end"}


@pytest.mark.parametrize(
    ("text", "etag"),
    [('"a"', "a"), ("a", "a"), ('W/"a"', "a"), (' "a" ', "a"), ('""', ""), ("", ""), ('"a"b"', 'a"b')],
)
def test_entity_tags_are_compared_without_their_quotes(text: str, etag: str) -> None:
    assert read_etag(text) == etag


# What errors mean.


@pytest.mark.parametrize(
    ("status", "conditions", "kind", "code"),
    [
        (401, (), NeedsAdministrator, "groupware-unauthorized"),
        (403, (), CannotSync, "calendar-read-only"),
        (403, ("need-privileges",), CannotSync, "calendar-read-only"),
        (403, ("valid-calendar-data",), CannotSync, "groupware-refused"),
        (403, ("max-resource-size",), CannotSync, "too-large"),
        (413, (), CannotSync, "too-large"),
        (507, ("quota-not-exceeded",), CannotSync, "too-large"),
        (507, (), CannotSync, "too-large"),
        (404, (), Gone, "gone"),
        (410, (), Gone, "gone"),
        (412, (), Moved, "event-moved"),
        (415, (), CannotSync, "groupware-refused"),
        (423, (), TryLater, "groupware-unavailable"),
        (500, (), CannotSync, "groupware-failing"),
    ],
)
def test_what_a_refused_write_means(
    status: int, conditions: tuple[str, ...], kind: type[SyncError], code: str
) -> None:
    error = error_of(Refused(status, frozenset(conditions)))
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 412, 413, 500, 507])
def test_a_refused_listing_never_says_empty_or_gone(status: int) -> None:
    error = error_of_listing(Refused(status))
    assert isinstance(error, TryLater | NeedsAdministrator)


@pytest.mark.parametrize(
    "said",
    [
        Refused(403, frozenset({"valid-sync-token"})),
        Refused(412, frozenset({"valid-sync-token"})),
        Refused(409),
        Refused(410),
        Refused(412),
        Refused(403),
        Refused(500),
        Refused(400),
    ],
)
def test_a_dead_token_is_known_in_all_its_forms(said: Refused) -> None:
    assert isinstance(error_of_token(said), CursorExpired)


def test_a_refused_credential_is_no_dead_token() -> None:
    assert isinstance(error_of_token(Refused(401)), NeedsAdministrator)


def test_only_the_standard_s_words_are_conditions() -> None:
    body = (
        b"<d:error xmlns:d='DAV:' xmlns:s='http://sabredav.org/ns'><s:exception>X</s:exception>"
        b"<s:message>about taro</s:message><d:valid-sync-token/></d:error>"
    )
    made = wire(Said(403, body))
    with pytest.raises(Refused) as raised:
        made.client.report("x/", b"")
    assert raised.value.conditions == {"valid-sync-token"}


def test_the_address_of_a_path_is_the_server_s() -> None:
    made = wire(EMPTY)
    assert made.client.url("a/b.ics") == f"{BASE}/a/b.ics"
    assert made.client.url("/x/y.ics") == "http://127.0.0.1:2/x/y.ics"
