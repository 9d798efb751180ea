"""The conformance suite is worth something only if it is seen to fail: each mistake turns one named check red."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox.groupware import Groupware
from sync.sandbox.inprocess import InProcess
from tests.conformance import test_access as access
from tests.conformance import test_concurrency as concurrency
from tests.conformance import test_create as create
from tests.conformance import test_directory as directory
from tests.conformance import test_facilities as facilities
from tests.conformance import test_feed as feed
from tests.conformance import test_listing as listing
from tests.conformance import test_participants as participants
from tests.conformance import test_patch as patching
from tests.conformance import test_refusals as refusals
from tests.conformance import test_series as series
from tests.conformance import test_text as text
from tests.conformance import test_times as times
from tests.conformance import test_versions as versions
from tests.conformance.client import Client
from tests.conformance.contract import Contract
from tests.conformance.reference import READ_TOKEN, TOKEN, build_groupware, serving
from tests.conformance.samples import timed
from tests.sandbox.groupware import broken

ROOT = Path(__file__).parents[3]
URL = "http://groupware.test"
Check = Callable[..., None]

UPRIGHT = listing.EDGES[5][1:]
NOTICED: list[tuple[broken.Break, Check, dict[str, Any]]] = [
    (
        broken.if_match_ignored,
        versions.test_a_write_with_an_old_version_is_refused_and_shows_the_event,
        {"method": "PATCH"},
    ),
    (
        broken.if_match_checked_before_the_transaction,
        versions.test_of_writers_with_the_same_version_exactly_one_wins,
        {},
    ),
    (broken.idempotency_ignored, create.test_the_same_key_and_body_give_the_first_answer_again, {}),
    (broken.key_not_compared_with_the_body, create.test_the_same_key_with_another_body_is_refused, {}),
    (broken.refusals_use_up_the_key, create.test_a_refused_create_does_not_use_up_the_key, {}),
    (broken.patch_drops_extensions, patching.test_unknown_extensions_survive_a_patch_of_another_field, {}),
    (
        broken.patch_replaces_everything,
        patching.test_only_the_named_fields_change,
        {"changes": {"title": "new"}},
    ),
    (broken.feed_by_update_second, concurrency.test_nothing_is_lost_while_many_write, {"filtered": False}),
    (
        broken.sequence_taken_when_the_transaction_starts,
        concurrency.test_nothing_is_lost_while_many_write,
        {"filtered": True},
    ),
    (broken.removal_not_told_to_who_left, feed.test_a_removed_participant_sees_a_deletion, {}),
    (broken.no_tombstones, feed.test_a_life_of_an_event, {}),
    (
        broken.unknown_cursor_starts_at_the_end,
        feed.test_a_cursor_that_nobody_gave_out_is_refused,
        {"cursor": "never-seen"},
    ),
    (
        broken.unknown_cursor_starts_at_the_end,
        feed.test_a_cursor_belongs_to_the_person_it_was_made_for,
        {},
    ),
    (broken.latest_cursor_of_a_moment_later, feed.test_a_life_of_an_event, {}),
    (broken.listing_lags_behind_the_feed, feed.test_a_listing_shows_what_the_cursor_already_counts, {}),
    (broken.feed_ignores_the_person, feed.test_a_person_sees_only_the_own_schedule, {}),
    (broken.titles_normalised, text.test_a_line_of_text_is_kept, {"text": text.LINES[1]}),
    (broken.only_the_basic_plane, text.test_a_line_of_text_is_kept, {"text": text.LINES[2]}),
    (broken.long_titles_cut, text.test_the_announced_lengths_are_held, {}),
    (broken.everything_stored_in_utc, times.test_a_wall_time_keeps_its_zone, {"zone": "Europe/London"}),
    (
        broken.last_day_inclusive,
        times.test_days_are_kept_as_days,
        {"form": "allDay", "first": "2097-03-04", "until": "2097-03-05"},
    ),
    (
        broken.window_closed_at_both_ends,
        listing.test_a_window_is_half_open,
        {"starts": UPRIGHT[0], "ends": UPRIGHT[1], "inside": UPRIGHT[2]},
    ),
    (broken.pages_overlap, listing.test_pages_hold_every_event_once_and_whole, {}),
    (
        broken.unknown_zones_taken_as_home,
        refusals.test_a_bad_event_is_refused_where_it_is_bad,
        {"fields": {"timeZone": "Asia/Edo"}, "pointer": "/timeZone"},
    ),
    (broken.rooms_booked_twice, facilities.test_a_taken_room_is_refused_and_says_who_has_it, {"room": "f-1"}),
    (
        broken.titles_of_private_bookings_told,
        facilities.test_the_title_of_a_private_booking_stays_private,
        {"room": "f-1"},
    ),
    (
        broken.answers_forgotten,
        participants.test_people_without_answers_keep_the_ones_they_gave,
        {"shared": "shared"},
    ),
    (
        broken.overrides_replaced_whole,
        series.test_an_override_is_written_beside_the_others,
        {"series": "series"},
    ),
    (
        broken.strays_kept,
        series.test_what_names_no_occurrence_is_refused,
        {"series": "series", "changes": series.STRAYS[2][1], "pointer": series.STRAYS[2][2]},
    ),
    (
        broken.moved_occurrences_listed_where_they_were,
        series.test_a_series_is_listed_where_it_takes_place,
        {"series": "series", "day": "2097-06-03", "inside": True},
    ),
    (broken.additional_dates_ignored, series.test_irregular_dates_are_a_series_without_a_rule, {}),
    (broken.scopes_not_checked, access.test_a_token_that_may_only_read_does_not_write, {}),
    (broken.plain_error_pages, refusals.test_an_unknown_resource_is_a_problem_too, {}),
    (broken.unquoted_etags, versions.test_the_etag_is_the_version, {}),
]
IDS = [f"{mistake.__name__}-{check.__name__}" for mistake, check, _ in NOTICED]


# Events that fixtures of the suite make.
MADE: dict[str, Callable[[Client], dict[str, Any]]] = {
    "series": lambda api: api.create(timed("u-1", recurrence=series.WEEKLY)),
    "shared": lambda api: api.create(
        timed("u-1", participants=[{"userId": "u-1", "response": "accepted"}, {"userId": "u-2"}])
    ),
}


@pytest.fixture
def groupware() -> Iterator[Groupware]:
    with build_groupware() as groupware:
        yield groupware
        while broken.LATE:
            broken.LATE.pop().join()


class InProcessClient(Client):
    """Calls the application itself: the checks run in milliseconds."""

    groupware: Groupware

    def again(self, token: str | None) -> Client:
        return client_of(self.groupware, token, self.contract)


def client_of(groupware: Groupware, token: str | None, contract: Contract) -> InProcessClient:
    client = InProcessClient(URL, token, contract)
    client.groupware = groupware
    client.session.mount(URL, InProcess(groupware.app))
    return client


def run(groupware: Groupware, check: Check, arguments: dict[str, Any], contract: Contract) -> None:
    with client_of(groupware, TOKEN, contract) as api, client_of(groupware, READ_TOKEN, contract) as reader:
        given = {"api": api, "reader": reader, "user": "u-1", "other": "u-2", **arguments}
        given |= {name: MADE[name](api) for name in given.keys() & MADE.keys()}
        check(**{name: given[name] for name in inspect.signature(check).parameters})


@pytest.mark.parametrize(("mistake", "check", "arguments"), NOTICED, ids=IDS)
def test_a_mistake_turns_its_check_red(
    groupware: Groupware,
    contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
    mistake: broken.Break,
    check: Check,
    arguments: dict[str, Any],
) -> None:
    run(groupware, check, arguments, contract)
    mistake(monkeypatch, groupware)
    with pytest.raises(AssertionError):
        run(groupware, check, arguments, contract)


ODDITIES = ["feed_duplicates", "feed_replays", "short_pages", "empty_pages"]
ODD_CHECKS: list[tuple[Check, dict[str, Any]]] = [
    (feed.test_a_life_of_an_event, {}),
    (feed.test_an_upsert_carries_the_event_if_asked, {}),
    (feed.test_one_item_a_page_loses_nothing, {}),
    (feed.test_a_removed_participant_sees_a_deletion, {}),
    (feed.test_a_cursor_taken_before_a_listing_misses_nothing, {}),
    (feed.test_items_come_in_the_order_of_the_commits, {}),
    (listing.test_pages_hold_every_event_once_and_whole, {}),
    (directory.test_small_pages_lose_nobody, {"path": "/v1/users"}),
]


@pytest.mark.parametrize(("check", "arguments"), ODD_CHECKS, ids=[check.__name__ for check, _ in ODD_CHECKS])
@pytest.mark.parametrize("oddity", [*ODDITIES, "coalesces"])
def test_what_the_contract_allows_stays_green(
    groupware: Groupware, contract: Contract, oddity: str, check: Check, arguments: dict[str, Any]
) -> None:
    groupware.switches.turn({oddity: oddity != "coalesces"})
    run(groupware, check, arguments, contract)


@pytest.mark.parametrize(("is_broken", "code"), [(False, 0), (True, 1)])
def test_the_command_of_the_vendor_tells_good_from_bad(
    groupware: Groupware, monkeypatch: pytest.MonkeyPatch, is_broken: bool, code: int
) -> None:
    if is_broken:
        broken.if_match_ignored(monkeypatch, groupware)
    with serving(groupware) as url:
        command = [sys.executable, "-m", "pytest", "tests/conformance/test_versions.py", "-x"]
        options = ["--base-url", url, "--token", TOKEN, "--user", "u-2", "--other-user", "u-3"]
        done = subprocess.run(
            [*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == code, done.stdout + done.stderr
    assert groupware.events_of("u-2") == []
    assert groupware.requests.total > 20
