"""How long a create is remembered, and what a second request sees meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from sync.sandbox.clock import ManualClock
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.groupware.access import SCOPES
from sync.sandbox.inprocess import InProcess
from tests.conformance.client import Client, expect, refusal
from tests.conformance.contract import Contract
from tests.conformance.samples import timed
from tests.sandbox.groupware.conftest import SATO, URL

KEY = {"Idempotency-Key": "k-1"}


def test_a_key_is_remembered_for_a_day(groupware: Groupware, api: Client, clock: ManualClock) -> None:
    first = expect(api.call("POST", "/v1/events", timed(SATO), headers=KEY), 201)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert expect(api.call("POST", "/v1/events", timed(SATO), headers=KEY), 201) == first
    clock.advance(timedelta(seconds=2))
    assert expect(api.call("POST", "/v1/events", timed(SATO), headers=KEY), 201)["id"] != first["id"]


def test_a_second_request_while_the_first_runs_is_told_to_wait(
    api: Client, groupware: Groupware, monkeypatch: pytest.MonkeyPatch
) -> None:
    second: list[requests.Response] = []

    def meanwhile(uid: str) -> None:
        second.append(api.call("POST", "/v1/events", timed(SATO), headers=KEY))

    monkeypatch.setattr(groupware.schedule, "_refuse_used_uid", meanwhile)
    first = expect(api.call("POST", "/v1/events", timed(SATO), headers=KEY), 201)
    refusal(second[0], 409, "idempotency-in-progress")
    assert second[0].headers["Retry-After"] == "1"
    assert [event["id"] for event in groupware.events_of(SATO)] == [first["id"]]


def test_a_key_belongs_to_its_client(contract: Contract) -> None:
    made = set()
    with Groupware(tokens={TOKEN: SCOPES, "second": SCOPES}) as groupware:
        groupware.add_user("佐藤")
        for token in (TOKEN, "second"):
            with Client(URL, token, contract) as client:
                client.session.mount(URL, InProcess(groupware.app))
                made.add(expect(client.call("POST", "/v1/events", timed(SATO), headers=KEY), 201)["id"])
    assert len(made) == 2
