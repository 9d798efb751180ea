"""Online meetings, meetings with outsiders, series and proposals: what a single person meets of them."""

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
    office,
    outlook,
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


def test_a_meeting_and_a_series_of_outlook_enter_the_groupware_and_mail_nobody() -> None:
    with office() as world:
        in_outlook(
            world,
            "会議",
            attendees=[{"emailAddress": {"address": "guest@elsewhere.example"}, "type": "required"}],
        )
        weekly = {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]},
            "range": {"type": "noEnd", "startDate": "2026-11-18"},
        }
        in_outlook(world, "週次", recurrence=weekly)
        mails = len(world.tenant.outbox)
        record = passed(world)
        assert counts(record, G) == {"create": 2}
        shown = {e["title"]: e for e in world.groupware.events_of(world.user)}
        assert {p.get("email") for p in shown["会議"]["participants"]} == {None, "guest@elsewhere.example"}
        assert shown["週次"]["recurrence"]["rrule"] == "FREQ=WEEKLY;BYDAY=WE"
        assert_still(world)
        assert_mails(world, mails)


def test_a_proposal_of_the_groupware_is_left_alone_with_its_reason() -> None:
    with office() as world:
        slots = [{"start": "2026-11-19T10:00:00", "duration": "PT1H"}]
        in_groupware(world, "候補", status="candidate", candidates=slots)
        record = passed(world)
        assert reasons(record) == {"candidate": 1}
        assert sizes(world) == (1, 0)
        assert_still(world)


def test_an_outsider_whom_the_person_invited_stays_invited() -> None:
    """An outsider in the groupware; a later edit there tells that guest, as Outlook would."""
    with office() as world:
        event = in_groupware(world)
        passed(world)
        world.mailbox.edit(
            twin(world, event),
            attendees=[{"emailAddress": {"address": "guest@elsewhere.example"}, "type": "required"}],
        )
        passed(world)
        assert {p.get("email") for p in groupware(world, event)["participants"]} == {
            None,
            "guest@elsewhere.example",
        }
        mails = len(world.tenant.outbox)
        edit_groupware(world, event, title="改題")
        passed(world)
        shown = outlook(world, event)
        assert shown["subject"] == "改題"
        assert [a["emailAddress"]["address"] for a in shown["attendees"]] == ["guest@elsewhere.example"]
        assert_mails(world, mails + 1)
        assert_still(world)


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
