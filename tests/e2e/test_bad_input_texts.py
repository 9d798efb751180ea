"""Titles, places and bodies that one side cannot hold or rewrites: cut, cleaned, never lost, never sent back."""

from __future__ import annotations

import pytest

from sync.core.text import canonical_body
from sync.sandbox.microsoft365.switches import Semicolon, Switches, TooLong
from tests.e2e.office import (
    assert_still,
    counts,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    later,
    office,
    outlook,
    parked,
    passed,
    poison,
    sizes,
    smuggle,
    twin,
)
from tests.e2e.world import G, O

LONG = "長い件名" * 75  # 300 characters
KANJI = "﨑山さんと髙橋さん e\N{COMBINING ACUTE ACCENT}\N{COMBINING DIAERESIS} 👩‍👩‍👧‍👦🇯🇵 神\N{VARIATION SELECTOR-17}"


@pytest.mark.parametrize("reading", TooLong)
def test_a_title_of_300_characters_is_cut_in_outlook_and_stays_whole_in_the_groupware(
    reading: TooLong,
) -> None:
    with office(switches=Switches(long_subject=reading)) as world:
        event = in_groupware(world, LONG)
        record = passed(world)
        assert counts(record, O) == {"create": 1}
        assert outlook(world, event)["subject"] == LONG[:255]
        world.mailbox.edit(twin(world, event), location="別の場所")
        edit_groupware(world, event, memo="別の本文")
        passed(world)
        assert groupware(world, event)["title"] == LONG
        assert groupware(world, event)["place"] == "別の場所"
        assert "別の本文" in outlook(world, event)["body"]["content"]
        assert_still(world)
        assert groupware(world, event)["title"] == LONG


def test_a_cut_title_that_a_person_edits_in_outlook_is_an_edit() -> None:
    with office() as world:
        event = in_groupware(world, LONG)
        passed(world)
        world.mailbox.edit(twin(world, event), subject="短い件名")
        passed(world)
        assert groupware(world, event)["title"] == "短い件名"
        assert_still(world)


def test_an_edit_of_the_end_that_outlook_does_not_show_changes_nothing_there() -> None:
    with office() as world:
        event = in_groupware(world, LONG)
        passed(world)
        before = world.tenant.requests.writes
        edit_groupware(world, event, title=LONG + "！")
        passed(world)
        assert world.tenant.requests.writes == before
        assert groupware(world, event)["title"] == LONG + "！"
        assert_still(world)


def test_a_title_that_the_groupware_cannot_hold_is_cut_there_and_stays_whole_in_outlook() -> None:
    with office(groupware={"title_limit": 100, "place_limit": 50}) as world:
        event = in_outlook(world, LONG[:200], location="会議室" * 30)
        passed(world)
        assert groupware(world, event)["title"] == LONG[:100]
        assert groupware(world, event)["place"] == ("会議室" * 30)[:50]
        edit_groupware(world, twin(world, event), memo="本文")
        world.mailbox.edit(event, importance="high")
        passed(world)
        assert outlook(world, event)["subject"] == LONG[:200]
        assert outlook(world, event)["location"]["displayName"] == "会議室" * 30
        assert_still(world)


def test_300_emoji_are_cut_between_two_of_them() -> None:
    with office() as world:
        event = in_groupware(world, "🎌" * 300)
        family = in_groupware(world, "a" + "👩‍👩‍👧‍👦" * 40)
        passed(world)
        assert outlook(world, event)["subject"] == "🎌" * 127
        assert outlook(world, family)["subject"] == "a" + "👩‍👩‍👧‍👦" * 23
        assert_still(world)
        assert groupware(world, event)["title"] == "🎌" * 300


@pytest.mark.parametrize("reading", Semicolon)
@pytest.mark.parametrize("place", ["東京;大阪", "東京 ; 大阪;", "A;B;C", "会議室; 本社"])
def test_a_place_with_semicolons_is_one_place(reading: Semicolon, place: str) -> None:
    with office(switches=Switches(location_semicolon=reading)) as world:
        event = in_groupware(world, place=place)
        other = in_outlook(world, "外出", location=place)
        passed(world)
        assert outlook(world, event)["location"]["displayName"].replace(" ", "").strip(";") == place.replace(
            " ", ""
        ).strip(";")
        assert groupware(world, event)["place"] == place
        assert_still(world)
        edit_groupware(world, event, memo="本文")
        world.mailbox.edit(other, body="本文")
        passed(world)
        assert groupware(world, event)["place"] == place
        assert_still(world)
        assert sizes(world) == (2, 2)


