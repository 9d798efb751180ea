"""What is asked for by id before anything is concluded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from sync.core.change import Observation, Seen
from sync.core.event import Side
from sync.engine.observe import confirm
from tests.core.samples import NOW, WINDOW, G, O, linked, meeting, rules, seen, shown


class Asked:
    """A calendar that answers every look-up with the current state and remembers what it was asked for."""

    def __init__(self, side: Side, current: Seen) -> None:
        self.side, self.current = side, current
        self.ids: list[str] = []

    def read(self, ids: list[str]) -> dict[str, Observation]:
        self.ids += ids
        return dict.fromkeys(ids, self.current)


def test_an_older_state_delivered_again_is_replaced_by_the_present_one() -> None:
    agreed = rules().fitted(meeting(), O)
    link = linked(meeting())
    assert link.outlook is not None
    link = replace(link, outlook=replace(link.outlook, modified=NOW))
    older = replace(
        seen(O, replace(agreed, title="以前の件名"), version="0"), modified=NOW - timedelta(hours=1)
    )
    outlook, groupware = Asked(O, seen(O, agreed, version="1")), Asked(G, seen(G, meeting()))
    calendars = cast(Any, {G: groupware, O: outlook})
    sure = confirm(calendars, {G: shown(G), O: shown(O, older)}, [link], WINDOW, NOW, ("default", "u1"))
    assert (outlook.ids, groupware.ids) == (["o1"], [])
    assert sure[O].observations["o1"] == outlook.current
