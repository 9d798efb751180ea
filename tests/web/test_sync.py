from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from sync.errors import LeaseLost, TryLater
from sync.ports import PassState
from sync.web.routes.sync import prefers_async
from tests.web.company import Company

LATER = [("Prefer", "respond-async")]


@pytest.mark.parametrize("state", [PassState.DONE, PassState.HELD, PassState.FAILED])
def test_a_person_syncs_itself_and_reads_the_report(company: Company, state: PassState) -> None:
    company.use_cases.outcome = state
    answer = company.as_person("POST", "/api/sync", {})
    assert (answer.status, answer.json["state"], answer.json["user"]) == (200, state, "suzuki")
    assert answer.json["report"] == {"counts": {"outlook": {"create": 2}}}
    assert company.use_cases.calls == [("now", "suzuki", None, None)]


def test_a_held_pass_says_why_in_both_languages(company: Company) -> None:
    company.use_cases.outcome = PassState.HELD
    problem = company.as_person("POST", "/api/sync", {}).json["problem"]
    assert problem["code"] == "guard-deletes"
    assert "30 件" in problem["detailJa"]
    assert "30 events (limit 20)" in problem["detailEn"]
    assert problem["remedyJa"]


def test_no_body_at_all_means_oneself(company: Company) -> None:
    assert company.as_person("POST", "/api/sync").status == 200
    assert company.as_person("POST", "/api/sync", content=b"null").status == 200


def test_an_administrator_syncs_anyone(company: Company) -> None:
    assert company.as_admin("POST", "/api/sync", {"user": "suzuki"}).json["user"] == "suzuki"


def test_the_dates_of_the_screen_are_handed_on(company: Company) -> None:
    company.as_person("POST", "/api/sync", {"from": "2026-11-01", "to": "2026-12-01"})
    assert company.use_cases.calls == [("now", "suzuki", date(2026, 11, 1), date(2026, 12, 1))]


def test_a_preview_plans_and_is_never_queued(company: Company) -> None:
    answer = company.as_person("POST", "/api/sync", {"preview": True}, headers=LATER)
    assert (answer.status, answer.json["state"]) == (200, "preview")
    assert "preference-applied" not in answer.headers
    company.use_cases.error = LeaseLost("pass-running")
    answer = company.as_person("POST", "/api/sync", {"preview": True})
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (409, "busy", "10")
    assert [call[0] for call in company.use_cases.calls] == ["preview"]


def test_a_caller_may_prefer_not_to_wait(company: Company) -> None:
    answer = company.as_person("POST", "/api/sync", {}, headers=LATER)
    assert (answer.status, answer.json["state"]) == (202, "queued")
    assert answer.headers["preference-applied"] == "respond-async"
    assert company.as_person("GET", answer.headers["location"]).json["id"] == answer.json["id"]


def test_while_another_pass_runs_the_wish_is_queued(company: Company) -> None:
    company.use_cases.error = LeaseLost("pass-running")
    answer = company.as_person("POST", "/api/sync", {"from": "2026-11-01", "to": "2026-11-02"})
    assert (answer.status, answer.json["state"]) == (202, "queued")
    assert company.use_cases.calls == [("queued", "suzuki", date(2026, 11, 1), date(2026, 11, 2))]


def test_when_many_passes_run_the_next_is_queued(company: Company) -> None:
    """A pass holds a thread; a stampede must leave some for the other routes."""
    slots: threading.BoundedSemaphore = company.app.state.context.slots
    taken = 0
    while slots.acquire(blocking=False):
        taken += 1
    assert company.as_person("POST", "/api/sync", {}).status == 202
    slots.release(taken)
    assert company.as_person("POST", "/api/sync", {}).status == 200


def test_a_failed_pass_gives_its_slot_back(company: Company) -> None:
    company.use_cases.error = TryLater("graph-throttled", retry_after=12.3)
    for _ in range(20):
        answer = company.as_person("POST", "/api/sync", {})
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "graph-throttled", "13")


def test_manual_sync_can_be_switched_off_for_people(company: Company) -> None:
    company.settings(manual=False)
    answer = company.as_person("POST", "/api/sync", {})
    assert (answer.status, answer.code) == (403, "manual-sync-off")
    assert company.as_person("POST", "/api/sync", {"preview": True}).status == 403
    assert company.as_admin("POST", "/api/sync", {"user": "suzuki"}).status == 200


def test_who_is_switched_off_is_not_synced_but_may_be_previewed(company: Company) -> None:
    answer = company.as_admin("POST", "/api/sync", {"user": "tanaka"})
    assert (answer.status, answer.code) == (409, "sync-off")
    assert company.as_admin("POST", "/api/sync", {"user": "tanaka", "preview": True}).status == 200


def test_an_organization_that_is_switched_off_is_not_synced(company: Company) -> None:
    company.settings(sync=False, may_override_sync=False)
    assert company.as_person("POST", "/api/sync", {}).code == "sync-off"


def test_a_person_nobody_linked_is_not_found(company: Company) -> None:
    assert company.as_admin("POST", "/api/sync", {"user": "nobody"}).code == "user-unknown"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"from": "2026-11-01"}, "", "window-half"),
        ({"from": "2026-11-02", "to": "2026-11-02"}, "", "window-order"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "", "window-order"),
        ({"from": "2026-01-01", "to": "2031-01-01"}, "", "window-too-long"),
        ({"from": "2026-02-30", "to": "2026-03-01"}, "/from", "date-malformed"),
        ({"from": "0001-01-01", "to": "2026-03-01"}, "/from", "date-malformed"),
        ({"from": "2026-01-01", "to": "9999-12-31"}, "/to", "date-malformed"),
        ({"from": "2026-11-01T00:00:00", "to": "2026-12-01"}, "/from", "date-malformed"),
        ({"from": 0, "to": "2026-12-01"}, "/from", "date-malformed"),
        ({"preview": "yes"}, "/preview", "field-type"),
        ({"preview": 1}, "/preview", "field-type"),
        ({"user": 7}, "/user", "field-type"),
        ({"user": ""}, "/user", "field-length"),
        ({"user": "\ud800"}, "/user", "field-type"),
        ({"user": "a\u0000"}, "/user", "field-format"),
        ({"force": True}, "/force", "field-unknown"),
        ({"first": "2026-11-01"}, "/first", "field-unknown"),
        ([], "", "field-type"),
    ],
)
def test_a_mistake_is_named_with_its_place(company: Company, body: object, pointer: str, code: str) -> None:
    answer = company.as_person("POST", "/api/sync", body)
    assert (answer.status, answer.code) == (422, "invalid-request")
    assert (pointer, code) in [(entry["pointer"], entry["code"]) for entry in answer.json["errors"]]
    assert all(entry["remedyJa"] and entry["remedyEn"] for entry in answer.json["errors"])
    assert company.use_cases.calls == []


def test_five_years_are_allowed(company: Company) -> None:
    until = date(2026, 1, 1) + timedelta(days=1825)
    assert company.as_person("POST", "/api/sync", {"from": "2026-01-01", "to": str(until)}).status == 200


@pytest.mark.parametrize(
    ("headers", "is_async"),
    [
        ([], False),
        (["respond-async"], True),
        (["Respond-Async; foo=bar"], True),
        (["wait=10, respond-async"], True),
        (["return=minimal", "respond-async"], True),
        (["respond-asynchronously"], False),
        (["wait=respond-async"], False),
    ],
)
def test_prefer_is_read_as_its_rfc_says(headers: list[str], is_async: bool) -> None:
    assert prefers_async(headers) is is_async
