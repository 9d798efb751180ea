"""Finding a person's calendar: on the servers that run here, and on those that say it otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from sync.adapters.groupware.caldav.client import Client
from sync.adapters.groupware.caldav.credentials import read_credential
from sync.adapters.groupware.caldav.discovery import Home, Homes
from sync.adapters.http import Session
from sync.errors import NeedsAdministrator, TryLater
from tests.adapters.groupware.caldav.servers import Server
from tests.adapters.groupware.caldav.wire import Said, Wire, found, hrefs, multistatus, refused, wire
from tests.fakes import FakeClock

EVENTS = '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
TASKS = '<c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>'
TYPE = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
FOLDER = "<d:resourcetype><d:collection/></d:resourcetype>"
REPORTS = (
    "<d:supported-report-set><d:supported-report><d:report><d:sync-collection/></d:report></d:supported-report>"
    "</d:supported-report-set>"
)
READ_ONLY = (
    "<d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>"
)
WRITABLE = (
    "<d:current-user-privilege-set><d:privilege><d:read/></d:privilege><d:privilege><d:write/></d:privilege>"
    "</d:current-user-privilege-set>"
)
HOME = hrefs("c:calendar-home-set", "/dav/taro/")
PRINCIPAL = found("/dav/p/taro/", HOME)
CURRENT = found("/dav/", hrefs("d:current-user-principal", "/dav/p/taro/"))


def calendar(name: str, *properties: str, owner: str = "") -> str:
    owned = hrefs("d:owner", owner) if owner else ""
    return found(
        f"/dav/taro/{name}/", TYPE, EVENTS, f"<d:displayname>{name}</d:displayname>", owned, *properties
    )


def home_of(made: Wire, start: str = "p/{user}/", name: str = "") -> Home:
    return Homes(made.clock, start, name).of(made.client, "taro")


def refusal_of(made: Wire, start: str = "p/{user}/", name: str = "") -> str:
    with pytest.raises(NeedsAdministrator) as raised:
        home_of(made, start, name)
    return raised.value.code


def test_a_real_server_s_calendar_is_found(caldav_server: Server) -> None:
    user = caldav_server.person()
    home = caldav_server.homes(user).of(caldav_server.client(), user)
    assert home.path == caldav_server.path.replace("{user}", user)
    assert home.has_tokens
    assert home.has_ctag


def test_a_person_s_own_credential_finds_its_calendar_by_itself(radicale: Server) -> None:
    path = radicale.calendar("taro")
    clock = FakeClock()
    own = Client(Session(read_retries=0), radicale.url, read_credential("taro:secret"), clock)
    assert Homes(clock).of(own, "taro").path == path
    with pytest.raises(NeedsAdministrator) as raised:
        Homes(clock, radicale.home).of(own, "hanako")
    assert raised.value.code == "calendar-forbidden"


def test_a_server_knows_no_such_person(radicale: Server) -> None:
    with pytest.raises(NeedsAdministrator) as raised:
        radicale.homes("nobody").of(radicale.client(), "nobody")
    assert raised.value.code in ("groupware-user-missing", "calendar-missing")


def test_principal_home_and_calendar_follow_each_other() -> None:
    made = wire(multistatus(PRINCIPAL), multistatus(found("/dav/taro/", FOLDER), calendar("work", REPORTS)))
    assert home_of(made) == Home("/dav/taro/work/", has_tokens=True)
    assert made.canned.paths == ["/dav/p/taro/", "/dav/taro/"]
    assert [asked.headers["Depth"] for asked in made.canned.asked] == ["0", "1"]


def test_without_a_start_the_server_says_who_we_are() -> None:
    made = wire(multistatus(CURRENT), multistatus(PRINCIPAL), multistatus(calendar("work")))
    assert home_of(made, start="").path == "/dav/taro/work/"


@pytest.mark.parametrize("first", [refused(404), refused(405), multistatus(found("/dav/"))])
def test_else_the_well_known_address_leads_there(first: Said) -> None:
    made = wire(
        first,
        Said(301, headers={"Location": "/dav/x/"}),
        multistatus(CURRENT),
        multistatus(PRINCIPAL),
        multistatus(calendar("work")),
    )
    assert home_of(made, start="").path == "/dav/taro/work/"
    assert made.canned.paths[:3] == ["/dav/", "/.well-known/caldav", "/dav/x/"]


def test_a_user_s_id_is_one_segment_of_a_path() -> None:
    made = wire(multistatus(found("/dav/x/")), multistatus(calendar("work")))
    Homes(made.clock, "p/{user}/").of(made.client, "../a b?#ü")
    assert made.canned.paths[0] == "/dav/p/..%2Fa%20b%3F%23%C3%BC/"


def test_a_path_without_home_is_the_home() -> None:
    made = wire(multistatus(found("/dav/taro/", FOLDER)), multistatus(calendar("work")))
    assert home_of(made, "taro/").path == "/dav/taro/work/"


def test_whole_addresses_are_taken_for_their_paths() -> None:
    home = hrefs("c:calendar-home-set", "https://other.example/dav/taro/")
    made = wire(multistatus(found("/dav/p/taro/", home)), multistatus(calendar("work")))
    assert home_of(made).path == "/dav/taro/work/"
    assert all((asked.url or "").startswith("http://127.0.0.1:2/") for asked in made.canned.asked)


@pytest.mark.parametrize(
    "other",
    [
        found("/dav/taro/inbox/", "<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>"),
        found("/dav/taro/tasks/", TYPE, TASKS),
        calendar("birthdays", READ_ONLY),
        found("/dav/taro/", FOLDER),
        calendar("jiro", owner="/dav/p/jiro/"),
    ],
)
def test_what_is_no_calendar_of_ours_for_events_is_passed_over(other: str) -> None:
    made = wire(multistatus(PRINCIPAL), multistatus(other, calendar("work", WRITABLE, owner="/dav/p/taro/")))
    assert home_of(made).path == "/dav/taro/work/"


def test_without_any_nothing_is_guessed() -> None:
    assert (
        refusal_of(wire(multistatus(PRINCIPAL), multistatus(calendar("x", READ_ONLY)))) == "calendar-missing"
    )


def test_a_calendar_that_is_shared_counts_where_there_is_no_own() -> None:
    made = wire(multistatus(PRINCIPAL), multistatus(calendar("jiro", owner="/dav/p/jiro/")))
    assert home_of(made).path == "/dav/taro/jiro/"


def test_of_several_the_default_is_taken() -> None:
    principal = found("/dav/p/taro/", HOME, hrefs("c:schedule-inbox-URL", "/dav/taro/inbox/"))
    default = found("/dav/taro/inbox/", hrefs("c:schedule-default-calendar-URL", "/dav/taro/b"))
    made = wire(multistatus(principal), multistatus(calendar("a"), calendar("b")), multistatus(default))
    assert home_of(made).path == "/dav/taro/b/"


def test_of_several_without_default_none_is_guessed() -> None:
    made = wire(multistatus(PRINCIPAL), multistatus(calendar("a"), calendar("b")))
    assert refusal_of(made) == "calendar-ambiguous"


def named(name: str, path: str) -> str:
    return found(path, TYPE, f"<d:displayname>{name}</d:displayname>")


@pytest.mark.parametrize("name", ["仕事", "work"])
def test_a_calendar_is_named_by_its_name_or_the_end_of_its_address(name: str) -> None:
    listed = multistatus(named("家", "/dav/taro/home/"), named("仕事", "/dav/taro/work/"))
    assert home_of(wire(multistatus(PRINCIPAL), listed), name=name).path == "/dav/taro/work/"


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ([named("家", "/dav/taro/home/")], "calendar-missing"),
        ([named("仕事", "/dav/taro/a/"), named("仕事", "/dav/taro/b/")], "calendar-ambiguous"),
    ],
)
def test_a_name_that_means_no_or_several_calendars_is_refused(listed: list[str], code: str) -> None:
    assert refusal_of(wire(multistatus(PRINCIPAL), multistatus(*listed)), name="仕事") == code


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Asia/Tokyo\nEND:VTIMEZONE", "Asia/Tokyo"),
        ("TZID;X-A=1:asia/calcutta \n", "Asia/Kolkata"),
        ("TZID:Somewhere/Else\n", ""),
        ("", ""),
    ],
)
def test_a_calendar_s_own_zone_is_known_by_its_iana_name(text: str, zone: str) -> None:
    zoned = calendar("work", f"<c:calendar-timezone>{text}</c:calendar-timezone>")
    assert home_of(wire(multistatus(PRINCIPAL), multistatus(zoned))).zone == zone


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (refused(401), "groupware-unauthorized"),
        (refused(403), "calendar-forbidden"),
        (refused(404), "groupware-user-missing"),
    ],
)
def test_a_refusal_says_what_to_do(said: Said, code: str) -> None:
    assert refusal_of(wire(said)) == code


def test_a_calendar_is_remembered_for_a_while_and_a_failure_is_not() -> None:
    made = wire(
        requests.ConnectionError(),
        requests.ConnectionError(),
        requests.ConnectionError(),
        requests.ConnectionError(),
        multistatus(PRINCIPAL),
        multistatus(calendar("a")),
        multistatus(PRINCIPAL),
        multistatus(calendar("b")),
    )
    homes = Homes(made.clock, "p/{user}/")
    with pytest.raises(TryLater):
        homes.of(made.client, "taro")
    assert [homes.of(made.client, "taro").path for _ in range(2)] == ["/dav/taro/a/"] * 2
    made.clock.advance(timedelta(minutes=11))
    assert homes.of(made.client, "taro").path == "/dav/taro/b/"
    assert made.client.requests == 8
