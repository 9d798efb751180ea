"""Creating an event exactly once, whatever is repeated."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.conformance.client import Client, expect, if_match, pointers, refusal
from tests.conformance.samples import timed


def post(api: Client, body: object, key: str) -> tuple[int, dict[str, object], bool]:
    answer = api.call("POST", "/v1/events", body, headers={"Idempotency-Key": key})
    if answer.status_code == 201:
        api.created.add(answer.json()["id"])
    return answer.status_code, answer.json(), answer.headers.get("Idempotency-Replayed") == "true"


def test_a_new_event_is_answered_whole_and_can_be_read_again(api: Client, user: str) -> None:
    answer = api.call("POST", "/v1/events", timed(user), headers={"Idempotency-Key": str(uuid.uuid4())})
    event = expect(answer, 201)
    api.created.add(event["id"])
    assert answer.headers["ETag"] == f'"{event["version"]}"'
    assert answer.headers["Location"].endswith(f"/v1/events/{event['id']}")
    assert event["participants"] == [{"userId": user, "response": "none"}]
    assert (event["status"], event["showAs"], event["importance"]) == ("confirmed", "busy", "normal")
    assert (event["visibility"], event["memo"], event["reminders"]) == ("public", "", [])
    assert (event["createdBy"], event["updatedBy"]) == (None, None)
    assert api.get(event["id"]) == event


def test_the_same_key_and_body_give_the_first_answer_again(api: Client, user: str) -> None:
    key, body = str(uuid.uuid4()), timed(user)
    status, first, replayed = post(api, body, key)
    assert (status, replayed) == (201, False)
    assert post(api, dict(reversed(body.items())), key) == (201, first, True)


def test_the_first_answer_is_repeated_after_a_change_and_after_a_deletion(api: Client, user: str) -> None:
    key = str(uuid.uuid4())
    _, first, _ = post(api, timed(user), key)
    changed = api.patch(first, {"title": "changed"})
    assert post(api, timed(user), key) == (201, first, True)
    api.delete(changed)
    assert post(api, timed(user), key) == (201, first, True)
    refusal(api.call("GET", f"/v1/events/{first['id']}"), 404, "not-found")


def test_the_same_key_with_another_body_is_refused(api: Client, user: str) -> None:
    key = str(uuid.uuid4())
    post(api, timed(user), key)
    headers = {"Idempotency-Key": key}
    answer = api.call("POST", "/v1/events", timed(user, title="another"), headers=headers)
    refusal(answer, 422, "idempotency-key-reused")


def test_a_refused_create_does_not_use_up_the_key(api: Client, user: str) -> None:
    key = str(uuid.uuid4())
    assert post(api, timed(user, timeZone="Nowhere/Land"), key)[0] == 422
    assert post(api, timed(user), key)[0] == 201


def test_a_post_without_a_key_is_refused(api: Client, user: str) -> None:
    refusal(api.call("POST", "/v1/events", timed(user)), 400, "idempotency-key-missing")


def test_the_same_post_at_the_same_time_makes_one_event(api: Client, user: str) -> None:
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(api, timed(user), key), range(6)))
    made = {str(body["id"]) for status, body, _ in answers if status == 201}
    assert len(made) == 1
    assert all(status in (201, 409) for status, _, _ in answers)


def test_a_uid_belongs_to_one_event_at_a_time(api: Client, user: str) -> None:
    uid = f"{uuid.uuid4()}@conformance.example"
    first = api.create(timed(user, uid=uid))
    assert first["uid"] == uid
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    problem = refusal(
        api.call("POST", "/v1/events", timed(user, uid=uid), headers=headers), 409, "uid-conflict"
    )
    assert problem["existingId"] == first["id"]
    api.delete(first)
    assert api.create(timed(user, uid=uid))["id"] != first["id"]


def test_a_uid_cannot_be_changed_later(api: Client, user: str) -> None:
    event = api.create(timed(user))
    problem = refusal(api.try_patch(event, {"uid": "other@conformance.example"}), 422, "read-only-field")
    assert pointers(problem) == {"/uid"}


def test_a_client_may_choose_the_id(api: Client, user: str) -> None:
    event_id = f"c-{uuid.uuid4()}"
    path, fresh = f"/v1/events/{event_id}", {"If-None-Match": "*"}
    event = expect(api.call("PUT", path, timed(user), headers=fresh), 201)
    api.created.add(event["id"])
    assert event["id"] == event_id
    problem = refusal(api.call("PUT", path, timed(user), headers=fresh), 412, "version-conflict")
    assert problem["current"] == event
    api.delete(event)
    refusal(api.call("PUT", path, timed(user), headers=fresh), 409, "id-reused")


def test_events_are_found_by_id_and_by_uid(api: Client, user: str) -> None:
    one, two, three = (api.create(timed(user, title=title)) for title in ("1", "2", "3"))
    api.delete(three)
    params = [
        ("id", one["id"]),
        ("id", "no-such-event"),
        ("id", three["id"]),
        ("uid", two["uid"]),
        ("uid", one["uid"]),
    ]
    found = expect(api.call("GET", "/v1/events", params=params), 200)["items"]
    assert sorted(found, key=lambda event: str(event["title"])) == [one, two]


def test_asking_for_no_event_or_too_many_is_refused(api: Client) -> None:
    refusal(api.call("GET", "/v1/events"), 422, "validation")
    many = [("id", f"e{number}") for number in range(101)]
    refusal(api.call("GET", "/v1/events", params=many), 422, "validation")


def test_a_deleted_event_is_gone(api: Client, user: str) -> None:
    event = api.create(timed(user))
    api.delete(event)
    path = f"/v1/events/{event['id']}"
    refusal(api.call("GET", path), 404, "not-found")
    refusal(api.call("DELETE", path, headers=if_match(event)), 404, "not-found")
    refusal(api.try_patch(event, {"title": "x"}), 404, "not-found")
