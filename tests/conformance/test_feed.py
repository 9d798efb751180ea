"""The change feed: everything once at least, in the order of the commits, one person at a time if asked."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client, FeedReader, expect, refusal
from tests.conformance.samples import timed

MARCH = ("2097-03-01T00:00:00Z", "2097-04-01T00:00:00Z")


def test_a_life_of_an_event(api: Client, user: str) -> None:
    feed = FeedReader(api)
    event = api.create(timed(user))
    created = feed.newest()[event["id"]]
    assert (created["kind"], created["version"]) == ("upsert", event["version"])
    assert created["affectedUserIds"] == [user]
    changed = api.patch(event, {"title": "new"})
    assert feed.newest()[event["id"]]["version"] == changed["version"]
    api.delete(changed)
    tombstone = feed.newest()[event["id"]]
    assert tombstone["kind"] == "delete"
    assert tombstone["affectedUserIds"] == [user]
    assert tombstone["version"] not in (event["version"], changed["version"])


def test_the_writer_finds_its_own_name(api: Client, user: str) -> None:
    feed = FeedReader(api)
    mine = api.create(timed(user), origin="conformance-1")
    nobodys = api.create(timed(user))
    newest = feed.newest()
    assert newest[mine["id"]]["originClientId"] == "conformance-1"
    assert newest[nobodys["id"]]["originClientId"] is None
    api.patch(mine, {"title": "x"}, origin="conformance-2")
    assert feed.newest()[mine["id"]]["originClientId"] == "conformance-2"


def test_a_quiet_feed_ends(api: Client, user: str) -> None:
    feed = FeedReader(api, user)
    feed.read()
    feed.read()
    assert feed.cursor


def test_an_upsert_carries_the_event_if_asked(api: Client, user: str) -> None:
    feed = FeedReader(api, user, embed="event")
    kept, deleted = api.create(timed(user, title="kept")), api.create(timed(user, title="deleted"))
    kept = api.patch(kept, {"memo": "newest"})
    api.delete(deleted)
    newest = feed.newest()
    assert newest[kept["id"]]["event"] == kept
    assert newest[deleted["id"]]["kind"] == "delete"


def test_no_event_is_carried_unless_asked(api: Client, user: str) -> None:
    feed = FeedReader(api, user)
    event = api.create(timed(user))
    assert not feed.newest()[event["id"]].get("event")


def test_one_item_a_page_loses_nothing(api: Client, user: str) -> None:
    feed = FeedReader(api, user, limit=1)
    events = [api.create(timed(user, title=str(number))) for number in range(5)]
    newest = feed.newest()
    assert {event["id"]: event["version"] for event in events}.items() <= {
        item["id"]: item["version"] for item in newest.values()
    }.items()


def test_a_removed_participant_sees_a_deletion(api: Client, user: str, other: str) -> None:
    mine, theirs, whole = FeedReader(api, user), FeedReader(api, other), FeedReader(api)
    event = api.create(timed(user, participants=[{"userId": user}, {"userId": other}]))
    assert theirs.newest()[event["id"]]["kind"] == "upsert"
    left = api.patch(event, {"participants": [{"userId": user}]})
    item = theirs.newest()[event["id"]]
    assert (item["kind"], item["version"]) == ("delete", left["version"])
    assert set(item["affectedUserIds"]) == {user, other}
    assert mine.newest()[event["id"]]["kind"] == "upsert"
    assert whole.newest()[event["id"]]["kind"] == "upsert"
    api.patch(left, {"participants": [{"userId": user}, {"userId": other}]})
    assert theirs.newest()[event["id"]]["kind"] == "upsert"


def test_a_person_sees_only_the_own_schedule(api: Client, user: str, other: str) -> None:
    feed = FeedReader(api, other)
    event = api.create(timed(user))
    api.delete(api.patch(event, {"title": "x"}))
    assert event["id"] not in feed.newest()


def test_a_listing_shows_what_the_cursor_already_counts(api: Client, user: str) -> None:
    for number in range(3):
        event = api.create(timed(user, title=str(number)))
        FeedReader(api, user)
        assert event in api.listing(user, *MARCH)


def test_a_cursor_taken_before_a_listing_misses_nothing(api: Client, user: str) -> None:
    before = api.create(timed(user, title="before"))
    feed = FeedReader(api, user)
    during = api.create(timed(user, title="during"))
    listed = {event["id"]: event for event in api.listing(user, *MARCH)}
    before_changed = api.patch(before, {"title": "changed after"})
    after = api.create(timed(user, title="after"))
    known = {id_: event["version"] for id_, event in listed.items()}
    known |= {item["id"]: item["version"] for item in feed.newest().values() if item["kind"] == "upsert"}
    for event in (before_changed, during, after):
        assert known[event["id"]] == event["version"]


def test_reading_from_the_same_cursor_again_gives_the_same_again(api: Client, user: str) -> None:
    feed = FeedReader(api, user)
    cursor = feed.cursor
    event = api.create(timed(user))
    assert event["id"] in {item["id"] for item in feed.read()}
    feed.cursor = cursor
    assert event["id"] in {item["id"] for item in feed.read()}


@pytest.mark.parametrize("cursor", ["never-seen", "0", "AAAA", "MTIz"])
def test_a_cursor_that_nobody_gave_out_is_refused(api: Client, user: str, cursor: str) -> None:
    for params in ({"cursor": cursor}, {"cursor": cursor, "user": user}):
        refusal(api.call("GET", "/v1/changes", params=params), 410, "cursor-expired")


def test_a_cursor_belongs_to_the_person_it_was_made_for(api: Client, user: str, other: str) -> None:
    cursor = FeedReader(api, user).cursor
    refusal(api.call("GET", "/v1/changes", params={"cursor": cursor, "user": other}), 410, "cursor-expired")
    refusal(api.call("GET", "/v1/changes", params={"cursor": cursor}), 410, "cursor-expired")


def test_a_feed_without_a_cursor_is_refused(api: Client) -> None:
    problem = refusal(api.call("GET", "/v1/changes"), 422, "validation")
    assert problem["errors"][0]["parameter"] == "cursor"


def test_items_come_in_the_order_of_the_commits(api: Client, user: str) -> None:
    feed = FeedReader(api, user)
    events = [api.create(timed(user, title=str(number))) for number in range(4)]
    made = [event["id"] for event in events]
    # Repetitions are allowed: the last place of each counts.
    order = {item["id"]: place for place, item in enumerate(feed.read())}
    assert sorted(made, key=lambda id_: order[id_]) == made
    page = expect(api.call("GET", "/v1/changes", params={"cursor": feed.cursor, "user": user}), 200)
    assert page["hasMore"] is False
