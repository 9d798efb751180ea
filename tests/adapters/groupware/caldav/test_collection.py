"""The resources of one calendar, on servers that say things otherwise than those that run here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
import requests

from sync.adapters.groupware.caldav.client import Refused
from sync.adapters.groupware.caldav.collection import Changes, Stored
from sync.errors import CursorExpired, NeedsAdministrator, SyncError, TryLater
from tests.adapters.groupware.caldav.wire import (
    CALENDAR,
    Canned,
    Said,
    etag_of,
    event,
    found,
    ics,
    missing,
    multistatus,
    refused,
    wire,
)

SINCE, TO = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 9, tzinfo=UTC)
TOKEN = "<d:sync-token>t1</d:sync-token>"
CTAG = "<cs:getctag>c1</cs:getctag>"


# What changed.


def test_changes_tell_what_is_there_and_what_is_gone() -> None:
    made = wire(
        multistatus(
            found(CALENDAR, etag_of('"9"')),
            found(CALENDAR + "a.ics", etag_of('"1"')),
            missing(CALENDAR + "b.ics"),
            found(CALENDAR + "folder/", etag_of('"2"')),
            found("/dav/jiro/work/c.ics", etag_of('"3"')),
            token="t2",
        )
    )
    changes = made.collection.changes("t1")
    assert changes == Changes(frozenset({"a.ics"}), frozenset({"b.ics"}), "t2")
    asked = made.canned.asked[0]
    assert (asked.method, asked.headers["Depth"]) == ("REPORT", "0")
    assert "limit" not in made.canned.body(0)


def test_a_round_that_is_cut_goes_on_with_its_token() -> None:
    made = wire(
        multistatus(found(CALENDAR + "a.ics"), missing(CALENDAR, 507), token="t2"),
        multistatus(missing(CALENDAR + "a.ics"), found(CALENDAR + "b.ics"), token="t3"),
    )
    changes = made.collection.changes("t1")
    assert changes == Changes(frozenset({"b.ics"}), frozenset({"a.ics"}), "t3")
    assert ">t2<" in made.canned.body(1)


@pytest.mark.parametrize(
    "said",
    [
        multistatus(missing(CALENDAR, 507), token="t1"),
        multistatus(found(CALENDAR + "a.ics")),
    ],
    ids=["one that never ends", "one without token"],
)
def test_a_round_that_cannot_be_continued_is_none(said: Said) -> None:
    with pytest.raises(TryLater):
        wire(said).collection.changes("t1")


@pytest.mark.parametrize(
    "said",
    [refused(403, "d:valid-sync-token"), refused(412, "d:valid-sync-token"), refused(410), refused(404)],
)
def test_a_dead_token_expires(said: Said) -> None:
    with pytest.raises(CursorExpired):
        wire(said).collection.changes("t1")


def test_a_token_is_a_property_or_comes_with_a_round() -> None:
    assert wire(multistatus(found(CALENDAR, TOKEN, CTAG))).collection.state(with_token=True) == ("t1", "c1")
    asked = wire(multistatus(found(CALENDAR, CTAG)), multistatus(token="t5"))
    assert asked.collection.state(with_token=True) == ("t5", "c1")
    assert wire(multistatus(found(CALENDAR, TOKEN, CTAG))).collection.state(with_token=False) == ("", "c1")
    refusing = wire(multistatus(found(CALENDAR, CTAG)), refused(403, "d:supported-report"))
    assert refusing.collection.state(with_token=True) == ("", "c1")


# What there is.


def test_names_are_the_same_however_a_server_escapes_them() -> None:
    name = "a%40b%23%C3%BC.ics"
    for href in (
        f"{CALENDAR}a@b%23ü.ics",
        f"{CALENDAR}a%40b%23%c3%bc.ics",
        "/dav/%74aro/work/a@b%23%C3%BC.ics",
    ):
        made = wire(multistatus(found(href, etag_of('"1"'), "<c:calendar-data>x</c:calendar-data>")))
        assert made.collection.read([name]) == {name: Stored(name, "1", "x")}
    assert "#" not in name


def test_a_listing_that_is_cut_is_asked_for_in_parts() -> None:
    cut = multistatus(event("a.ics"), missing(CALENDAR, 507))
    made = wire(cut, multistatus(event("a.ics")), multistatus(event("b.ics")))
    assert made.collection.between(SINCE, TO).keys() == {"a.ics", "b.ics"}
    assert 'start="20260905T000000Z" end="20260909T000000Z"' in made.canned.body(2)


def test_a_listing_that_stays_cut_is_none() -> None:
    with pytest.raises(TryLater):
        wire(multistatus(missing(CALENDAR, 507))).collection.between(SINCE, SINCE + timedelta(days=2))


def test_a_listing_without_texts_is_completed() -> None:
    made = wire(multistatus(found(CALENDAR + "a.ics", etag_of('"1"'))), multistatus(event("a.ics")))
    assert made.collection.between(SINCE, TO)["a.ics"].text == ics("a.ics").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (refused(403), NeedsAdministrator),
        (refused(404), NeedsAdministrator),
        (refused(507), TryLater),
        (Said(200, b"<html/>"), TryLater),
        (Said(207, b"<html/>"), TryLater),
    ],
)
def test_a_failed_listing_is_never_an_empty_one(said: Said, kind: type[SyncError]) -> None:
    with pytest.raises(kind):
        wire(said).collection.between(SINCE, TO)
    with pytest.raises(kind):
        wire(said).collection.read(["a.ics", "b.ics"])


# Reading by name.


@pytest.mark.parametrize("name", ["../../jiro/x.ics", "a/b?c#d", "//evil.example/x", "..%2Fx"])
def test_an_id_leads_nowhere_else(name: str) -> None:
    made = wire(multistatus())
    assert made.collection.read([name]) == {name: None}
    assert made.canned.asked == []


@pytest.mark.parametrize("name", ["a?c#d", "％", "a b", ""])
def test_an_id_is_one_segment_of_a_path(name: str) -> None:
    made = wire(multistatus(), refused(404))
    assert made.collection.read([name]) == {name: None}
    assert made.canned.paths[1].startswith(CALENDAR)
    assert "/" not in made.canned.paths[1].removeprefix(CALENDAR)


def test_only_what_the_server_says_is_gone_is_gone() -> None:
    made = wire(
        multistatus(event("a.ics"), missing(CALENDAR + "b.ics")),
        Said(200, ics("c.ics").encode(), {"ETag": '"7"'}),
        refused(404),
    )
    read = made.collection.read(["a.ics", "b.ics", "c.ics", "d.ics"])
    assert {name: one is not None for name, one in read.items()} == {
        "a.ics": True,
        "b.ics": False,
        "c.ics": True,
        "d.ics": False,
    }
    assert made.canned.methods == ["REPORT", "GET", "GET"], "the silent ones are asked for one by one"
    stored = read["c.ics"]
    assert stored is not None
    assert (stored.etag, stored.text) == ("7", ics("c.ics"))


def test_what_may_not_be_read_is_not_gone() -> None:
    with pytest.raises(NeedsAdministrator):
        wire(multistatus(), refused(403)).collection.read(["a.ics"])


def test_many_are_read_in_some_requests() -> None:
    made = wire(everything)
    names = [f"{number}.ics" for number in range(250)]
    assert list(made.collection.read([*names, names[0]])) == names
    assert len(made.canned.asked) == 3


@pytest.mark.parametrize("status", [413, 507])
def test_a_server_that_finds_that_too_much_is_asked_for_less(status: int) -> None:
    made = wire(lambda request: everything(request) if asked_for(request) <= 3 else refused(status))
    names = [f"{number}.ics" for number in range(10)]
    assert made.collection.read(names).keys() == set(names)


def everything(request: requests.PreparedRequest) -> Said:
    body = request.body if isinstance(request.body, bytes) else b""
    # Whatever prefix: other libraries of the process name one for ElementTree too.
    hrefs = re.findall(r"<(?:\w+:)?href>([^<]*)<", body.decode())
    return multistatus(*(event(unquote(href).rpartition("/")[2]) for href in hrefs))


def asked_for(request: requests.PreparedRequest) -> int:
    return request.body.count(b"href>") // 2 if isinstance(request.body, bytes) else 0


def test_without_entity_tags_the_text_is_the_version() -> None:
    one, other = Stored("a", "", "x"), Stored("a", "", "y")
    assert one.version == Stored("b", "", "x").version != other.version
    assert Stored("a", "1", "x").version == "1"


def test_what_is_no_event_is_known() -> None:
    assert Stored("a", "", ics("a")).is_event
    assert not Stored("a", "", "BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR").is_event


# Writing.


def sent(canned: Canned, number: int = 0) -> tuple[str, str | None, str | None]:
    asked = canned.asked[number]
    return str(asked.method), asked.headers.get("If-Match"), asked.headers.get("If-None-Match")


def test_every_write_has_its_condition() -> None:
    made = wire(Said(201, headers={"ETag": 'W/"5"'}))
    assert made.collection.create("a.ics", "x") == "5"
    assert made.collection.replace(Stored("a.ics", "4", "x"), "y") == "5"
    made.collection.delete("a.ics", "5")
    assert [sent(made.canned, n) for n in range(3)] == [
        ("PUT", None, "*"),
        ("PUT", '"4"', None),
        ("DELETE", '"5"', None),
    ]


def test_an_entity_tag_that_is_not_given_back_is_none() -> None:
    assert wire(Said(204)).collection.create("a.ics", "x") == ""


@pytest.mark.parametrize("status", [200, 204])
def test_a_delete_is_done(status: int) -> None:
    wire(Said(status)).collection.delete("a.ics", "1")


def test_a_delete_of_which_a_part_failed_is_refused() -> None:
    with pytest.raises(Refused) as raised:
        wire(multistatus(missing(CALENDAR + "a.ics", 423))).collection.delete("a.ics", "1")
    assert raised.value.status == 423
