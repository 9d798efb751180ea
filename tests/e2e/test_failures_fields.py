"""Fields and people's addresses: what users of other products report (failures.md 6; the number is the row there).

F85, F86 and F94: `test_failures_content`. F95 in its own form cannot occur: nothing here publishes an iCal feed; what
is tested is that a private event is private for everyone who gets it.
"""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.settings import ParticipantsMode
from tests.e2e.company import company
from tests.e2e.office import (
    AT,
    assert_mails,
    assert_still,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    office,
    outlook,
    passed,
    problems,
    twin,
)

RICH = (
    "<html><head></head><body><h1>議題</h1><p>一つ目は<b>重要</b>です</p><ul><li>予算</li></ul></body></html>"
)


def test_f88_fields_that_only_the_groupware_has_survive_every_edit_in_outlook() -> None:
    """A meeting address among them, that stands in a field of its own."""
    url = "https://meet.example.com/abc"
    with office() as world:
        event = in_groupware(world, placeDetail="受付で花子を呼ぶ", extensions={"example.meetingUrl": url})
        passed(world)
        mine = twin(world, event)
        edits = (
            {"subject": "改題"},
            {"start": "2026-11-19T10:00", "end": "2026-11-19T11:00"},
            {"body": "新"},
        )
        for edit in edits:
            world.mailbox.edit(mine, **edit)
            passed(world)
        shown = groupware(world, event)
        assert (shown["title"], shown["start"], shown["memo"]) == ("改題", "2026-11-19T10:00:00", "新")
        assert shown["placeDetail"] == "受付で花子を呼ぶ"
        assert shown["extensions"]["example.meetingUrl"] == url
        assert_still(world)


def test_f88_the_detail_of_a_place_is_shown_and_comes_back_as_it_was() -> None:
    with office() as world:
        event = in_groupware(world, place="本社", placeDetail="5F")
        passed(world)

        def shown() -> str:
            return str(outlook(world, event)["location"]["displayName"])

        def written() -> tuple[str, str]:
            record = groupware(world, event)
            return record["place"], record["placeDetail"]

        assert shown() == "本社 (5F)"
        for edited, wanted in (
            ("支社 (5F)", ("支社", "5F")),
            ("支社 (6F)", ("支社", "6F")),
            ("別館 1F", ("別館 1F", "")),
        ):
            world.mailbox.edit(twin(world, event), location=edited)
            passed(world)
            assert written() == wanted
            assert shown() == edited
        edit_groupware(world, event, placeDetail="奥")
        passed(world)
        assert shown() == "別館 1F (奥)"
        assert written() == ("別館 1F", "奥")
        assert_still(world)


