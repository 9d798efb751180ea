"""Mailboxes that are gone, closed or full, and events that move while we write."""

from __future__ import annotations

import pytest

from sync.core.settings import State
from sync.sandbox.faults import (
    Call,
    fail,
)
from sync.sandbox.microsoft365.users import MailboxState
from tests.e2e.office import (
    FOREVER,
    assert_still,
    edit_groupware,
    failed,
    groupware,
    in_groupware,
    in_outlook,
    later,
    linked,
    office,
    outlook,
    passed,
    problems,
    sizes,
    state_of,
    twin,
)

# -- people and mailboxes ---------------------------------------------------------------------------------------


def test_a_user_deleted_from_microsoft_365_stops_the_person_and_deletes_nothing() -> None:
    with office() as world:
        events = linked(world, 3)
        world.tenant.remove_user(world.oid)
        edit_groupware(world, events[0], title="改題")
        record = failed(world)
        assert record.error == "user-missing"
        assert state_of(world) == (State.ERROR, "user-missing")
        assert sizes(world) == (3, 3)
        world.tenant.restore_user(world.oid)
        passed(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert state_of(world) == (State.ACTIVE, "")
        assert_still(world)


@pytest.mark.parametrize("mailbox", [MailboxState.NONE, MailboxState.ON_PREMISES, MailboxState.PROVISIONING])
def test_a_mailbox_without_licence_stops_the_person_and_deletes_nothing(mailbox: MailboxState) -> None:
    with office() as world:
        events = linked(world, 3)
        world.tenant.users[world.oid].mailbox_state = mailbox
        world.groupware.delete(events[0], by=world.user)
        record = failed(world)
        assert record.error == "mailbox-missing"
        assert state_of(world) == (State.ERROR, "mailbox-missing")
        world.tenant.users[world.oid].mailbox_state = MailboxState.READY
        passed(world)
        assert sizes(world) == (2, 2)
        assert_still(world)


def test_a_person_who_cannot_be_synced_stops_nobody_else() -> None:
    """Law 5."""
    with office() as world:
        linked(world, 2)
        other = world.link(world.other_user, "taro@example.com")
        world.groupware.create({"title": "太郎の予定", "start": "2026-11-18T10:00:00"}, by=world.other_user)
        world.tenant.remove_user(world.oid)
        failed(world)
        passed(world, other)
        assert [e["subject"] for e in world.tenant.mailbox(other.mailbox).events()] == ["太郎の予定"]
        assert_still(world, other)


# -- events that move while we write ----------------------------------------------------------------------------


def test_a_storm_of_412_parks_the_event_and_the_next_pass_takes_it() -> None:
    with office() as world:
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        edit_groupware(world, events[1], title="別の改題")
        stormy = f"PATCH *{twin(world, events[0])}*"
        world.faults.script(stormy, fail(412, "ErrorIrresolvableConflict"), times=FOREVER)
        passed(world)
        assert problems(world)[events[0]].code == "event-moved"
        assert outlook(world, events[1])["subject"] == "別の改題"
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert not problems(world)
        assert_still(world)


def test_a_person_who_edits_in_outlook_while_we_write_keeps_the_edit() -> None:
    with office() as world:
        events = linked(world, 2)
        mine = twin(world, events[0])
        edit_groupware(world, events[0], place="本社")

        def edit_first(call: Call) -> bool:
            if call.in_batch and call.method == "PATCH" and not edited:
                edited.append(call.path)
                world.mailbox.edit(mine, subject="本人の改題")
            return False

        edited: list[str] = []
        world.faults.script(edit_first, fail(500, "x"))
        passed(world)
        assert edited
        assert outlook(world, events[0])["subject"] == groupware(world, events[0])["title"] == "本人の改題"
        assert outlook(world, events[0])["location"]["displayName"] == "本社"
        assert_still(world)


def test_a_full_mailbox_stops_the_person_and_loses_nothing() -> None:
    with office() as world:
        linked(world, 2)
        event = in_groupware(world)
        world.faults.script("POST */events", fail(507, "ErrorQuotaExceeded"), times=FOREVER)
        assert failed(world).error == "mailbox-full"
        assert state_of(world) == (State.ERROR, "mailbox-full")
        world.faults.clear_scripts()
        later(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert sizes(world) == (3, 3)
        assert_still(world)


def test_an_event_that_outlook_hides_right_after_it_was_made_is_not_made_twice() -> None:
    with office() as world:
        world.tenant.switch(just_created_missing_from_lists=3)
        event = in_outlook(world)
        mine = in_groupware(world, "新しい予定")
        for _ in range(4):
            passed(world)
        world.tenant.switch(just_created_missing_from_lists=0)
        passed(world)
        assert groupware(world, event)["title"] == "打合せ"
        assert outlook(world, mine)["subject"] == "新しい予定"
        assert sizes(world) == (2, 2)
        assert_still(world)
