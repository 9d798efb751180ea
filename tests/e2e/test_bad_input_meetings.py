"""Online meetings, and events that are not ours to write to: left alone with their reason, and no mail is sent."""

from __future__ import annotations

from dataclasses import replace

from sync.core.join_block import split_join_block
from tests.e2e.office import (
    assert_mails,
    assert_still,
    counts,
    distort,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    office,
    outlook,
    parked,
    passed,
    reasons,
    sizes,
    twin,
)
from tests.e2e.world import G

# -- online meetings and events that are not ours ---------------------------------------------------------------


def test_the_teams_block_survives_a_new_body_from_the_groupware() -> None:
    with office() as world:
        event = in_outlook(
            world, body="議題", is_online_meeting=True, online_meeting_provider="teamsForBusiness"
        )
        passed(world)
        assert groupware(world, event)["memo"] == "議題"
        block = split_join_block(outlook(world, event)["body"]["content"])[1]
        edit_groupware(world, twin(world, event), memo="議題\n追加の議題")
        passed(world)
        shown = outlook(world, event)
        assert shown["isOnlineMeeting"]
        own, kept = split_join_block(shown["body"]["content"])
        assert "追加の議題" in own
        assert kept.strip() == block.strip()
        edit_groupware(world, twin(world, event), memo="")
        passed(world)
        assert outlook(world, event)["isOnlineMeeting"]
        assert_still(world)


def test_meetings_and_series_of_outlook_are_left_alone_with_their_reason() -> None:
    with office() as world:
        in_outlook(
            world,
            "会議",
            attendees=[{"emailAddress": {"address": "taro@example.com"}, "type": "required"}],
        )
        weekly = {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]},
            "range": {"type": "noEnd", "startDate": "2026-11-18"},
        }
        in_outlook(world, "週次", recurrence=weekly)
        plain = in_outlook(world, "ひとり")
        mails = len(world.tenant.outbox)
        record = passed(world)
        assert reasons(record)["meeting"] == 1
        assert reasons(record)["series"] == 1
        assert counts(record, G) == {"create": 1}
        assert groupware(world, plain)["title"] == "ひとり"
        assert sizes(world) == (1, 3)
        assert_still(world)
        assert_mails(world, mails)


def test_a_series_and_a_proposal_of_the_groupware_are_left_alone_with_their_reason() -> None:
    with office() as world:
        in_groupware(world, "週次", recurrence={"rrule": "FREQ=WEEKLY;COUNT=3"})
        slots = [{"start": "2026-11-19T10:00:00", "duration": "PT1H"}]
        in_groupware(world, "候補", status="candidate", candidates=slots)
        record = passed(world)
        assert reasons(record) == {"series": 1, "candidate": 1}
        assert sizes(world) == (2, 0)
        assert_still(world)


def test_a_linked_event_that_becomes_a_meeting_is_parked_and_both_keep_it() -> None:
    """Somebody invites others in Outlook: from then on a change of ours would send mails."""
    with office() as world:
        event = in_groupware(world)
        passed(world)
        world.mailbox.edit(
            twin(world, event),
            attendees=[{"emailAddress": {"address": "guest@example.com"}, "type": "required"}],
        )
        mails = len(world.tenant.outbox)
        edit_groupware(world, event, title="改題")
        record = passed(world)
        assert parked(record)[event][0] == "meeting"
        assert sizes(world) == (1, 1)
        assert outlook(world, event)["subject"] == "打合せ"
        later(world)
        assert_mails(world, mails)
        world.mailbox.edit(twin(world, event), attendees=[])
        mails = len(world.tenant.outbox)
        later(world)
        assert outlook(world, event)["subject"] == "改題"
        assert_still(world)
        assert_mails(world, mails)


def test_nobody_s_zone_label_or_version_is_an_edit() -> None:
    with office() as world:
        event = in_groupware(world)
        passed(world)
        mine = twin(world, event)
        before = world.writes()
        for _ in range(3):
            world.mailbox.bump(mine)
            world.groupware.touch(event, by=world.user)
            distort(world, mine, lambda content: replace(content, response_requested=False))
            passed(world)
        assert world.writes() == before
