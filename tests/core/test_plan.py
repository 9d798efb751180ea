"""The sixteen cells, the rules around them, and what is recognised instead of created."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sync.core.action import Action, Kind, Plan
from sync.core.cells import CELLS
from sync.core.change import SHARED, Change, Observation, Removed, Unreadable
from sync.core.event import Field, Importance, Participant, Recurrence, Side, Timed
from sync.core.link import Base, Intent, Link, Problem, key_of, marker_of
from sync.core.plan import plan_link, plan_pass
from sync.core.rules import Reason
from sync.core.settings import ConflictRule, Direction
from sync.core.window import Window
from sync.core.write import Verb
from tests.core.samples import CAPABILITIES, NOW, G, O, at, base, linked, meeting, rules, seen, shown

AGREED = meeting()
RENAMED = meeting("定例（変更）")


def test_every_pair_of_changes_has_a_cell() -> None:
    assert set(CELLS) == set(product(Change, Change))


def only(plan: Plan) -> Action:
    assert len(plan.actions) == 1
    return plan.actions[0]


def world(change: Change, side: Side) -> tuple[Base | None, Observation | None]:
    """A half of a Link and what the side shows now, for one of the four changes."""
    match change:
        case Change.UNCHANGED:
            return base(side, AGREED), seen(side, rules().fitted(AGREED, side))
        case Change.CHANGED:
            title = f"edited on {side}"
            return base(side, AGREED), seen(side, rules().fitted(meeting(title), side))
        case Change.DELETED:
            return base(side, AGREED), Removed(side, f"{side.value[0]}1")
        case Change.ABSENT:
            return None, None


@pytest.mark.parametrize(("here", "there"), list(product(Change, Change)))
def test_each_cell_plans_what_the_table_says(here: Change, there: Change) -> None:
    (g_base, g_shown), (o_base, o_shown) = world(here, G), world(there, O)
    link = replace(linked(AGREED), groupware=g_base, outlook=o_base)
    cell = CELLS[here, there]
    g = shown(G, *([g_shown] if g_shown else []))
    o = shown(O, *([o_shown] if o_shown else []))
    plan = plan_pass([link], g, o, rules())
    if (here, there) == (Change.ABSENT, Change.ABSENT):
        assert plan.actions == ()  # a row without ids is nobody's event
        return
    action = only(plan)
    assert action.kind is cell.kind
    if cell.target is not None:
        assert set(action.writes) == {cell.target}
        assert action.writes[cell.target].verb.value == cell.kind.value


def test_version_moved_without_an_edit_is_no_edit() -> None:
    action = plan_link(linked(AGREED), seen(G, AGREED, version="99"), None, rules())
    assert action is not None
    assert (action.kind, action.writes) == (Kind.REFRESH, {})


def test_same_version_is_never_looked_into() -> None:
    # Whatever the content says: the side itself says that nothing happened.
    assert plan_link(linked(AGREED), seen(G, RENAMED, version="1"), None, rules()) is None


def test_an_edit_on_one_side_writes_only_the_edited_fields_to_the_other() -> None:
    action = plan_link(linked(AGREED), seen(G, RENAMED), None, rules())
    assert action is not None
    write = action.writes[O]
    assert (write.verb, write.fields, write.version) == (Verb.UPDATE, frozenset({Field.TITLE}), "1")


def test_different_fields_edited_on_both_sides_are_both_kept() -> None:
    theirs = rules().fitted(replace(AGREED, importance=Importance.HIGH), O)
    action = plan_link(linked(AGREED), seen(G, RENAMED), seen(O, theirs), rules())
    assert action is not None
    assert action.writes[O].fields == {Field.TITLE}
    assert action.writes[G].fields == {Field.IMPORTANCE}
    assert action.losses == ()


def test_edit_here_delete_there_keeps_the_edit() -> None:
    action = plan_link(linked(AGREED), seen(G, RENAMED), Removed(O, "o1"), rules())
    assert action is not None
    assert (action.kind, action.reason) == (Kind.CREATE, Reason.EDIT_BEATS_DELETE)


def test_a_cut_title_never_flows_back() -> None:
    long = meeting("長" * 300)
    link = linked(long)
    # Outlook shows the cut title; only its body was edited there.
    theirs = replace(rules().fitted(long, O), body="議題")
    action = plan_link(link, None, seen(O, theirs), rules())
    assert action is not None
    assert action.writes[G].fields == {Field.BODY}


@pytest.mark.parametrize(("direction", "side"), [(Direction.TO_OUTLOOK, O), (Direction.TO_GROUPWARE, G)])
def test_nothing_flows_against_the_direction(direction: Direction, side: Side) -> None:
    one_way = rules(direction=direction)
    edited = rules().fitted(RENAMED, side)
    for found in (seen(side, edited), Removed(side, f"{side.value[0]}1")):
        snapshots = {side: shown(side, found), side.other: shown(side.other)}
        plan = plan_pass([linked(AGREED)], snapshots[G], snapshots[O], one_way)
        assert (only(plan).kind, only(plan).reason) == (Kind.SKIP, Reason.DIRECTION)
    fresh = shown(side, seen(side, edited, id="new"))
    plan = plan_pass([], fresh if side is G else shown(G), fresh if side is O else shown(O), one_way)
    assert only(plan).reason == Reason.DIRECTION


def test_against_the_direction_the_source_wins_a_conflict() -> None:
    theirs = seen(O, rules().fitted(meeting("Outlook"), O))
    action = plan_link(linked(AGREED), seen(G, RENAMED), theirs, rules(direction=Direction.TO_OUTLOOK))
    assert action is not None
    assert set(action.writes) == {O}
    assert [loss.value for loss in action.losses] == ["Outlook"]


def test_two_equal_events_are_adopted_and_nothing_is_created() -> None:
    plan = plan_pass([], shown(G, seen(G, AGREED)), shown(O, seen(O, rules().fitted(AGREED, O))), rules())
    assert (only(plan).kind, only(plan).writes) == (Kind.ADOPT, {})


def test_twice_the_same_on_both_sides_are_two_pairs() -> None:
    ours = [seen(G, AGREED, id=f"g{n}") for n in range(3)]
    theirs = [seen(O, rules().fitted(AGREED, O), id=f"o{n}") for n in range(2)]
    plan = plan_pass([], shown(G, *ours), shown(O, *theirs), rules())
    assert (plan.count(Kind.ADOPT), plan.count(Kind.CREATE)) == (2, 1)


def test_adopting_takes_what_only_one_side_says() -> None:
    theirs = replace(rules().fitted(AGREED, O), body="資料は後日")
    plan = plan_pass([], shown(G, seen(G, AGREED)), shown(O, seen(O, theirs)), rules())
    assert only(plan).writes[G].fields == {Field.BODY}
    assert only(plan).losses == ()


def test_a_marker_of_an_unlinked_event_is_recognised_even_when_renamed() -> None:
    theirs = seen(O, rules().fitted(RENAMED, O), marker=marker_of("default", "u1", "g1"))
    plan = plan_pass([], shown(G, seen(G, AGREED)), shown(O, theirs), rules())
    assert (only(plan).kind, only(plan).reason) == (Kind.ADOPT, Reason.RECOGNISED)


def test_a_copy_a_person_made_of_a_synced_event_is_a_new_event() -> None:
    copy = seen(O, rules().fitted(AGREED, O), id="o2", marker=marker_of("default", "u1", "g1"))
    plan = plan_pass([linked(AGREED)], shown(G), shown(O, copy), rules())
    action = only(plan)
    assert (action.kind, action.link.key) == (Kind.CREATE, key_of(O, "o2"))


def test_a_create_that_was_announced_keeps_its_token() -> None:
    half = Link(key_of(G, "g1"), base(G, AGREED), intent=Intent(O, "first-token"), etag="e1")
    plan = plan_pass([half], shown(G, seen(G, AGREED, version="1")), shown(O), rules())
    assert only(plan).writes[O].token == "first-token"


def test_a_new_create_of_another_pass_has_another_token() -> None:
    tokens = {
        only(plan_pass([], shown(G, seen(G, AGREED)), shown(O), rules(token=name))).writes[O].token
        for name in ("pass-1", "pass-2")
    }
    assert len(tokens) == 2


def test_an_announced_create_that_had_happened_follows_its_deleted_source() -> None:
    half = Link(key_of(G, "g1"), base(G, AGREED), intent=Intent(O, "t"), etag="e1")
    copy = seen(O, rules().fitted(AGREED, O), marker=marker_of("default", "u1", "g1"))
    plan = plan_pass([half], shown(G, Removed(G, "g1")), shown(O, copy), rules())
    assert sorted(a.kind for a in plan.actions) == [Kind.DELETE, Kind.FORGET]


def test_such_a_copy_is_kept_when_a_person_has_edited_it() -> None:
    half = Link(key_of(G, "g1"), base(G, AGREED), intent=Intent(O, "t"), etag="e1")
    copy = seen(O, rules().fitted(RENAMED, O), marker=marker_of("default", "u1", "g1"))
    plan = plan_pass([half], shown(G, Removed(G, "g1")), shown(O, copy), rules())
    assert sorted(a.kind for a in plan.actions) == [Kind.CREATE, Kind.FORGET]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (meeting(event_type="外出"), Reason.EXCLUDED_TYPE),
        (meeting(recurrence=Recurrence("FREQ=DAILY")), Reason.SERIES),
        (meeting(day=2), Reason.PAST_EVENT),
    ],
)
def test_what_the_rules_leave_alone_is_skipped_with_its_reason(event: object, reason: Reason) -> None:
    strict = rules(excluded_types=frozenset({"外出"}), past_events=False)
    plan = plan_pass([], shown(G, seen(G, event)), shown(O), strict)  # type: ignore[arg-type]
    assert (only(plan).kind, only(plan).reason) == (Kind.SKIP, reason)


def test_an_event_outside_the_window_is_left_alone() -> None:
    december = replace(
        rules(),
        window=Window(
            NOW.date().replace(month=12, day=1), NOW.date().replace(month=12, day=31), "Asia/Tokyo"
        ),
    )
    plan = plan_pass([], shown(G, seen(G, AGREED)), shown(O), december)
    assert only(plan).reason == Reason.OUTSIDE_WINDOW


def test_an_edit_that_leaves_the_window_is_finished_first() -> None:
    moved = replace(AGREED, span=Timed(at(24, 10).replace(month=12), at(24, 11).replace(month=12)))
    action = plan_link(linked(AGREED), seen(G, moved), None, rules())
    assert action is not None
    assert action.writes[O].fields == {Field.TIME}


def test_a_conflict_is_decided_even_if_one_side_was_dragged_out_of_the_window() -> None:
    far = Timed(at(24, 10).replace(month=2), at(24, 11).replace(month=2))
    link = replace(linked(AGREED), starts=far.start, ends=far.end)
    theirs = seen(O, rules().fitted(replace(AGREED, span=far), O))
    action = plan_link(link, seen(G, meeting(day=25)), theirs, rules(conflict=ConflictRule.OUTLOOK))
    assert action is not None
    assert action.writes[G].fields == {Field.TIME}


def test_a_past_event_deleted_on_one_side_stays_on_the_other_when_the_past_is_not_synced() -> None:
    early = replace(linked(AGREED), starts=NOW.replace(day=2), ends=NOW.replace(day=3))
    action = plan_link(early, None, Removed(O, "o1"), rules(past_events=False))
    assert action is not None
    assert (action.kind, action.reason) == (Kind.SKIP, Reason.PAST_EVENT)


def test_one_person_cannot_delete_an_event_that_others_share() -> None:
    link = linked(AGREED)
    assert link.groupware is not None
    shared = replace(link, groupware=replace(link.groupware, residue={SHARED: True}))
    action = plan_link(shared, None, Removed(O, "o1"), rules())
    assert action is not None
    assert (action.kind, action.reason) == (Kind.SKIP, Reason.SHARED_DELETE)


def test_an_unreadable_event_is_parked_and_never_deleted() -> None:
    broken = Unreadable(O, "o1", "7", "unknown-zone", {"zone": "Mars"})
    action = plan_link(linked(AGREED), Removed(G, "g1"), broken, rules())
    assert action is not None
    assert (action.kind, action.reason, action.writes) == (Kind.PARK, "unknown-zone", {})
    new = only(plan_pass([], shown(G), shown(O, replace(broken, id="o9")), rules()))
    assert (new.kind, new.link.key) == (Kind.PARK, key_of(O, "o9"))


def test_a_linked_event_that_becomes_a_meeting_is_parked_not_written() -> None:
    theirs = seen(O, rules().fitted(RENAMED, O), hands_off="meeting")
    action = plan_link(linked(AGREED), seen(G, meeting("さらに変更")), theirs, rules())
    assert action is not None
    assert (action.kind, action.reason, action.writes) == (Kind.PARK, "meeting", {})


def test_equal_events_of_which_one_is_left_alone_are_linked_and_parked() -> None:
    theirs = seen(O, rules().fitted(AGREED, O), hands_off="meeting")
    plan = plan_pass([], shown(G, seen(G, AGREED)), shown(O, theirs), rules())
    assert (only(plan).kind, only(plan).reason) == (Kind.PARK, "meeting")


def test_a_linked_event_that_only_became_a_series_is_parked() -> None:
    ours = meeting(recurrence=Recurrence("FREQ=DAILY"))
    action = plan_link(linked(AGREED), seen(G, ours), None, rules())
    assert action is not None
    assert (action.kind, action.reason) == (Kind.PARK, Reason.SERIES)


def test_what_is_parked_for_being_left_alone_stays_parked() -> None:
    problem = Problem("meeting", {}, O, NOW, 1, NOW)
    theirs = seen(O, rules().fitted(AGREED, O), version="1", hands_off="meeting")
    action = plan_link(replace(linked(AGREED), problem=problem), None, theirs, rules())
    assert action is not None
    assert (action.kind, action.reason) == (Kind.PARK, "meeting")


def test_a_missing_event_in_a_complete_listing_is_not_yet_a_deleted_one() -> None:
    plan = plan_pass([linked(AGREED)], shown(G, complete=True), shown(O, complete=True), rules())
    assert plan.actions == ()


def test_a_damaged_link_compares_what_both_sides_show() -> None:
    link = Link(key_of(G, "g1"), Base("g1", "", {}), Base("o1", "", {}), etag="e1")
    action = plan_link(link, seen(G, AGREED), seen(O, rules().fitted(AGREED, O)), rules())
    assert action is not None
    assert (action.kind, action.writes) == (Kind.REFRESH, {})


def test_a_problem_that_is_over_is_forgotten() -> None:
    problem = Problem("graph-refused", {}, O, NOW, 1, NOW)
    action = plan_link(replace(linked(AGREED), problem=problem), seen(G, AGREED, version="1"), None, rules())
    assert action is not None
    assert action.kind is Kind.REFRESH


def test_an_outsider_among_the_participants_changes_nothing_synced() -> None:
    ours = meeting(participants=(Participant(email="x@example.org"),))
    action = plan_link(linked(AGREED), seen(G, ours), None, rules())
    assert action is not None
    assert action.kind is Kind.REFRESH


def test_the_default_reminder_is_written_where_the_groupware_says_nothing() -> None:
    write = only(plan_pass([], shown(G, seen(G, AGREED)), shown(O), rules(default_reminder=30))).writes[O]
    assert write.event is not None
    assert write.event.reminder is not None
    assert write.event.reminder.minutes == 30
    assert CAPABILITIES[O].fields == write.fields
