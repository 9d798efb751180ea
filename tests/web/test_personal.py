"""What is kept about a person: who sees what of it, and how it is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.core.change import Role
from sync.core.event import Side
from sync.core.link import Base, Intent, Link, Problem
from sync.core.messages import Language
from sync.core.settings import Connection, State
from sync.core.window import Window
from sync.errors import LeaseLost, TryLater
from sync.ports import CursorPair, Kept, Meeting, PassState
from sync.web.personal import IN_MEMORY, Spool, personal_document
from tests.web.company import Company

PATH = "/api/users/suzuki/data"
WINDOW = Window(date(2026, 10, 25), date(2026, 12, 8), "Asia/Tokyo")


@pytest.fixture
def kept(company: Company) -> Company:
    """Something of each kind about suzuki, and of every other person that could be mistaken for it."""
    services, now = company.services, company.clock.now()
    problem = Problem("unknown-zone", {"zone": "Mars/Olympus"}, Side.OUTLOOK, now, 2, now)
    link = Link(
        "g:e1",
        groupware=Base("e1", "7", {"title": "digest"}, {}, now),
        outlook=Base("AAMk1", "v1", {"title": "digest"}, {"categories": ["秘密の分類"]}, now),
        starts=now,
        ends=now,
        intent=Intent(Side.OUTLOOK, "token"),
        problem=problem,
        role=Role.OWN,
    )
    lost = Kept("default", "suzuki", "p1", now, Side.OUTLOOK, "AAMk1", "g:e1", "title", '"旧題"')
    services.history.keep([lost, replace(lost, field="reminder", value="null")])
    services.connections.update(
        company.person("suzuki"), state=State.ERROR, error="user-missing", addresses=("s@x.test",)
    )
    services.links.save(company.person("suzuki"), [link])
    services.cursors.save(company.person("suzuki"), CursorPair("g-secret", "o-secret", WINDOW, now, "r"))
    services.meetings.claim(Meeting("default", "uid-1", "e1", "suzuki"))
    company.pass_of("suzuki", PassState.DONE)
    for organization, user in (("default", "boss"), ("rival", "suzuki")):
        other = Connection(organization, user)
        services.history.keep([replace(lost, organization=organization, user=user)])
        services.links.save(other, [Link("g:other", groupware=Base("other", "", {}))])
        services.meetings.claim(Meeting(organization, "uid-other", "other", user))
        company.pass_of(user, PassState.DONE, organization)
    return company


def test_a_person_sees_everything_that_is_kept(kept: Company) -> None:
    found = kept.as_person("GET", PATH).json
    assert found["connection"]["upn"] == "suzuki@x.test"
    assert found["connection"]["addresses"] == ["s@x.test"]
    assert found["connection"]["problem"]["code"] == "user-missing"
    assert found["cursors"]["first"] == "2026-10-25"
    [link] = found["links"]
    assert (link["key"], link["role"], link["announced"]) == ("g:e1", "own", "outlook")
    assert link["groupware"]["id"] == "e1"
    assert link["outlook"]["residue"] == {"categories": ["秘密の分類"]}
    assert link["starts"] is not None
    assert "Mars/Olympus" in link["problem"]["detailEn"]
    assert found["meetings"] == [{"uid": "uid-1", "groupwareId": "e1", "isExternal": False}]
    assert [one["state"] for one in found["passes"]] == ["done"]
    assert {one["field"]: one["value"] for one in found["history"]} == {"title": "旧題", "reminder": None}


def test_an_administrator_sees_no_content_and_no_times_of_events(kept: Company) -> None:
    answer = kept.as_admin("GET", PATH)
    own = kept.as_person("GET", PATH).json
    [link] = answer.json["links"]
    assert (link["starts"], link["ends"], link["groupware"]["modified"]) == (None, None, None)
    assert (link["outlook"]["residue"], link["problem"]) == (None, own["links"][0]["problem"])
    assert [set(one) for one in answer.json["history"]] == [set(one) - {"value"} for one in own["history"]]
    said = json.dumps(answer.json, ensure_ascii=False)
    assert "旧題" not in said
    assert "秘密の分類" not in said
    assert answer.json["connection"] == own["connection"]


def test_an_administrator_sees_the_own_values_though(kept: Company) -> None:
    token = kept.token("boss", "admin")
    [lost] = kept.client.ask("GET", "/api/users/boss/data", token=token).json["history"]
    assert lost["value"] == "旧題"


def test_opaque_tokens_and_digests_are_not_shown(kept: Company) -> None:
    said = json.dumps(kept.as_person("GET", PATH).json)
    for hidden in ("g-secret", "o-secret", '"digest"', '"token"'):
        assert hidden not in said


def test_others_and_namesakes_are_not_in_it(kept: Company) -> None:
    said = json.dumps(kept.as_person("GET", PATH).json)
    assert "other" not in said
    found = kept.client.ask("GET", PATH, token=kept.token("suzuki", "user", "rival")).json
    assert [link["key"] for link in found["links"]] == ["g:other"]


def test_of_somebody_new_there_is_only_the_connection(company: Company) -> None:
    found = company.as_admin("GET", "/api/users/tanaka/data").json
    empty: dict[str, Any] = {"cursors": None, "links": [], "meetings": [], "passes": [], "history": []}
    assert found == {"connection": found["connection"], **empty}


def test_of_nobody_there_is_nothing(company: Company) -> None:
    answer = company.as_admin("GET", "/api/users/nobody/data")
    assert (answer.status, answer.code) == (404, "user-unknown")


def test_the_answer_is_not_cached_and_says_how_long_it_is(kept: Company) -> None:
    answer = kept.as_person("GET", PATH)
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) > 1000


def test_a_storage_that_fails_on_the_way_is_answered_as_such(kept: Company) -> None:
    def failing(organization: str, user: str) -> Iterator[Kept]:
        yield from kept.services.history.list(organization, user, 1)
        raise TryLater("storage-unavailable")

    kept.services.history.each = failing  # type: ignore[method-assign]
    answer = kept.as_person("GET", PATH)
    assert (answer.status, answer.code) == (503, "storage-unavailable")


def test_a_large_account_is_read_piece_by_piece(company: Company) -> None:
    """Whoever takes one piece makes the storage read no more than that."""
    read = 0

    def many(connection: Connection) -> Iterator[Link]:
        nonlocal read
        for number in range(50_000):
            read += 1
            yield Link(f"g:{number}", groupware=Base(str(number), "", {}))

    company.services.links.each = many  # type: ignore[method-assign]
    pieces = personal_document(company.services, company.person("suzuki"), Language.EN, is_own=True)
    for _ in range(12):
        next(pieces)
    assert 0 < read <= 12


def test_a_long_document_comes_back_whole() -> None:
    pieces = [f"{number:07d}予定" for number in range(IN_MEMORY // 8)]
    spool = Spool.of(pieces)
    found: list[bytes] = list(spool._pieces())
    assert b"".join(found).decode() == "".join(pieces)
    assert max(map(len, found)) < IN_MEMORY
    assert spool._file.closed


def test_an_administrator_forgets_a_person(company: Company) -> None:
    answer = company.as_admin("DELETE", "/api/users/suzuki")
    assert (answer.status, answer.json) == (204, None)
    assert company.use_cases.calls == [("forget", "suzuki", None, None)]
    assert company.services.connections.get("rival", "suzuki") is not None


def test_who_was_never_known_cannot_be_forgotten(company: Company) -> None:
    for user in ("nobody", "suzuki", "suzuki"):
        answer = company.as_admin("DELETE", f"/api/users/{user}")
    assert (answer.status, answer.code) == (404, "user-unknown")


def test_nobody_is_forgotten_while_a_pass_runs(company: Company) -> None:
    company.use_cases.error = LeaseLost("pass-running")
    answer = company.as_admin("DELETE", "/api/users/suzuki")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (409, "busy", "10")
    assert company.person("suzuki").enabled


@pytest.mark.parametrize("who", [("suzuki", "user", "default"), ("tanaka", "user", "default")])
def test_nobody_but_an_administrator_forgets(company: Company, who: Any) -> None:
    assert company.client.ask("DELETE", "/api/users/suzuki", token=company.token(*who)).status == 403
    assert company.person("suzuki").enabled
    assert company.use_cases.calls == []


def test_another_organizations_administrator_forgets_its_own_people_only(company: Company) -> None:
    token = company.token("spy", "admin", "rival")
    assert company.client.ask("DELETE", "/api/users/suzuki", token=token).status == 204
    assert company.person("suzuki").enabled
    assert company.services.connections.get("rival", "suzuki") is None
