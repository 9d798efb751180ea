"""A small client of the contract for the checks. Every answer it gets is held against `contract.yaml`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from tests.conformance.contract import PROBLEM, Contract

Json = dict[str, Any]

TIMEOUT = 30.0
# No listing or feed of a test has so many pages; more means that `hasMore` never ends.
MOST_PAGES = 10_000


class Client:
    """Remembers what it created, for `clean_up`. Safe to use from several threads; each has its own session."""

    def __init__(self, base_url: str, token: str | None, contract: Contract) -> None:
        self.base_url, self.token, self.contract = base_url.rstrip("/"), token, contract
        self.created: set[str] = set()
        self.session = requests.Session()
        if "//127.0.0.1" in base_url or "//localhost" in base_url:
            self.session.trust_env = False
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def again(self, token: str | None) -> Client:
        """Another client of the same server."""
        return Client(self.base_url, token, self.contract)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        params: Any = None,
        raw: bytes | None = None,
    ) -> requests.Response:
        sent = {} if body is None and raw is None else {"Content-Type": "application/json"}
        answer = self.session.request(
            method,
            self.base_url + path,
            data=raw if body is None else json.dumps(body),
            headers={**sent, **(headers or {})},
            params=params,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        self.contract.check_answer(method, path, answer)
        return answer

    # --- what a test expects to work ---

    def get(self, event_id: str) -> Json:
        return expect(self.call("GET", f"/v1/events/{event_id}"), 200)

    def create(self, body: Json, origin: str | None = None) -> Json:
        self.contract.check_schema("NewEvent", body)
        headers = {"Idempotency-Key": str(uuid.uuid4())} | ({"X-Sync-Origin": origin} if origin else {})
        event = expect(self.call("POST", "/v1/events", body, headers=headers), 201)
        self.created.add(event["id"])
        return event

    def put(self, event: Json, body: Json) -> Json:
        return expect(self.call("PUT", f"/v1/events/{event['id']}", body, headers=if_match(event)), 200)

    def patch(self, event: Json, changes: Json, origin: str | None = None) -> Json:
        self.contract.check_schema("EventPatch", changes)
        return expect(self.try_patch(event, changes, origin), 200)

    def try_patch(self, event: Json, changes: Json, origin: str | None = None) -> requests.Response:
        headers = if_match(event) | {"Content-Type": "application/merge-patch+json"}
        headers |= {"X-Sync-Origin": origin} if origin else {}
        return self.call("PATCH", f"/v1/events/{event['id']}", changes, headers=headers)

    def delete(self, event: Json) -> None:
        answer = self.call("DELETE", f"/v1/events/{event['id']}", headers=if_match(event))
        assert answer.status_code == 204, answer.text

    def capabilities(self) -> Json:
        return expect(self.call("GET", "/v1/capabilities"), 200)

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Json]:
        """Every item of a paged listing."""
        asked = dict(params or {})
        for _ in range(MOST_PAGES):
            page = expect(self.call("GET", path, params=asked), 200)
            yield from page["items"]
            if not page["hasMore"]:
                assert page["cursor"] is None, "the last page has no cursor"
                return
            assert page["cursor"], "hasMore without a cursor"
            asked["cursor"] = page["cursor"]
        raise AssertionError(f"{path}: hasMore never became false")

    def listing(self, user: str, starts: str, ends: str, **more: Any) -> list[Json]:
        """The user's events in a window; instants with offset."""
        return list(self.pages(f"/v1/users/{user}/events", {"from": starts, "to": ends, **more}))

    def clean_up(self) -> None:
        for event_id in sorted(self.created):
            answer = self.call("GET", f"/v1/events/{event_id}")
            if answer.status_code == 200:
                self.call("DELETE", f"/v1/events/{event_id}", headers=if_match(answer.json()))
        self.created.clear()


class Newest(dict[str, Json]):
    def __missing__(self, event_id: str) -> Json:
        raise AssertionError(f"the feed never showed {event_id}")


class FeedReader:
    """Follows the change feed from the moment it is made. `items` is all it was shown."""

    def __init__(self, client: Client, user: str | None = None, **params: Any) -> None:
        self.client, self._params = client, dict(params) | ({"user": user} if user else {})
        where = {"user": user} if user else None
        self.cursor: str = expect(client.call("GET", "/v1/changes/latest", params=where), 200)["cursor"]
        self.items: list[Json] = []

    def read(self) -> list[Json]:
        """The items up to now; the cursor moves on."""
        found: list[Json] = []
        for _ in range(MOST_PAGES):
            asked = {**self._params, "cursor": self.cursor}
            page = expect(self.client.call("GET", "/v1/changes", params=asked), 200)
            found += page["items"]
            self.cursor = page["cursor"]
            if not page["hasMore"]:
                self.items += found
                return found
        raise AssertionError("the feed's hasMore never became false")

    def newest(self) -> Newest:
        """Reads on; the newest item of each event since this reader was made."""
        self.read()
        return Newest({item["id"]: item for item in self.items})


def if_match(event: Mapping[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{event["version"]}"'}


def expect(answer: requests.Response, status: int) -> Json:
    assert answer.status_code == status, (
        f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}"
    )
    body: Json = answer.json()
    return body


def refusal(answer: requests.Response, status: int, name: str) -> Json:
    """The problem; AssertionError unless it is the named one."""
    problem = expect(answer, status)
    assert problem["type"] == PROBLEM + name, problem
    return problem


def pointers(problem: Json) -> set[str]:
    return {error.get("pointer", "") for error in problem["errors"]}
