"""calendarView/delta: section 5 of the reference."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from sync.sandbox.faults import LOST_SYNC_STATES, Faults, Shape, shaped, sync_state_lost
from sync.sandbox.microsoft365.rounds import GENERATIONS_KEPT
from tests.sandbox.microsoft365.world import GRAPH, IMMUTABLE, TOKYO, WINDOW, World, moment, refusal, shown

DELTA = "GET */calendarView/delta"
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["thursday"], "firstDayOfWeek": "monday"},
    "range": {"type": "numbered", "startDate": "2026-09-10", "numberOfOccurrences": 3},
}


@pytest.fixture
def world() -> World:
    return World()


def fill(world: World, number: int) -> list[str]:
    first = datetime(2026, 9, 2, tzinfo=UTC)
    return [
        world.mailbox.create(
            subject=f"e{n}", start=first + timedelta(hours=n), end=first + timedelta(hours=n + 1)
        )
        for n in range(number)
    ]


def test_the_first_round_is_everything_in_the_window_with_bodies(world: World) -> None:
    inside = world.create(body={"contentType": "html", "content": "<p>a</p>"}, transactionId="t1")
    world.create(start=moment("2027-01-01T10:00:00"), end=moment("2027-01-01T11:00:00"))
    items, _ = world.round()
    assert [item["id"] for item in items] == [inside["id"]]
    assert items[0]["@odata.type"] == "#microsoft.graph.event"
    assert "<p>a</p>" in items[0]["body"]["content"]
    assert items[0]["transactionId"] == "t1"
    assert "singleValueExtendedProperties" not in items[0]


def test_a_round_ends_with_exactly_one_kind_of_link_on_the_host_that_was_asked(world: World) -> None:
    fill(world, 5)
    pages = world.pages(f"{world.view}/delta?{WINDOW}", size=2)
    assert [len(page["value"]) for page in pages] == [2, 2, 1]
    for page in pages:
        links = [page[name] for name in ("@odata.nextLink", "@odata.deltaLink") if name in page]
        assert len(links) == 1
        assert links[0].startswith(f"{GRAPH}{world.view}/delta?$")
    assert "$skiptoken=" in pages[0]["@odata.nextLink"]
    assert "$deltatoken=" in pages[-1]["@odata.deltaLink"]
    assert len(pages[-1]["@odata.deltaLink"]) > 300


def test_the_answer_says_that_changes_are_tracked(world: World) -> None:
    answer = world.get(f"{world.view}/delta?{WINDOW}", "odata.maxpagesize=7")
    assert answer.headers["Preference-Applied"].startswith("odata.track-changes, odata.maxpagesize=7")


def test_the_next_round_holds_creates_changes_and_own_writes(world: World) -> None:
    kept, changed = world.create(), world.create()
    _, link = world.round()
    world.change(changed["id"], subject="new")
    added = world.create()
    items, link = world.round(link)
    assert {item["id"] for item in items} == {changed["id"], added["id"]}
    assert kept["id"] not in str(items)
    assert world.round(link)[0] == []


def test_a_deleted_event_is_a_tombstone(world: World) -> None:
    event = world.create()
    _, link = world.round()
    world.mailbox.delete(event["id"])
    tombstone = {
        "@odata.type": "#microsoft.graph.event",
        "id": event["id"],
        "@removed": {"reason": "deleted"},
    }
    assert world.round(link)[0] == [tombstone]


def test_an_event_that_leaves_the_window_is_a_tombstone_and_still_there(world: World) -> None:
    event = world.create()
    _, link = world.round()
    world.mailbox.edit(event["id"], start="2027-01-01T09:00", end="2027-01-01T10:00")
    assert world.round(link)[0][0]["@removed"] == {"reason": "deleted"}
    assert world.read(event["id"])["id"] == event["id"]


def test_events_outside_the_window_are_tombstones_of_unknown_ids(world: World) -> None:
    _, link = world.round()
    far = {"start": "2027-01-01T09:00", "end": "2027-01-01T10:00"}
    created = world.mailbox.create(**far)
    items, link = world.round(link)
    assert [item["id"] for item in items] == [created]
    assert "@removed" in items[0]
    world.mailbox.edit(created, subject="x")
    assert "@removed" in world.round(link)[0][0]


def test_an_event_that_enters_the_window_is_an_ordinary_item(world: World) -> None:
    event_id = world.mailbox.create(start="2027-01-01T09:00", end="2027-01-01T10:00")
    _, link = world.round()
    world.mailbox.edit(event_id, start="2026-09-03T09:00", end="2026-09-03T10:00")
    items, _ = world.round(link)
    assert [(item["id"], "@removed" in item) for item in items] == [(event_id, False)]


def test_a_move_to_another_calendar_is_a_tombstone_here_and_an_item_there(world: World) -> None:
    event = world.create()
    other = world.mailbox.add_calendar("個人")
    there = f"/users/{world.user.id}/calendars/{other.id}/calendarView/delta?{WINDOW}"
    _, link = world.round()
    _, other_link = world.round(there)
    classic = world.read(event["id"], prefer="")["id"]
    world.mailbox.move(event["id"], other.id)
    assert "@removed" in world.round(link)[0][0]
    assert world.round(other_link)[0][0]["subject"] == "打合せ"
    tombstone = world.pages(link, prefer="")[0]["value"][0]
    assert tombstone["id"] == classic


def test_a_no_edit_bump_is_sent_again(world: World) -> None:
    event = world.create()
    _, link = world.round()
    world.mailbox.bump(event["id"])
    items, _ = world.round(link)
    assert items[0]["subject"] == event["subject"]
    assert items[0]["changeKey"] != event["changeKey"]


def test_page_size_id_form_and_zone_are_not_remembered(world: World) -> None:
    fill(world, 25)
    first = shown(
        world.get(
            f"{world.view}/delta?{WINDOW}", f'odata.maxpagesize=3, {IMMUTABLE}, outlook.timezone="{TOKYO}"'
        )
    )
    second = shown(world.get(first["@odata.nextLink"], prefer=""))
    assert (len(first["value"]), len(second["value"])) == (3, 10)
    assert (len(first["value"][0]["id"]), len(second["value"][0]["id"])) == (72, 152)
    assert (first["value"][0]["start"]["timeZone"], second["value"][0]["start"]["timeZone"]) == (TOKYO, "UTC")


def test_dates_added_to_a_link_are_ignored(world: World) -> None:
    _, link = world.round()
    world.mailbox.create(start="2027-01-01T09:00", end="2027-01-01T10:00")
    wider = f"{link}&startDateTime=2026-01-01T00:00:00Z&endDateTime=2028-01-01T00:00:00Z"
    assert "@removed" in world.round(wider)[0][0]


@pytest.mark.parametrize(
    "option", ["$select=id", "$filter=subject eq 'a'", "$expand=attachments", "$orderby=subject", "$search=a"]
)
def test_query_options_are_refused(world: World, option: str) -> None:
    answer = world.get(f"{world.view}/delta?{WINDOW}&{option}")
    assert refusal(answer) == (400, "ErrorInvalidRequest")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("", (400, "ErrorInvalidParameter")),
        ("startDateTime=2026-08-01T00:00:00Z", (400, "ErrorInvalidParameter")),
        ("startDateTime=2026-08-01T00:00:00Z&endDateTime=tomorrow", (400, "ErrorInvalidParameter")),
        (
            "startDateTime=2026-08-01T00:00:00+09:00&endDateTime=2026-09-01T00:00:00Z",
            (400, "ErrorInvalidParameter"),
        ),
        (
            "startDateTime=2026-08-02T00:00:00Z&endDateTime=2026-08-01T00:00:00Z",
            (400, "ErrorInvalidParameter"),
        ),
        ("startDateTime=2020-01-01T00:00:00Z&endDateTime=2025-01-01T00:00:00Z", (400, "ErrorInvalidRequest")),
    ],
)
def test_windows_that_are_refused(world: World, window: str, expected: tuple[int, str]) -> None:
    for path in (world.view, f"{world.view}/delta"):
        assert refusal(world.get(f"{path}?{window}")) == expected


def test_a_used_delta_link_works_again_with_the_same_or_newer_changes(world: World) -> None:
    _, link = world.round()
    first = world.create()
    once, after = world.round(link)
    again, same = world.round(link)
    assert (once, after) == (again, same)
    second = world.create()
    newer, _ = world.round(link)
    assert {item["id"] for item in newer} == {first["id"], second["id"]}
    assert [item["id"] for item in world.round(after)[0]] == [second["id"]]


def test_a_change_during_a_round_is_in_that_round_or_the_next(world: World) -> None:
    ids = fill(world, 4)
    page = shown(world.get(f"{world.view}/delta?{WINDOW}", f"odata.maxpagesize=2, {IMMUTABLE}"))
    world.mailbox.edit(ids[0], subject="late")
    world.mailbox.delete(ids[3])
    rest, link = world.round(page["@odata.nextLink"])
    assert [("@removed" in item) for item in rest] == [False, True]
    after, _ = world.round(link)
    assert {item["id"] for item in after} == {ids[0], ids[3]}


def test_old_generations_die(world: World) -> None:
    _, oldest = world.round()
    link = oldest
    for _ in range(GENERATIONS_KEPT - 1):
        world.create()
        _, link = world.round(link)
    assert world.get(oldest).status_code == 200
    world.create()
    world.round(link)
    answer = world.get(oldest)
    assert refusal(answer) == (410, "SyncStateNotFound")
    assert "startDateTime=2026-08-01" in answer.headers["Location"]
    assert world.round(answer.headers["Location"])[0]


def test_an_idle_mailbox_never_loses_its_link(world: World) -> None:
    _, link = world.round()
    for _ in range(3 * GENERATIONS_KEPT):
        assert world.round(link)[0] == []


def test_expired_sync_state_answers_410_until_a_fresh_round(world: World) -> None:
    world.create()
    _, link = world.round()
    world.tenant.expire_sync_state(world.user.id)
    assert refusal(world.get(link)) == (410, "SyncStateNotFound")
    assert refusal(world.get(link)) == (410, "SyncStateNotFound")
    items, link = world.round()
    assert len(items) == 1
    assert world.round(link)[0] == []


@pytest.mark.parametrize(("status", "code"), LOST_SYNC_STATES)
def test_the_other_ways_a_link_dies_come_by_fault(world: World, status: int, code: str) -> None:
    _, link = world.round()
    world.tenant.faults.script(DELTA, sync_state_lost(status, code))
    assert refusal(world.get(link)) == (status, code)


def test_a_damaged_token_or_one_of_another_mailbox_is_malformed(world: World) -> None:
    other = world.tenant.add_user("hanako@example.com")
    _, link = world.round()
    assert refusal(world.get(link[:-5])) == (400, "ErrorInvalidIdMalformed")
    assert refusal(world.get(link.replace(world.user.id, other.id))) == (400, "ErrorInvalidIdMalformed")


def test_a_series_is_its_master_and_skeletons(world: World) -> None:
    master = world.create(recurrence=WEEKLY)
    items, link = world.round()
    assert [item["type"] for item in items] == ["seriesMaster", "occurrence", "occurrence", "occurrence"]
    skeleton = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}
    assert set(items[1]) == skeleton
    assert items[1]["seriesMasterId"] == master["id"]
    assert items[1]["@odata.etag"] == items[0]["@odata.etag"]
    world.call("DELETE", f"{world.events}/{items[2]['id']}")
    again, _ = world.round(link)
    assert [item["id"] for item in again] == [items[0]["id"], items[1]["id"], items[3]["id"]]


def test_a_deleted_series_has_one_tombstone(world: World) -> None:
    master = world.create(recurrence=WEEKLY)
    _, link = world.round()
    world.mailbox.delete(master["id"])
    assert [item["id"] for item in world.round(link)[0]] == [master["id"]]


def test_all_day_events_count_with_their_instants(world: World) -> None:
    world.mailbox.create(subject="before", start=date(2026, 7, 31), end=date(2026, 8, 1))
    world.mailbox.create(subject="edge", start=date(2026, 8, 1), end=date(2026, 8, 2))
    items, _ = world.round()
    assert [item["subject"] for item in items] == ["edge"]


# The oddities, one by one.


def scripted(shape: Shape, number: int = 6) -> tuple[World, list[str]]:
    world = World()
    ids = fill(world, number)
    world.tenant.faults.script(DELTA, shaped(shape))
    return world, ids


def test_the_first_page_may_be_empty() -> None:
    world, ids = scripted(Shape.EMPTY_FIRST_PAGE)
    pages = world.pages(f"{world.view}/delta?{WINDOW}")
    assert [len(page["value"]) for page in pages] == [0, len(ids)]


def test_an_item_may_come_twice() -> None:
    world, ids = scripted(Shape.DUPLICATE)
    seen = Counter(item["id"] for item in world.round()[0])
    assert set(seen) == set(ids)
    assert max(seen.values()) == 2


def test_the_order_is_not_defined() -> None:
    world, ids = scripted(Shape.REORDER)
    seen = [item["id"] for item in world.round()[0]]
    assert seen != ids
    assert sorted(seen) == sorted(ids)


def test_pages_may_be_smaller_than_asked() -> None:
    sizes = set()
    for seed in range(5):
        world = World(faults=Faults(seed))
        fill(world, 6)
        world.tenant.faults.script(DELTA, shaped(Shape.SHORT_PAGE))
        sizes.add(len(world.pages(f"{world.view}/delta?{WINDOW}")[0]["value"]))
    assert len(sizes) > 1


def test_older_items_and_tombstones_may_be_replayed_after_a_delta_link() -> None:
    world = World()
    ids = fill(world, 6)
    world.mailbox.delete(ids[0])
    _, link = world.round()
    world.tenant.faults.script(DELTA, shaped(Shape.REPLAY))
    items, link = world.round(link)
    assert {item["id"] for item in items} <= set(ids)
    assert [item["id"] for item in items if "@removed" in item] == [ids[0]]
    assert len(items) == 4
    assert world.round(link)[0] == []


def test_bumps_come_by_themselves() -> None:
    world = World()
    fill(world, 3)
    _, link = world.round()
    world.tenant.faults.script(DELTA, shaped(Shape.BUMP))
    assert len(world.round(link)[0]) == 2


def test_a_change_may_show_up_one_round_late() -> None:
    world = World()
    _, link = world.round()
    event = world.create()
    world.tenant.faults.script(DELTA, shaped(Shape.LATE_CHANGE))
    items, link = world.round(link)
    assert items == []
    items, link = world.round(link)
    assert [item["id"] for item in items] == [event["id"]]
    assert world.round(link)[0] == []


def test_the_type_annotation_may_be_absent() -> None:
    world, _ = scripted(Shape.TYPE_ABSENT)
    assert all("@odata.type" not in item for item in world.round()[0])


@pytest.mark.parametrize("seed", range(8))
def test_under_constant_nastiness_an_upsert_client_ends_with_the_truth(seed: int) -> None:
    """What section 5 promises a client that applies items as upserts, the last one winning."""
    world = World(faults=Faults.nasty(seed, retry_after=0), seed=seed)
    chance = world.tenant.faults.random
    ids = fill(world, 12)
    known: dict[str, str] = {}
    link = ""
    for step in range(6):
        items, link = patient_round(world, link)
        for item in items:
            if "@removed" in item:
                known.pop(item["id"], None)
            else:
                known[item["id"]] = item["subject"]
        truth = {event_id: event["subject"] for event_id, event in world.mailbox.snapshot().items()}
        assert known == truth
        world.mailbox.edit(chance.choice(ids), subject=f"step {step}")
        world.mailbox.delete(ids.pop())
        ids += fill(world, 1)


def patient_round(world: World, url: str) -> tuple[list[dict[str, str]], str]:
    """Repeats what is answered 429 or 503."""
    url, found = url or f"{world.view}/delta?{WINDOW}", []
    while True:
        answer = world.get(url, f"odata.maxpagesize=5, {IMMUTABLE}")
        if answer.status_code in (429, 503):
            assert answer.headers["Retry-After"] == "0"
            continue
        page = shown(answer)
        found += page["value"]
        if "@odata.deltaLink" in page:
            return found, page["@odata.deltaLink"]
        url = page["@odata.nextLink"]


def test_each_calendar_is_tracked_on_its_own() -> None:
    world = World()
    other = world.mailbox.add_calendar("個人")
    event_id = world.mailbox.create(calendar=other.id, start="2026-09-03T09:00", end="2026-09-03T10:00")
    items, link = world.round()
    assert items == []
    world.mailbox.edit(event_id, subject="x")
    assert world.round(link)[0] == []
