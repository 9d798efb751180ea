"""Faults on purpose have the contract's shape, and a lost answer has done its work or not, as asked."""

from __future__ import annotations

import pytest
import requests

from sync.sandbox import faults
from sync.sandbox.groupware import Groupware
from tests.conformance.client import Client, FeedReader, expect, refusal
from tests.conformance.samples import timed
from tests.sandbox.groupware.conftest import SATO

KEY = {"Idempotency-Key": "k-1"}


def test_a_throttled_call_says_when_to_come_back(groupware: Groupware, api: Client) -> None:
    groupware.faults.script("GET /v1/users", faults.throttled(7))
    answer = api.call("GET", "/v1/users")
    refusal(answer, 429, "rate-limited")
    assert answer.headers["Retry-After"] == "7"
    assert api.call("GET", "/v1/users").status_code == 200
    assert groupware.requests.of("GET", "/v1/users", 429) == 1


@pytest.mark.parametrize(
    ("effect", "status", "name"),
    [
        (faults.fail(503, "x"), 503, "unavailable"),
        (faults.fail(500, "x"), 500, "server-error"),
        (faults.expired_token(), 401, "unauthorized"),
    ],
)
def test_a_failed_create_did_nothing(
    groupware: Groupware, api: Client, effect: faults.Effect, status: int, name: str
) -> None:
    groupware.faults.script("POST /v1/events", effect)
    refusal(api.call("POST", "/v1/events", timed(SATO), headers=KEY), status, name)
    assert groupware.events_of(SATO) == []


def test_a_lost_answer_is_given_again(groupware: Groupware, api: Client) -> None:
    for effect, made in ((faults.drop(), 0), (faults.commit_then_drop(), 1), (faults.commit_then_fail(), 1)):
        groupware.faults.script("POST /v1/events", effect)
        try:
            answer = api.call("POST", "/v1/events", timed(SATO), headers=KEY)
            refusal(answer, 503, "unavailable")
        except requests.ConnectionError:
            assert effect.drops
        assert len(groupware.events_of(SATO)) == made
    event = expect(api.call("POST", "/v1/events", timed(SATO), headers=KEY), 201)
    assert [found["id"] for found in groupware.events_of(SATO)] == [event["id"]]


@pytest.mark.parametrize(("status", "code"), faults.LOST_SYNC_STATES)
def test_a_lost_sync_state_is_an_expired_cursor(
    groupware: Groupware, api: Client, status: int, code: str
) -> None:
    cursor = FeedReader(api, SATO).cursor
    groupware.faults.script("GET /v1/changes", faults.sync_state_lost(status, code))
    refusal(api.call("GET", "/v1/changes", params={"cursor": cursor, "user": SATO}), 410, "cursor-expired")


def test_a_storm_of_conflicts_shows_the_event(groupware: Groupware, api: Client) -> None:
    event = api.create(timed(SATO))
    groupware.faults.script("PATCH /v1/events/*", faults.fail(412, "x"), times=2)
    for _ in range(2):
        assert refusal(api.try_patch(event, {"title": "x"}), 412, "version-conflict")["current"] == event
    assert api.patch(event, {"title": "x"})["title"] == "x"


@pytest.mark.parametrize("seed", range(3))
def test_a_patient_reader_survives_a_nasty_groupware(groupware: Groupware, api: Client, seed: int) -> None:
    feed = FeedReader(api, SATO, limit=4)
    made = {api.create(timed(SATO, title=str(number)))["id"] for number in range(12)}
    groupware.faults.become(faults.Faults(seed, faults.Rates(duplicate=0.5, replay=0.5, short_page=0.5)))
    assert set(feed.newest()) == made


def test_pages_and_control_are_left_alone(groupware: Groupware, api: Client) -> None:
    groupware.faults.script("GET *", faults.fail(503, "x"), times=9)
    assert api.session.get(api.base_url + "/").status_code == 200
    assert api.session.get(api.base_url + "/_groupware").status_code == 200
    assert groupware.requests.total == 0
