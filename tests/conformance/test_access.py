"""Who has no right is refused, and nothing is written."""

from __future__ import annotations

import uuid

import pytest

from tests.conformance.client import Client, if_match, refusal
from tests.conformance.samples import timed

PATHS = [
    "/v1/capabilities",
    "/v1/users",
    "/v1/facilities",
    "/v1/event-types",
    "/v1/organizations",
    "/v1/events/e-1",
    "/v1/changes/latest",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_reader_without_a_valid_token_is_refused(api: Client, path: str, token: str | None) -> None:
    with api.again(token) as stranger:
        answer = stranger.call("GET", path)
    refusal(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_another_scheme_is_refused(api: Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {api.token}".strip()}
    with api.again(None) as stranger:
        refusal(stranger.call("GET", "/v1/capabilities", headers=headers), 401, "unauthorized")


def test_a_writer_without_a_valid_token_writes_nothing(api: Client, user: str) -> None:
    event = api.create(timed(user))
    with api.again("wrong") as stranger:
        keyed = {"Idempotency-Key": str(uuid.uuid4())}
        refusal(stranger.call("POST", "/v1/events", timed(user), headers=keyed), 401, "unauthorized")
        path = f"/v1/events/{event['id']}"
        refusal(stranger.call("PUT", path, timed(user), headers=if_match(event)), 401, "unauthorized")
        refusal(stranger.call("DELETE", path, headers=if_match(event)), 401, "unauthorized")
    assert api.get(event["id"]) == event


def test_a_token_that_may_only_read_does_not_write(api: Client, reader: Client, user: str) -> None:
    event = api.create(timed(user))
    assert reader.get(event["id"]) == event
    keyed = {"Idempotency-Key": str(uuid.uuid4())}
    answers = [
        reader.call("POST", "/v1/events", timed(user), headers=keyed),
        reader.try_patch(event, {"title": "x"}),
        reader.call("DELETE", f"/v1/events/{event['id']}", headers=if_match(event)),
    ]
    for answer in answers:
        assert refusal(answer, 403, "not-permitted")["requiredScope"] == "schedule.write"
    assert api.get(event["id"]) == event


def test_a_token_without_the_directory_scope_sees_no_people(reader: Client) -> None:
    assert refusal(reader.call("GET", "/v1/users"), 403, "not-permitted")["requiredScope"] == "directory.read"
    assert reader.capabilities()["scopes"] == ["schedule.read"]