def test_control_characters_of_outlook_do_not_reach_the_groupware() -> None:
    with office() as world:
        event = in_outlook(
            world, "定例\x07会議\x00\x1f", location="第1\x0b会議室", body="一行目\x01\n二行目\x0c三行目"
        )
        other = in_outlook(world, "ふつうの予定", start="2026-11-19T09:00", end="2026-11-19T10:00")
        record = passed(world)
        assert counts(record, G) == {"create": 2}
        assert groupware(world, event)["title"] == "定例会議"
        assert groupware(world, event)["place"] == "第1 会議室"
        assert groupware(world, event)["memo"] == "一行目\n二行目 三行目", (
            "a form feed is white space in HTML"
        )
        assert groupware(world, other)["title"] == "ふつうの予定"
        assert_still(world)
        assert outlook(world, event)["subject"] == "定例\x07会議\x00\x1f", "what a person typed is left alone"


def test_control_characters_of_the_groupware_do_not_reach_outlook() -> None:
    with office() as world:
        event = in_groupware(world)
        smuggle(
            world, event, title="定例\x07会議\x1b", place="第1\t会議室", memo="一行目\x01\r\n二行目\ud800"
        )
        passed(world)
        assert outlook(world, event)["subject"] == "定例会議"
        assert outlook(world, event)["location"]["displayName"] == "第1 会議室"
        assert "一行目<br>\r\n二行目\r\n</body>" in outlook(world, event)["body"]["content"]
        assert_still(world)


def test_rare_characters_come_through_code_point_by_code_point() -> None:
    with office() as world:
        there = in_groupware(world, KANJI, place=KANJI, memo=f"{KANJI}\n<b>&amp;</b> & \\ ' \"")
        here = in_outlook(world, KANJI[::-1], body=f"{KANJI}\n<>&")
        passed(world)
        assert outlook(world, there)["subject"] == KANJI
        assert outlook(world, there)["location"]["displayName"] == KANJI
        assert groupware(world, here)["title"] == KANJI[::-1]
        assert groupware(world, here)["memo"] == f"{KANJI}\n<>&"
        assert_still(world)
        assert groupware(world, there)["memo"] == f"{KANJI}\n<b>&amp;</b> & \\ ' \""


def test_a_title_of_nothing_but_spaces_is_a_title_of_nothing() -> None:
    with office() as world:
        event = in_groupware(world, "\N{IDEOGRAPHIC SPACE}  ")
        passed(world)
        assert not outlook(world, event)["subject"]
        assert_still(world)


# -- bodies -----------------------------------------------------------------------------------------------------


def test_several_bodies_of_a_megabyte_reach_outlook_in_one_pass() -> None:
    """A Graph request ends at 4 MB, so a batch of twenty of these must be cut into smaller ones."""
    text = canonical_body(("本文 & <b> の行です。" * 40 + "\n") * 640)[:333_000]
    with office() as world:
        events = [in_groupware(world, f"資料 {n}", memo=f"{n}\n{text}") for n in range(7)]
        record = passed(world)
        assert counts(record, O) == {"create": 7}
        assert not parked(record)
        assert world.tenant.requests.count("POST", "/$batch", 413) == 0
        assert_still(world)
        for number, event in enumerate(events):
            assert groupware(world, event)["memo"] == f"{number}\n{text}"


def test_several_bodies_of_a_megabyte_reach_the_groupware_in_one_pass() -> None:
    text = canonical_body(("Outlook の本文です。" * 40 + "\n") * 1_300)[:600_000]
    with office() as world:
        events = [in_outlook(world, f"資料 {n}", body=f"{n}\n{text}") for n in range(5)]
        record = passed(world)
        assert counts(record, G) == {"create": 5}
        assert_still(world)
        for number, event in enumerate(events):
            assert groupware(world, event)["memo"] == canonical_body(f"{number}\n{text}")


