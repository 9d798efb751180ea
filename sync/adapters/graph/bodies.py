"""The body of an event: the person's own text, our block about participants, and the join block of an online meeting.

They stand in this order. What is not written stays: a new text keeps both blocks, a new block keeps the person's text
with its formatting, and nothing ever loses the join block (graph-calendar.md T50).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sync.adapters.graph.block_markup import with_block_in_html, without_block_in_html
from sync.adapters.graph.wire import Item, object_at, text_at
from sync.core.event import Event, Field
from sync.core.join_block import split_join_block
from sync.core.people_block import split_block
from sync.core.text import canonical_body, html_to_text, text_to_html


class Body(NamedTuple):
    """`own` and `block` as texts."""

    own: str
    block: str


def body_from_graph(item: Item) -> Body:
    """Without the join block."""
    body = object_at(item, "body")
    content = text_at(body, "content")
    if text_at(body, "contentType").lower() == "text":
        return Body(*split_block(canonical_body(content)))
    return _read(split_join_block(content, online=is_online(item))[0])


def body_to_graph(
    event: Event, names: Collection[Field], current_html: str, *, online: bool
) -> dict[str, str]:
    """The body for a write of BODY, BLOCK or both; `current_html` is the body that it replaces, "" for none."""
    own_html, join_block = split_join_block(current_html, online=online)
    now = _read(own_html)
    block = event.block if Field.BLOCK in names else now.block
    if Field.BODY in names:
        own, html = event.body, text_to_html(event.body)
    else:
        own, html = now.own, without_block_in_html(own_html)
    content = with_block_in_html(html, block)
    if _read(content) != Body(canonical_body(own), split_block(block)[1]):
        # The person's markup cannot be told from the block's: the text stays, its formatting goes.
        content = with_block_in_html(text_to_html(own), block)
    return {"contentType": "html", "content": f"{content}<br>\r\n{join_block}" if join_block else content}


def _read(html: str) -> Body:
    return Body(*split_block(html_to_text(html)))


def is_online(item: Item) -> bool:
    """Whether the body carries join information that a write must not lose."""
    if item.get("isOnlineMeeting") is True:
        return True
    return bool(split_join_block(text_at(object_at(item, "body"), "content"), online=False)[1])
