"""Capabilities, people, facilities and event types."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client, refusal

LISTINGS = ["/v1/users", "/v1/organizations", "/v1/facilities", "/v1/event-types"]


def test_capabilities_announce_what_every_client_needs(api: Client) -> None:
    capabilities = api.capabilities()
    assert {"timed", "allDay"} <= set(capabilities["forms"])
    assert "confirmed" in capabilities["statuses"]
    assert {"directory.read", "schedule.read", "schedule.write"} <= set(capabilities["scopes"])
    limits = capabilities["limits"]
    assert limits["pageSizeDefault"] <= limits["pageSizeMax"]


@pytest.mark.parametrize("path", LISTINGS)
def test_small_pages_lose_nobody(api: Client, path: str) -> None:
    whole = [entry["id"] for entry in api.pages(path)]
    one_by_one = [entry["id"] for entry in api.pages(path, {"limit": 1})]
    assert one_by_one == whole
    assert len(set(whole)) == len(whole)


@pytest.mark.parametrize("path", LISTINGS)
def test_a_limit_above_the_maximum_is_taken_as_the_maximum(api: Client, path: str) -> None:
    assert api.call("GET", path, params={"limit": 10_000_000}).status_code == 200


@pytest.mark.parametrize("limit", ["0", "-1", "many", ""])
def test_a_limit_that_is_no_positive_number_is_refused(api: Client, limit: str) -> None:
    problem = refusal(api.call("GET", "/v1/users", params={"limit": limit}), 422, "validation")
    assert problem["errors"][0]["parameter"] == "limit"


def test_a_page_cursor_that_nobody_gave_out_is_refused(api: Client) -> None:
    refusal(api.call("GET", "/v1/users", params={"cursor": "never-seen"}), 410, "cursor-expired")
