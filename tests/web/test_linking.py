"""Linking people to mailboxes and leaving Microsoft 365, as an administrator's screens ask for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.link import Base, Link
from sync.core.settings import Connection, State
from sync.core.tenant import TenantState
from sync.engine.schedule import run_job
from sync.errors import NeedsAdministrator, TryLater
from sync.ports import GroupwareUser, Mailbox, Task
from sync.web.models_linking import MOST_AT_ONCE
from tests.fakes import MemoryJobs
from tests.web.company import Company

MORI = Mailbox("oid-mori", "mori@x.test", "森繁", "mori@x.test", addresses=("mori@x.test", "s.mori@x.test"))


@pytest.fixture
def company() -> Company:
    company = Company()
    company.mailboxes.people.append(MORI)
    return company


def work(company: Company) -> list[str]:
    """The queue, until it is empty; the tasks that it held."""
    jobs = company.services.jobs
    assert isinstance(jobs, MemoryJobs)
    done = []
    while jobs.waiting:
        company.clock.advance(1)
        for job in jobs.receive():
            done.append(job.task)
            run_job(company.services, job)
    return done


# -- one person -----------------------------------------------------------------------------------------------


def test_a_linked_person_is_active_at_once(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "Mori@x.test", "enabled": True})
    assert (answer.status, answer.json["state"], answer.json["problem"]) == (200, "active", None)
    person = company.person("mori")
    assert (person.mailbox, person.tenant, person.addresses) == ("oid-mori", "tenant-1", MORI.addresses)


@pytest.mark.parametrize(
    ("refusal", "state", "code", "remedy"),
    [
        (NeedsAdministrator("mailbox-missing"), "checking", "mailbox-missing", "15 minutes"),
        (NeedsAdministrator("mailbox-forbidden"), "checking", "mailbox-forbidden", "an hour"),
        (TryLater("graph-timeout"), "checking", "graph-timeout", "retried automatically"),
    ],
)
def test_who_cannot_be_synced_yet_says_why_and_what_to_do(
    company: Company, refusal: Any, state: str, code: str, remedy: str
) -> None:
    company.mailboxes.refusals["oid-mori"] = refusal
    body = {"upn": "mori@x.test", "enabled": True}
    answer = company.as_admin("PUT", "/api/users/mori", body, headers=[("Accept-Language", "en")])
    assert (answer.status, answer.json["state"], answer.json["problem"]["code"]) == (200, state, code)
    assert remedy in answer.json["problem"]["remedyEn"]
    assert company.person("mori").upn == "mori@x.test"


def test_a_disabled_account_is_told_as_an_error(company: Company) -> None:
    company.mailboxes.people[:] = [replace(MORI, enabled=False)]
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "mori@x.test", "enabled": True})
    assert (answer.json["state"], answer.json["problem"]["code"]) == ("error", "user-disabled")


def test_who_is_not_switched_on_is_looked_at_all_the_same(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "nobody@x.test"})
    assert (answer.json["state"], answer.json["problem"]["code"]) == ("off", "user-missing")
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "mori@x.test"})
    assert (answer.json["state"], answer.json["problem"]) == ("off", None)
    assert company.person("mori").mailbox == "oid-mori"


def test_a_mailbox_under_another_name_is_taken(company: Company) -> None:
    company.services.connections.put(replace(company.person("suzuki"), mailbox="oid-mori", tenant="tenant-1"))
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "mori@x.test", "enabled": True})
    assert (answer.json["state"], answer.json["problem"]["code"]) == ("error", "mailbox-taken")
    assert company.person("mori").mailbox == ""


def test_a_person_changes_its_settings_without_a_question_to_microsoft(company: Company) -> None:
    company.as_person("PUT", "/api/users/suzuki", {"settings": {"defaultReminder": 5}})
    company.as_admin("PUT", "/api/users/suzuki", {"email": "suzuki@x.test"})
    assert company.mailboxes.asked == []


def test_many_who_are_switched_on_are_looked_at_together(company: Company) -> None:
    for user in ("mori", "kato"):
        company.services.connections.put(Connection("default", user, upn=f"{user}@x.test"))
    company.as_admin("POST", "/api/users/bulk", {"users": ["mori", "kato"], "enabled": True})
    assert company.mailboxes.asked == []
    assert work(company) == [Task.CHECK]
    assert company.mailboxes.asked == ["mailboxes", "check_all"]
    assert company.person("mori").state is State.ACTIVE
    assert (company.person("kato").state, company.person("kato").error) == (State.CHECKING, "user-missing")


# -- many -----------------------------------------------------------------------------------------------------


def test_many_are_linked_in_the_background(company: Company) -> None:
    body = {
        "users": [
            {"id": "mori", "upn": "mori@x.test"},
            {"id": "ghost", "upn": "ghost@x.test"},
            {"id": "tanaka", "email": "tanaka@x.test"},
        ],
        "enabled": True,
    }
    answer = company.as_admin("POST", "/api/users/link", body)
    assert answer.status == 202
    place = answer.headers["location"]
    assert place == f"/api/operations/{answer.json['id']}"
    assert (answer.json["state"], answer.json["total"], answer.json["done"]) == ("running", 3, 0)
    assert work(company) == [Task.LINK]
    done = company.as_admin("GET", place).json
    assert (done["state"], done["done"], done["linked"], done["waiting"], done["failed"]) == (
        "done",
        3,
        1,
        0,
        2,
    )
    assert [(one["id"], one["problem"]["code"]) for one in done["failures"]] == [
        ("ghost", "user-unknown"),
        ("tanaka", "mailbox-unknown"),
    ]
    assert done["finishedAt"] is not None
    assert company.person("mori").state is State.ACTIVE


def test_ten_thousand_people_fit_into_one_request(company: Company) -> None:
    users = [
        {"id": f"employee-number-{n:08}", "upn": f"a.rather.long.family.name.{n:06}@subsidiary.example.co.jp",
         "email": f"a.rather.long.family.name.{n:06}@subsidiary.example.co.jp"}
        for n in range(MOST_AT_ONCE)
    ]  # fmt: skip
    answer = company.as_admin("POST", "/api/users/link", {"users": users})
    assert (answer.status, answer.json["total"]) == (202, MOST_AT_ONCE)
    assert company.as_admin("POST", "/api/users/link", {"users": [*users, {"id": "more"}]}).status == 422


def test_other_bodies_stay_small(company: Company) -> None:
    body = {"users": ["x" * 200] * 6_000, "enabled": True}
    assert company.as_admin("POST", "/api/users/bulk", body).status == 413


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"users": []}, "/users", "field-length"),
        ({"users": [{"upn": "a@x.test"}]}, "/users/0/id", "field-missing"),
        ({"users": [{"id": "a", "upn": "no address"}]}, "/users/0/upn", "field-format"),
        ({"users": [{"id": "a", "upn": ""}]}, "/users/0/upn", "field-length"),
        ({"users": [{"id": "a"}], "enabled": 1}, "/enabled", "field-type"),
        ({"users": [{"id": "a", "mailbox": "x"}]}, "/users/0/mailbox", "field-unknown"),
    ],
)
def test_a_mistake_in_the_list_is_named_and_nothing_begins(
    company: Company, body: object, pointer: str, code: str
) -> None:
    answer = company.as_admin("POST", "/api/users/link", body)
    assert answer.status == 422
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, code)]
    assert work(company) == []


def test_another_organization_does_not_see_the_operation(company: Company) -> None:
    answer = company.as_admin("POST", "/api/users/link", {"users": [{"id": "mori", "upn": "mori@x.test"}]})
    token = company.token("spy", "admin", "rival")
    other = company.client.ask("GET", answer.headers["location"], token=token)
    assert (other.status, other.code) == (404, "operation-unknown")


# -- suggestions ----------------------------------------------------------------------------------------------


def test_a_mailbox_is_suggested_by_its_mail_address(company: Company) -> None:
    company.directory.people[:] = [
        GroupwareUser("mori", "森繁", "S.Mori@x.test"),
        GroupwareUser("kato", "加藤", "kato@x.test"),
    ]
    found = company.as_admin("GET", "/api/users/suggestions").json["suggestions"]
    assert [(one["id"], one["state"], one["upn"]) for one in found] == [
        ("mori", "found", "mori@x.test"),
        ("kato", "none", ""),
    ]
    assert company.services.connections.get("default", "mori") is None


def test_suggestions_wait_for_microsoft_365(company: Company) -> None:
    company.mailboxes.error = TryLater("graph-throttled", retry_after=7)
    answer = company.as_admin("GET", "/api/users/suggestions")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "graph-throttled", "7")


# -- leaving --------------------------------------------------------------------------------------------------


def with_links(company: Company) -> None:
    company.services.connections.put(
        replace(company.person("suzuki"), mailbox="oid-suzuki", tenant="tenant-1")
    )
    links = [
        Link(f"{side}:{n}", Base(f"g{n}", "v", {}), Base(f"o{n}", "v", {}))
        for side, n in (("g", 1), ("g", 2), ("o", 3))
    ]
    company.services.links.save(company.person("suzuki"), links)


def test_each_choice_comes_with_its_counts(company: Company) -> None:
    with_links(company)
    answer = company.as_admin("GET", "/api/microsoft365/disconnection").json
    assert (answer["state"], answer["people"], answer["choice"], answer["heldUp"]) == (
        "connected",
        1,
        None,
        [],
    )
    assert {one.pop("choice"): one for one in answer["choices"]} == {
        "leave": {"kept": 3, "markers": 0, "removed": 0, "mails": 0, "meetings": 0},
        "detach": {"kept": 3, "markers": 2, "removed": 0, "mails": 0, "meetings": 0},
        "remove": {"kept": 1, "markers": 0, "removed": 2, "mails": 0, "meetings": 0},
    }
    assert company.mailboxes.asked == []


def test_leaving_everything_is_done_at_once(company: Company) -> None:
    with_links(company)
    answer = company.as_admin("DELETE", "/api/microsoft365", {"choice": "leave"})
    assert (answer.status, answer.json["state"], answer.json["people"]) == (200, "disconnected", 1)
    shown = company.as_admin("GET", "/api/microsoft365").json
    assert (shown["state"], shown["inUse"], shown["credential"]) == ("disconnected", False, None)


def test_another_choice_begins_and_is_watched(company: Company) -> None:
    with_links(company)
    answer = company.as_admin("DELETE", "/api/microsoft365", {"choice": "remove"})
    assert (answer.status, answer.headers["location"]) == (202, "/api/microsoft365/disconnection")
    shown = company.as_admin("GET", "/api/microsoft365/disconnection").json
    assert (shown["state"], shown["choice"], shown["people"]) == ("disconnecting", "remove", 1)
    connections = company.services.connections
    connections.update(
        company.person("suzuki"), state=State.ERROR, error="mailbox-forbidden", checked_at=company.clock.now()
    )
    [held] = company.as_admin("GET", "/api/microsoft365/disconnection").json["heldUp"]
    assert (held["id"], held["name"], held["problem"]["code"]) == ("suzuki", "鈴木一郎", "mailbox-forbidden")


def test_settings_cannot_be_changed_meanwhile(company: Company) -> None:
    company.as_admin("DELETE", "/api/microsoft365", {"choice": "detach"})
    answer = company.as_admin("PUT", "/api/microsoft365", {"inUse": True})
    assert (answer.status, answer.code) == (409, "microsoft365-disconnecting")


@pytest.mark.parametrize("body", [None, {}, {"choice": "everything"}, {"choice": "leave", "sure": True}])
def test_without_a_choice_nothing_happens(company: Company, body: object) -> None:
    assert company.as_admin("DELETE", "/api/microsoft365", body).status == 422
    assert company.tenants.get("default").state is TenantState.CONNECTED
