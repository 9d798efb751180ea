"""Nobody overwrites what he has not seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.conformance.client import Client, expect, if_match, pointers, refusal
from tests.conformance.samples import timed

MERGE = {"Content-Type": "application/merge-patch+json"}
WRITES = ["PUT", "PATCH", "DELETE"]


def write(api: Client, method: str, event_id: str, user: str, headers: dict[str, str]) -> requests.Response:
    body = {"PUT": timed(user, title="put"), "PATCH": {"title": "patched"}, "DELETE": None}[method]
    headers = headers | (MERGE if method == "PATCH" else {})
    return api.call(method, f"/v1/events/{event_id}", body, headers=headers)


@pytest.mark.parametrize("method", WRITES)
def test_a_write_without_a_version_is_refused(api: Client, user: str, method: str) -> None:
    event = api.create(timed(user))
    refusal(write(api, method, event["id"], user, {}), 428, "precondition-required")
    assert api.get(event["id"]) == event


@pytest.mark.parametrize("method", WRITES)
def test_a_write_with_an_old_version_is_refused_and_shows_the_event(
    api: Client, user: str, method: str
) -> None:
    event = api.create(timed(user))
    newer = api.patch(event, {"title": "newer"})
    assert newer["version"] != event["version"]
    answer = write(api, method, event["id"], user, if_match(event))
    problem = refusal(answer, 412, "version-conflict")
    assert problem["current"] == newer
    assert api.get(event["id"]) == newer


def test_of_writers_with_the_same_version_exactly_one_wins(api: Client, user: str) -> None:
    event = api.create(timed(user))
    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            attempts = [pool.submit(api.try_patch, event, {"title": f"writer {n}"}) for n in range(8)]
        answers = [attempt.result() for attempt in attempts]
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
        event = api.get(event["id"])


def test_the_etag_is_the_version(api: Client, user: str) -> None:
    event = api.create(timed(user))
    answer = api.call("GET", f"/v1/events/{event['id']}")
    assert answer.headers["ETag"] == f'"{event["version"]}"'
    conditional = {"If-None-Match": answer.headers["ETag"]}
    assert api.call("GET", f"/v1/events/{event['id']}", headers=conditional).status_code in (200, 304)


def test_put_replaces_what_it_does_not_name_with_defaults(api: Client, user: str) -> None:
    event = api.create(timed(user, memo="memo", place="place", extensions={"vendor.example": {"a": 1}}))
    replaced = api.put(event, timed(user, title="only this"))
    assert (replaced["title"], replaced["memo"], replaced["place"]) == ("only this", "", "")
    assert replaced["extensions"] == {}
    assert (replaced["id"], replaced["uid"], replaced["createdAt"]) == (
        event["id"],
        event["uid"],
        event["createdAt"],
    )


def test_what_was_read_can_be_sent_back(api: Client, user: str) -> None:
    event = api.create(timed(user, memo="memo"))
    again = api.put(event, {**event, "title": "new"})
    stamps = {"version", "updatedAt", "title"}
    assert {n: v for n, v in again.items() if n not in stamps} == {
        n: v for n, v in event.items() if n not in stamps
    }


def test_a_read_only_field_cannot_be_changed(api: Client, user: str) -> None:
    event = api.create(timed(user))
    body = {**event, "createdAt": "2001-01-01T00:00:00.000Z"}
    answer = api.call("PUT", f"/v1/events/{event['id']}", body, headers=if_match(event))
    assert pointers(refusal(answer, 422, "read-only-field")) == {"/createdAt"}


def test_a_minimal_answer_has_the_new_version(api: Client, user: str) -> None:
    event = api.create(timed(user))
    headers = if_match(event) | MERGE | {"Prefer": "return=minimal"}
    answer = api.call("PATCH", f"/v1/events/{event['id']}", {"title": "x"}, headers=headers)
    # A preference may be ignored (RFC 7240 2).
    assert answer.status_code in (200, 204)
    assert answer.headers["ETag"] == f'"{api.get(event["id"])["version"]}"'


def test_two_conditions_at_once_are_refused(api: Client, user: str) -> None:
    event = api.create(timed(user))
    headers = if_match(event) | {"If-None-Match": "*"}
    refusal(
        api.call("PUT", f"/v1/events/{event['id']}", timed(user), headers=headers),
        428,
        "precondition-required",
    )


def test_put_on_an_unknown_id_with_a_version_finds_nothing(api: Client, user: str) -> None:
    answer = api.call("PUT", "/v1/events/no-such-event", timed(user), headers={"If-Match": '"1"'})
    refusal(answer, 404, "not-found")


def test_a_patch_in_the_wrong_media_type_is_refused(api: Client, user: str) -> None:
    event = api.create(timed(user))
    answer = api.call("PATCH", f"/v1/events/{event['id']}", {"title": "x"}, headers=if_match(event))
    refusal(answer, 415, "unsupported-media-type")
    assert expect(api.call("GET", f"/v1/events/{event['id']}"), 200) == event