def test_f88_the_detail_of_a_place_on_one_date_of_a_series() -> None:
    weekly = {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=4"}
    with office() as world:
        event = in_groupware(world, place="本社", placeDetail="5F", recurrence=weekly)
        passed(world)
        world.groupware.edit_occurrence(event, "2026-11-25", {"placeDetail": "6F"}, by=world.user)
        passed(world)
        master = twin(world, event)

        def places() -> list[str]:
            dates = world.mailbox.occurrences(master, date(2026, 11, 1), date(2027, 1, 1))
            return [
                one["location"]["displayName"]
                for one in sorted(dates, key=lambda one: one["start"]["dateTime"])
            ]

        assert places() == ["本社 (5F)", "本社 (6F)", "本社 (5F)", "本社 (5F)"]
        world.mailbox.edit(world.mailbox.occurrence_id(master, date(2026, 12, 2)), location="支社 (5F)")
        passed(world)
        overrides = groupware(world, event)["recurrence"]["overrides"]
        said = {
            day: {n: v for n, v in one.items() if n.startswith("place")} for day, one in overrides.items()
        }
        assert said == {
            "2026-11-25T10:00:00": {"placeDetail": "6F"},
            "2026-12-02T10:00:00": {"place": "支社", "placeDetail": "5F"},
        }
        assert places() == ["本社 (5F)", "本社 (6F)", "支社 (5F)", "本社 (5F)"]
        assert_still(world)


def test_f88_a_meeting_address_in_the_place_or_the_text_comes_back_as_it_was() -> None:
    url = "https://meet.example.com/j/1?pwd=a&b=%20#c"
    with office() as world:
        event = in_groupware(world, place=url, memo=f"参加: {url}\n以上")
        passed(world)
        world.mailbox.edit(twin(world, event), subject="改題")
        passed(world)
        shown = groupware(world, event)
        assert (shown["place"], shown["memo"]) == (url, f"参加: {url}\n以上")
        assert_still(world)


def test_f89_the_formatting_in_outlook_survives_edits_of_everything_else() -> None:
    with office() as world:
        event = in_outlook(world, body={"contentType": "html", "content": RICH})
        passed(world)
        before = outlook(world, event)["body"]["content"]
        assert "<b>" in before
        edit_groupware(world, twin(world, event), title="改題", place="本社", start="2026-11-19T10:00:00")
        passed(world)
        shown = outlook(world, event)
        assert (shown["subject"], shown["body"]["content"]) == ("改題", before)
        assert_still(world)


@pytest.mark.parametrize("email", [None, "", "saburo", "@"])
def test_f91_a_participant_without_a_usable_address_is_skipped_and_named(email: str | None) -> None:
    with company() as office:
        nobody = office.world.groupware.add_user("四郎", email=email)
        event = office.enter(office.hanako, office.taro, nobody)
        office.enter(office.hanako, title="ふつうの予定")
        office.settle()
        shown = {e["subject"]: e for e in office.outlook(office.hanako)}
        assert set(shown) == {"打合せ", "ふつうの予定"}
        assert [a["emailAddress"]["address"] for a in shown["打合せ"]["attendees"]] == ["taro@example.com"]
        assert "四郎" in shown["打合せ"]["body"]["content"]
        assert nobody in office.answers(event)
        assert (office.mails("invitation"), office.mails()) == (1, 1)
        office.assert_still()


@pytest.mark.parametrize("address", ["t.yamada@example.com", "T.Yamada@Example.com", "taro@example.com"])
def test_f92_a_person_invited_by_another_address_of_the_mailbox_is_that_person(address: str) -> None:
    with company() as office:
        world = office.world
        world.tenant.set_aliases("taro@example.com", ["t.yamada@example.com"])
        world.connections.update(office.taro, addresses=("taro@example.com", "t.yamada@example.com"))
        office.invite(office.hanako, address)
        office.settle()
        (record,) = office.records()
        assert set(office.answers(record["id"])) == {office.hanako.user, office.taro.user}
        assert [p for p in record["participants"] if "email" in p] == []
        assert office.mails() == 1
        office.assert_still()


def test_f92_a_mailbox_whose_address_is_not_the_profile_s_is_invited_at_its_own() -> None:
    with company() as office:
        world = office.world
        world.tenant.rename_user("taro@example.com", "taro.yamada@corp.example")
        world.connections.update(office.taro, email="", addresses=("taro.yamada@corp.example",))
        event = office.enter(office.hanako, office.taro)
        office.settle()
        assert [a["emailAddress"]["address"] for a in office.one(office.hanako)["attendees"]] == [
            "taro.yamada@corp.example"
        ]
        assert office.one(office.taro)["iCalUId"] == office.one(office.hanako)["iCalUId"]
        assert [record["id"] for record in office.records()] == [event]
        assert office.mails() == 1
        office.assert_still()


@pytest.mark.parametrize("mode", ParticipantsMode)
@pytest.mark.parametrize("visibility", ["private", "participants", "busyOnly"])
def test_f95_a_private_event_is_private_for_everyone_who_gets_it(
    mode: ParticipantsMode, visibility: str
) -> None:
    with company(participants=mode) as office:
        event = office.enter(office.hanako, office.taro, visibility=visibility)
        office.settle()
        assert [office.one(p)["sensitivity"] for p in (office.hanako, office.taro)] == ["private"] * 2
        assert office.outlook(office.jiro) == []
        office.box(office.hanako).edit(office.one(office.hanako)["id"], subject="改題")
        office.settle()
        assert office.record(event)["visibility"] == visibility
        assert [office.one(p)["sensitivity"] for p in (office.hanako, office.taro)] == ["private"] * 2
        office.assert_still()


def test_f95_a_private_event_of_outlook_is_private_in_the_groupware() -> None:
    with office() as world:
        event = in_outlook(world, "面談", sensitivity="private")
        passed(world)
        assert groupware(world, event)["visibility"] == "private"
        assert_mails(world)


def test_f97_a_group_s_event_edited_in_a_member_s_outlook_is_written_back() -> None:
    with company(participants=ParticipantsMode.APPOINTMENTS) as office:
        world = office.world
        group = world.groupware.add_organization("営業部")
        member = world.groupware.add_user("五郎", email="goro@example.com", organizations=[group])
        goro = world.link(member, "goro@example.com")
        event = world.groupware.create(
            {"title": "部会", "start": AT, "participants": [{"organizationId": group}]}, by=office.hanako.user
        )["id"]
        everyone = (*office.everyone, goro)
        for _ in range(2):
            office.run(*everyone)
        found = office.one(goro)
        office.box(goro).edit(found["id"], subject="部会（改題）", location="本社")
        for _ in range(3):
            office.run(*everyone)
            world.clock.advance(1200)
        shown = office.record(event)
        assert (shown["title"], shown["place"]) == ("部会（改題）", "本社")
        assert {"organizationId": group}.items() <= shown["participants"][0].items()
        assert not problems(world, goro)
        assert office.mails() == 0


def test_f97_a_guest_s_own_edit_of_the_copy_is_nobody_else_s_and_mails_nobody() -> None:
    """As in Outlook itself: the copy of a meeting is the guest's, and what the organizer says stands."""
    with company() as office:
        event = office.enter(office.hanako, office.taro)
        office.settle()
        sent = office.mails()
        office.box(office.taro).edit(office.one(office.taro)["id"], location="自分の席")
        office.settle()
        assert office.record(event)["place"] == ""
        assert office.mails() == sent
        office.assert_still()
