from __future__ import annotations

import pytest

from sync.ports import PassState
from tests.web.company import Company


def test_a_person_reads_its_own_pass(company: Company) -> None:
    pass_id = company.pass_of("suzuki", PassState.DONE)
    assert company.as_person("GET", f"/api/passes/{pass_id}").json["id"] == pass_id


@pytest.mark.parametrize("pass_id", ["unknown", "a.b.c", "..", "%00", "x" * 1000, "%2e%2e%2fusers"])
def test_an_id_that_names_no_pass_is_not_found(company: Company, pass_id: str) -> None:
    assert company.as_admin("GET", f"/api/passes/{pass_id}").status == 404


def test_anothers_pass_looks_exactly_like_none(company: Company) -> None:
    anothers = company.as_person("GET", f"/api/passes/{company.pass_of('tanaka', PassState.DONE)}")
    none = company.as_person("GET", f"/api/passes/{company.use_cases.new_id('tanaka', 'x')}")
    assert anothers.status == none.status == 404
    assert anothers.json == none.json


def test_a_pass_of_the_same_user_id_elsewhere_is_not_found(company: Company) -> None:
    pass_id = company.pass_of("suzuki", PassState.DONE, "rival")
    assert company.as_person("GET", f"/api/passes/{pass_id}").status == 404
    assert company.as_admin("POST", f"/api/passes/{pass_id}/confirm").status == 404


def test_an_administrator_confirms_a_held_pass_in_their_name(company: Company) -> None:
    answer = company.as_admin("POST", f"/api/passes/{company.pass_of('suzuki', PassState.HELD)}/confirm")
    assert (answer.status, answer.json["state"]) == (202, "queued")
    assert company.as_admin("GET", answer.headers["location"]).status == 200
    assert company.use_cases.calls == [("confirm", "boss", None, None)]


@pytest.mark.parametrize("state", [state for state in PassState if state is not PassState.HELD])
def test_only_a_held_pass_can_be_confirmed(company: Company, state: PassState) -> None:
    answer = company.as_admin("POST", f"/api/passes/{company.pass_of('suzuki', state)}/confirm")
    assert (answer.status, answer.code) == (409, "pass-not-held")
    assert company.use_cases.calls == []