def test_a_body_that_the_groupware_cannot_hold_is_cut_there_and_stays_whole_in_outlook() -> None:
    text = "あ" * 1_500
    with office(groupware={"memo_limit": 1_000}) as world:
        event = in_outlook(world, body=text)
        passed(world)
        assert groupware(world, event)["memo"] == text[:1_000]
        edit_groupware(world, twin(world, event), title="改題")
        passed(world)
        assert text in outlook(world, event)["body"]["content"]
        assert_still(world)


def test_a_body_that_no_request_can_carry_is_parked_with_its_reason_and_the_rest_goes_on() -> None:
    """A million `&` are five megabytes of HTML; Graph takes four."""
    with office() as world:
        event = in_groupware(world, "資料", memo="&" * 1_000_000)
        others = [in_groupware(world, f"予定 {n}", start=f"2026-11-2{n}T09:00:00") for n in range(5)]
        record = passed(world)
        assert parked(record)[event][0] == "too-large"
        assert counts(record, O) == {"create": 5}
        assert all(outlook(world, other) for other in others)
        assert len(groupware(world, event)["memo"]) == 1_000_000
        edit_groupware(world, event, memo="短くした")
        record = later(world)
        assert "短くした" in outlook(world, event)["body"]["content"]
        assert_still(world)


@pytest.mark.parametrize(
    "html",
    [
        "<div>議題</div><div><br></div><div>1. 予算</div>\r\n<div>2. 日程&nbsp; 調整</div>"
        "<div>&nbsp;&nbsp;字下げ</div>",
        '<div class="WordSection1"><p class="MsoNormal">議題</p><p class="MsoNormal">&nbsp;</p>'
        '<p class="MsoNormal">1. 予算<span lang="EN-US"><o:p></o:p></span></p><!-- x --><style>p {margin:0}</style>'
        '<p class="MsoNormal">2. 日程&#160; 調整</p><p class="MsoNormal">&nbsp; 字下げ</p></div>',
        "議題<BR><BR/>1.\r\n予算<br />2. <b>日程</b>&nbsp; 調整<br>&nbsp;&nbsp;字下げ<br><br>",
    ],
    ids=["outlook on the web", "outlook for windows", "a phone"],
)
def test_html_that_a_program_rewrites_is_no_edit(html: str) -> None:
    with office() as world:
        event = in_groupware(world, memo="議題\n\n1. 予算\n2. 日程  調整\n  字下げ")
        passed(world)
        before = world.groupware.requests.of("PATCH")
        world.mailbox.edit(twin(world, event), body={"contentType": "html", "content": html})
        passed(world)
        assert world.groupware.requests.of("PATCH") == before
        assert groupware(world, event)["memo"] == "議題\n\n1. 予算\n2. 日程  調整\n  字下げ"
        assert_still(world)


def test_a_body_that_comes_back_as_html_made_of_text_is_no_edit() -> None:
    with office() as world:
        event = in_groupware(world, memo="一行目\n二行目\n\n四行目")
        passed(world)
        before = world.groupware.requests.of("PATCH")
        world.mailbox.edit(twin(world, event), body="一行目\r\n二行目\r\n\r\n四行目\r\n")
        passed(world)
        assert world.groupware.requests.of("PATCH") == before
        assert_still(world)


@pytest.mark.parametrize("status", [400, 500])
def test_a_text_that_outlook_never_takes_is_parked_alone(status: int) -> None:
    with office() as world:
        others = [in_groupware(world, f"予定 {n}", start=f"2026-11-2{n}T09:00:00") for n in range(4)]
        bad = in_groupware(world, "毒")
        poison(world, O, "毒", status, "ErrorInternalServerError" if status == 500 else "ErrorInvalidRequest")
        record = passed(world)
        code, detail = parked(record)[bad]
        assert code == ("graph-failing" if status == 500 else "graph-refused")
        assert detail["status"] == str(status)
        assert counts(record, O) == {"create": 4}
        assert all(outlook(world, other) for other in others)
        edit_groupware(world, bad, title="薬")
        later(world)
        assert outlook(world, bad)["subject"] == "薬"
        assert_still(world)


def test_a_body_that_a_person_makes_empty_is_empty_on_the_other_side() -> None:
    with office() as world:
        event = in_outlook(world, body="本文")
        passed(world)
        edit_groupware(world, twin(world, event), memo="")
        passed(world)
        assert "本文" not in outlook(world, event)["body"]["content"]
        assert_still(world)
