"""The body holds three things: the person's text, our block, and the join block; a write of one keeps the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.adapters.graph.block_markup import with_block_in_html, without_block_in_html
from sync.adapters.graph.bodies import Body, body_from_graph, body_to_graph
from sync.adapters.graph.mapping import TypeTable, needs_current_body, seen_from_graph, update_to_graph
from sync.core.change import Residue, Seen
from sync.core.event import Event, Field
from sync.core.people_block import CLOSING, OPENING, block_of, with_block
from sync.core.text import canonical_body, html_to_text, text_to_html
from sync.errors import CannotSync
from sync.sandbox.microsoft365.bodies import store_html
from tests.adapters.graph.canned import batch_of, graph_event
from tests.adapters.graph.simulated import World, hour, make_world
from tests.adapters.graph.test_writes import JOINED, Wire, answer, open_calendar
from tests.contract.calendar import create, made, timed, update

BLOCK = block_of(["山田 太郎", "営業部 (組織 / group)", "佐藤 <sato@example.org>"])
NEW = block_of(["鈴木 次郎"])
FORMATTED = (
    '<p class="MsoNormal"><b>議題</b> と <a href="https://example.org/a">資料</a></p>\r\n'
    "<table><tr><td>1</td><td>2</td></tr></table>"
)
JOIN = JOINED["content"].removeprefix("<div>old</div>")


def body_of(html: str, **more: Any) -> Body:
    return body_from_graph({"body": {"contentType": "html", "content": html}, **more})


def sent(html: str, *names: Field, body: str = "", block: str = "", online: bool = False) -> str:
    return body_to_graph(timed("x", body=body, block=block), names, html, online=online)["content"]


def stored(html: str) -> str:
    """As Exchange gives it back."""
    return store_html(html, keep_trailing=False)


# Reading.


def test_a_body_is_read_as_text_and_block() -> None:
    html = f"{text_to_html(with_block('本文', BLOCK))}<br>{JOIN}"
    assert body_of(html, isOnlineMeeting=True) == Body("本文", BLOCK)
    assert body_from_graph({"body": {"contentType": "text", "content": with_block("本文", BLOCK)}}) == Body(
        "本文", BLOCK
    )


def test_an_event_with_a_block_says_that_its_body_is_needed() -> None:
    html = {"contentType": "html", "content": text_to_html(with_block("a", BLOCK))}
    found = seen_from_graph(graph_event(body=html), zone="Asia/Tokyo", types=TypeTable())
    assert isinstance(found, Seen)
    assert (found.event.body, found.event.block, found.residue) == ("a", BLOCK, {"block": True})
    assert needs_current_body(found.residue)


# Writing one of them.


def test_the_block_alone_keeps_the_markup_of_the_text() -> None:
    page = stored(FORMATTED)
    first = stored(sent(page, Field.BLOCK, block=BLOCK))
    assert FORMATTED in first
    assert body_of(first) == Body(html_to_text(FORMATTED), BLOCK)
    second = stored(sent(first, Field.BLOCK, block=NEW))
    assert FORMATTED in second
    assert body_of(second) == Body(html_to_text(FORMATTED), NEW)
    assert "山田" not in second
    assert stored(sent(second, Field.BLOCK, block="")) == page


def test_a_changing_block_leaves_nothing_behind() -> None:
    page = once = stored(sent(stored(FORMATTED), Field.BLOCK, block=BLOCK))
    for block in (NEW, BLOCK) * 5:
        page = stored(sent(page, Field.BLOCK, block=block))
    assert page == once


def test_the_text_alone_keeps_the_block_and_the_join_block() -> None:
    page = f"{with_block_in_html(FORMATTED, BLOCK)}{JOIN}"
    html = sent(page, Field.BODY, body="新しい", online=True)
    assert body_of(html, isOnlineMeeting=True) == Body("新しい", BLOCK)
    assert html.endswith(JOIN)


def test_the_block_stands_before_the_join_block() -> None:
    page = f"{FORMATTED}{JOIN}"
    html = sent(page, Field.BLOCK, block=BLOCK, online=True)
    assert html.index("議題") < html.index(OPENING) < html.index("meetup-join")
    assert FORMATTED in html
    assert html.endswith(JOIN)
    assert body_of(html, isOnlineMeeting=True) == Body(html_to_text(FORMATTED), BLOCK)


@pytest.mark.parametrize("online", [True, False])
def test_both_together_are_written_anew(online: bool) -> None:
    page = f"{with_block_in_html(FORMATTED, BLOCK)}{JOIN if online else ''}"
    html = sent(page, Field.BODY, Field.BLOCK, body="新", block=NEW, online=online)
    assert body_of(html, isOnlineMeeting=online) == Body("新", NEW)
    assert ("meetup-join" in html) is online


@pytest.mark.parametrize(
    "html",
    [
        # Each line an element of its own, as editors write them.
        f"{FORMATTED}<div><div>{OPENING}</div><div>│ 山田</div><div>{CLOSING}</div></div>",
        f"{FORMATTED}<p>{OPENING}</p><p>│ <a href='mailto:x@example.org'>x@example.org</a></p><p>{CLOSING}</p>",
        f"{FORMATTED}<div><span>{OPENING}</span><br><b>│&nbsp;山田</b><br>{CLOSING}</div>",
        # Moved to the front, typed into, damaged.
        f"<div>{OPENING}<br>│ 山田<br>{CLOSING}</div>{FORMATTED}",
        f"{FORMATTED}<div>{OPENING}<br>│ 山田</div>",
        f"{FORMATTED}<div>│ 山田<br>{CLOSING}</div>",
        f"{FORMATTED}<div>{OPENING}<br>│ 山田<br>{CLOSING}<br>{OPENING}<br>│ 山田<br>{CLOSING}</div>",
        f"<p>前</p><div>{OPENING}<br>│ 山田<br>{CLOSING}</div><br>{FORMATTED}",
        f"前<div><br></div><div>{OPENING}<br>│ 山田<br>{CLOSING}</div><div>後</div>{FORMATTED}",
        f"前<br>{OPENING}<br>│ 山田<br>{CLOSING}<br>後{FORMATTED}",
    ],
)
def test_a_block_that_was_edited_goes_and_the_markup_stays(html: str) -> None:
    page = stored(html)
    after = stored(sent(page, Field.BLOCK, block=NEW))
    assert FORMATTED in after
    assert body_of(after) == Body(body_of(page).own, NEW)
    assert "山田" not in after


def test_what_a_person_typed_into_the_block_stays() -> None:
    html = f"{FORMATTED}<div>{OPENING}<br>│ 山田<br><i>私のメモ</i><br>{CLOSING}</div>"
    after = sent(html, Field.BLOCK, block=NEW)
    assert body_of(after) == Body(body_of(html).own, NEW)
    assert "<i>私のメモ</i>" in after
    assert FORMATTED in after


def test_markup_that_cannot_be_told_apart_keeps_its_text() -> None:
    """A `>` inside a value, and a block inside preformatted text that never ends."""
    html = f"<p title='a > b'>本文</p><pre>{OPENING}\n│ 山田\nmein Text"
    after = sent(html, Field.BLOCK, block=NEW)
    assert body_of(after) == Body(body_of(html).own, NEW)


TAGS = ["<div>", "</div>", "<p>", "</p>", "<br>", "<b>", "</b>", "<pre>", "</pre>", "<td>", "</a>", "</body>"]
TEXTS = ["本文", " ", "a\nb", "│ x", OPENING, CLOSING, "─", "参加者", "<", "&lt;"]
OTHERS = [
    "<!-- x -->",
    "<style>p {}</style>",
    "<a href='https://example.org'>",
    with_block_in_html("", BLOCK),
]
PIECES = st.lists(st.sampled_from(TAGS + TEXTS + OTHERS), max_size=15).map("".join)


@given(PIECES, st.sampled_from(["", BLOCK, NEW]))
@settings(max_examples=300, deadline=None)
def test_whatever_the_markup_nothing_that_a_person_wrote_is_lost(html: str, block: str) -> None:
    before = body_of(html)
    after = body_of(sent(html, Field.BLOCK, block=block))
    assert after == Body(before.own, block)
    assert body_of(sent(html, Field.BODY, body="新")) == Body("新", before.block)


def test_a_body_without_a_block_is_left_as_it_is() -> None:
    assert without_block_in_html("<p>│ a</p>\r\n\r\n<br>") == "<p>│ a</p>\r\n\r\n<br>"


@pytest.mark.parametrize("piece", ["<!--", "<style>", "<", "<div>", f"<div>{OPENING}<br>│ a", "│ a<br>"])
def test_large_and_broken_markup_takes_no_long_time(piece: str) -> None:
    html = OPENING + "<br>│ x<br>" + piece * (100_000 // len(piece))
    assert body_of(sent(html, Field.BLOCK, block=NEW)).block == NEW


# What has to be known for it.


def patch(
    event: Event, names: Collection[Field], residue: Residue | None = None, html: str | None = None
) -> dict[str, object]:
    return update_to_graph(
        event, names, zone="Asia/Tokyo", types=TypeTable(), residue=residue or {}, current_body_html=html
    )


@pytest.mark.parametrize(
    ("names", "residue"),
    [([Field.BLOCK], {}), ([Field.BODY], {"block": True}), ([Field.BODY], {"online": True})],
)
def test_without_the_current_body_nothing_is_written_that_needs_it(
    names: list[Field], residue: Residue
) -> None:
    with pytest.raises(CannotSync):
        patch(timed("x", body="a", block=BLOCK), names, residue)
    assert patch(timed("x", body="a"), names, residue, "")


def test_other_fields_do_not_touch_the_body() -> None:
    names = [name for name in Field if name not in (Field.BODY, Field.BLOCK)]
    assert "body" not in patch(timed("x", body="a", block=BLOCK), names, {"block": True, "online": True})


def test_a_block_is_looked_up_before_it_is_written() -> None:
    wire = Wire(
        batch_of(answer(200, graph_event(body=JOINED, isOnlineMeeting=True))),
        batch_of(answer(200, graph_event())),
    )
    shown = Seen(wire.calendar.side, "E1", "v", timed("a"))
    wire.write(update(shown, timed("a", block=BLOCK), Field.BLOCK))
    look, sent_item = wire.items
    assert (look["method"], sent_item["method"]) == ("GET", "PATCH")
    assert set(sent_item["body"]) == {"body"}
    assert "<div>old</div>" in sent_item["body"]["body"]["content"]
    assert "meetup-join" in sent_item["body"]["body"]["content"]


# The simulator.


def page_of(world: World, event_id: str) -> str:
    content: str = next(e for e in world.mailbox.events() if e["id"] == event_id)["body"]["content"]
    return content


def test_a_block_comes_and_goes_and_the_persons_page_stays() -> None:
    world = make_world()
    calendar = open_calendar(world)
    event_id = world.mailbox.create(subject="x", body=FORMATTED, **hour(date(2026, 9, 2)))
    before = page_of(world, event_id)
    (shown,) = calendar.read([event_id]).values()
    assert isinstance(shown, Seen)
    shown = made(calendar, update(shown, replace(shown.event, block=BLOCK), Field.BLOCK))
    assert (shown.event.body, shown.event.block) == (html_to_text(FORMATTED), BLOCK)
    shown = made(calendar, update(shown, replace(shown.event, title="新"), Field.TITLE))
    assert FORMATTED in page_of(world, event_id)
    shown = made(calendar, update(shown, replace(shown.event, body="書き直し"), Field.BODY))
    assert (shown.event.body, shown.event.block) == ("書き直し", BLOCK)
    world.mailbox.edit(event_id, body=before)
    shown = made(calendar, update(shown, shown.event, Field.BLOCK, version=""))
    shown = made(calendar, update(shown, replace(shown.event, block=""), Field.BLOCK))
    assert page_of(world, event_id) == before


def test_an_online_meeting_stays_one_with_text_and_block() -> None:
    world = make_world()
    calendar = open_calendar(world)
    event_id = world.mailbox.create(
        subject="x", body=FORMATTED, is_online_meeting=True, **hour(date(2026, 9, 2))
    )
    (shown,) = calendar.read([event_id]).values()
    assert isinstance(shown, Seen)
    for names, wanted in (
        ([Field.BLOCK], replace(shown.event, block=BLOCK)),
        ([Field.BODY], replace(shown.event, body="新", block=BLOCK)),
        ([Field.BODY, Field.BLOCK], replace(shown.event, body="もう一度", block=NEW)),
        ([Field.BLOCK], replace(shown.event, body="もう一度", block="")),
    ):
        shown = made(calendar, update(shown, wanted, *names))
        assert (shown.event.body, shown.event.block) == (wanted.body, wanted.block)
        assert shown.residue.get("online") is True
        (event,) = world.mailbox.events()
        assert event["isOnlineMeeting"] is True


def test_a_create_writes_text_and_block() -> None:
    shown = made(open_calendar(make_world()), create("x", body="本文", block=BLOCK))
    assert (shown.event.body, shown.event.block) == ("本文", BLOCK)
    assert shown.residue == {"block": True}
    assert canonical_body(BLOCK) == BLOCK
