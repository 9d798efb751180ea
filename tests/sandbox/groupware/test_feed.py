"""The reference groupware's feed over time: what is forgotten, and when."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sync.sandbox.clock import ManualClock
from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.inprocess import InProcess
from tests.conformance.client import Client, FeedReader, expect, refusal
from tests.conformance.contract import Contract
from tests.sandbox.groupware.conftest import SATO, URL

MEETING = {"title": "打合せ", "start": "2026-12-07T10:00:00"}


def read(api: Client, cursor: str, user: str = SATO) -> dict[str, object]:
    return expect(api.call("GET", "/v1/changes", params={"cursor": cursor, "user": user}), 200)


def test_the_administrator_can_expire_every_cursor(groupware: Groupware, api: Client) -> None:
    old = FeedReader(api, SATO)
    groupware.expire_cursors()
    refusal(
        api.call("GET", "/v1/changes", params={"cursor": old.cursor, "user": SATO}), 410, "cursor-expired"
    )
    assert FeedReader(api, SATO).read() == []


def test_tombstones_are_kept_for_thirty_days(groupware: Groupware, api: Client, clock: ManualClock) -> None:
    feed = FeedReader(api, SATO)
    first = feed.cursor
    event = groupware.create(MEETING, by=SATO)
    groupware.delete(event["id"], by=SATO)
    clock.advance(timedelta(days=30))
    groupware.purge()
    assert feed.newest()[event["id"]]["kind"] == "delete"
    clock.advance(timedelta(minutes=1))
    groupware.purge()
    refusal(api.call("GET", "/v1/changes", params={"cursor": first, "user": SATO}), 410, "cursor-expired")
    # A reader who was up to date stays so, however long it is quiet.
    assert read(api, feed.cursor)["items"] == []


def test_an_id_is_free_again_when_its_tombstone_is_forgotten(
    groupware: Groupware, api: Client, clock: ManualClock
) -> None:
    event = groupware.create(MEETING, by=SATO)
    groupware.delete(event["id"], by=SATO)
    body = {**MEETING, "form": "timed", "timeZone": "Asia/Tokyo", "duration": "PT1H", "ownerId": SATO}
    path, fresh = f"/v1/events/{event['id']}", {"If-None-Match": "*"}
    refusal(api.call("PUT", path, body, headers=fresh), 409, "id-reused")
    clock.advance(timedelta(days=31))
    groupware.purge()
    expect(api.call("PUT", path, body, headers=fresh), 201)


def test_entries_of_one_event_are_merged_unless_switched_off(groupware: Groupware, api: Client) -> None:
    cursor = FeedReader(api, SATO).cursor
    event = groupware.create(MEETING, by=SATO)
    for title in ("1", "2", "3"):
        groupware.edit(event["id"], {"title": title}, by=SATO)
    assert len(read(api, cursor)["items"]) == 1  # type: ignore[arg-type]
    groupware.switches.coalesces = False
    assert len(read(api, cursor)["items"]) == 4  # type: ignore[arg-type]


def test_a_refused_write_leaves_no_entry_and_no_gap(groupware: Groupware, api: Client) -> None:
    feed = FeedReader(api, SATO)
    before = groupware.store.sequence()
    event = groupware.create(MEETING, by=SATO)
    refusal(api.try_patch(event, {"timeZone": "Asia/Edo"}), 422, "validation")
    groupware.edit(event["id"], {"title": "x"}, by=SATO)
    assert groupware.store.sequence() == before + 2
    assert [item["seq"] for item in feed.read()] == [before + 2]


def test_a_database_file_remembers_everything(tmp_path: Path, contract: Contract) -> None:
    path = str(tmp_path / "groupware.sqlite")
    with Groupware(path, seed=1) as groupware, client(groupware, contract) as api:
        groupware.add_user("佐藤")
        feed = FeedReader(api, SATO)
        event = groupware.create(MEETING, by=SATO)
    with Groupware(path, seed=1) as groupware, client(groupware, contract) as api:
        feed.client = api
        assert feed.newest()[event["id"]]["version"] == event["version"]
        assert groupware.events_of(SATO) == [event]
        assert groupware.create(MEETING, by=SATO)["id"] != event["id"]


@pytest.mark.parametrize("user", [None, SATO])
def test_a_cursor_of_another_groupware_is_refused(api: Client, contract: Contract, user: str | None) -> None:
    with Groupware(seed=99) as other, client(other, contract) as other_api:
        other.add_user("佐藤")
        cursor = FeedReader(other_api, user).cursor
    params = {"cursor": cursor} | ({"user": user} if user else {})
    refusal(api.call("GET", "/v1/changes", params=params), 410, "cursor-expired")


def client(groupware: Groupware, contract: Contract) -> Client:
    made = Client(URL, TOKEN, contract)
    made.session.mount(URL, InProcess(groupware.app))
    return made
