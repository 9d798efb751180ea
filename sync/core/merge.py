"""Three-way merge by part: what one side edited goes to the other, what both edited goes by the rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sync.core.capabilities import Capabilities
from sync.core.change import Seen
from sync.core.event import Event, Field, Importance, ShowAs, Side, Visibility, value
from sync.core.fingerprint import canonical_part, digests, digests_of, edited
from sync.core.link import Base
from sync.core.parts import CANCELLED, field_of, is_detail
from sync.core.rules import Rules
from sync.core.settings import ConflictRule, Direction
from sync.core.who import ROOM, split_occurrence, who_part


@dataclass(frozen=True, slots=True)
class Loss:
    """A value that the conflict rule overwrites on `side`: goes to the history first (law 3). `part`: its name."""

    side: Side
    part: str
    value: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Parts to write to each side, taken from the other one; and what is lost by it."""

    to_groupware: frozenset[str] = frozenset()
    to_outlook: frozenset[str] = frozenset()
    losses: tuple[Loss, ...] = ()

    def to(self, side: Side) -> frozenset[str]:
        return self.to_groupware if side is Side.GROUPWARE else self.to_outlook


# A value that says nothing: when two events are linked for the first time, anything said wins over it.
_SAYS_NOTHING: dict[Field, object] = {
    Field.TITLE: "",
    Field.PLACE: "",
    Field.BODY: "",
    Field.EVENT_TYPE: "",
    Field.SHOW_AS: ShowAs.BUSY,
    Field.IMPORTANCE: Importance.NORMAL,
    Field.VISIBILITY: Visibility.PUBLIC,
}


def one_way(
    source: Seen, target: Seen | None, target_base: Base, names: frozenset[str], rules: Rules
) -> frozenset[str]:
    """Of the parts edited on one side, those that change anything on the other side, which nobody edited.

    `target`: the other side's event where it was shown; else its base says what stands there.
    """
    side = source.side.other
    names = _with_place(_with_block(names, side), side)
    wanted = digests_of(rules.fitted(source.event, side), names)
    there = digests_of(target.event, names) if target else target_base.digests
    return frozenset(
        name
        for name in _holdable(names, rules.capabilities[side])
        if _says(source.event, name) and wanted[name] != there.get(name, "" if is_detail(name) else None)
    )


def _with_block(names: frozenset[str], target: Side) -> frozenset[str]:
    """Who takes part also stands in the block of Outlook's body."""
    if target is not Side.OUTLOOK:
        return names
    return names | {_beside(name, Field.BLOCK) for name in names if who_part(name)}


def _with_place(names: frozenset[str], target: Side) -> frozenset[str]:
    """Without a place of its own an event has its facilities as the place in Outlook."""
    if target is not Side.OUTLOOK:
        return names
    return names | {
        _beside(name, Field.PLACE) for name in names if (who := who_part(name)) and who.kind == ROOM
    }


def _beside(part: str, name: Field) -> str:
    """The field of the same event, or of the same occurrence, as a part."""
    original, _ = split_occurrence(part)
    return f"{original}/{name}" if original else name


def _holdable(names: Iterable[str], side: Capabilities) -> Iterator[str]:
    for name in names:
        who, field = who_part(name), field_of(name)
        if who.kind in side.people if who else field in side.fields or field == CANCELLED:
            yield name


def merge(groupware: Seen, outlook: Seen, g_base: Base | None, o_base: Base | None, rules: Rules) -> Merge:
    """Both sides in hand. Without a base (a first link) every difference counts as edited on both sides."""
    g_edited = _edited(groupware, g_base, rules)
    o_edited = _edited(outlook, o_base, rules)
    first_link = not (g_base and g_base.digests and o_base and o_base.digests)
    to: dict[Side, set[str]] = {Side.GROUPWARE: set(), Side.OUTLOOK: set()}
    losses: list[Loss] = []
    texts = _Texts(groupware.event, outlook.event, rules)
    g_edited = _with_block(g_edited, Side.OUTLOOK)
    for name in _in_order(g_edited | o_edited):
        # Who takes part is left as it is when two events are linked: it would invite people to what they have.
        if texts.agree(name) or (first_link and (who_part(name) or field_of(name) == Field.BLOCK)):
            continue
        if name in g_edited and name in o_edited:
            winner, is_loss = _winner(name, groupware, outlook, rules, first_link)
            loser = outlook if winner is Side.GROUPWARE else groupware
            if is_loss and rules.may_write(loser.side):
                losses.append(Loss(loser.side, name, canonical_part(loser.event, name)))
        else:
            winner = Side.GROUPWARE if name in g_edited else Side.OUTLOOK
        target = winner.other
        source = groupware if winner is Side.GROUPWARE else outlook
        if any(_holdable((name,), rules.capabilities[target])) and _says(source.event, name):
            to[target].add(name)
    return Merge(frozenset(to[Side.GROUPWARE]), frozenset(to[Side.OUTLOOK]), tuple(losses))


def _in_order(names: frozenset[str]) -> list[str]:
    """The event's own fields first, in their order; then its details."""
    return [n for n in Field if n in names] + sorted(n for n in names if is_detail(n))


def _edited(seen: Seen, base: Base | None, rules: Rules) -> frozenset[str]:
    held = rules.capabilities[seen.side].fields
    if base is None:
        return frozenset(digests(seen.event, held))
    return edited(seen.event, base.digests, held, base.announced)


def _says(event: Event, name: str) -> bool:
    """A groupware that says nothing about a reminder must not switch Outlook's off."""
    return not (field_of(name) == Field.REMINDER and canonical_part(event, name) == "-")


class _Texts:
    """Both events' parts as texts, and as they look after the other side has held them."""

    def __init__(self, groupware: Event, outlook: Event, rules: Rules) -> None:
        self._shown = {Side.GROUPWARE: groupware, Side.OUTLOOK: outlook}
        self._rules = rules

    @cached_property
    def _fitted(self) -> dict[Side, Event]:
        return {side.other: self._rules.fitted(event, side.other) for side, event in self._shown.items()}

    def agree(self, name: str) -> bool:
        """Equal, or equal after one side has cut it to what it can hold."""
        if not all(_says(event, name) for event in self._shown.values()):
            return True
        return any(
            canonical_part(self._fitted[side], name) == canonical_part(self._shown[side], name)
            for side in Side
        )


def _winner(name: str, groupware: Seen, outlook: Seen, rules: Rules, first_link: bool) -> tuple[Side, bool]:
    """Who wins a part that both edited, and whether the loser said something worth keeping."""
    if first_link:
        if _says_nothing(groupware.event, name):
            return Side.OUTLOOK, False
        if _says_nothing(outlook.event, name):
            return Side.GROUPWARE, False
    if rules.direction is not Direction.BOTH:
        source = Side.GROUPWARE if rules.direction is Direction.TO_OUTLOOK else Side.OUTLOOK
        return source, True
    match rules.conflict:
        case ConflictRule.GROUPWARE:
            return Side.GROUPWARE, True
        case ConflictRule.OUTLOOK:
            return Side.OUTLOOK, True
        case ConflictRule.NEWEST:
            return _newest(groupware, outlook), True


def _says_nothing(event: Event, name: str) -> bool:
    if is_detail(name):
        return canonical_part(event, name) == ""
    return Field(name) in _SAYS_NOTHING and value(event, Field(name)) == _SAYS_NOTHING[Field(name)]


def _newest(groupware: Seen, outlook: Seen) -> Side:
    """The later last-modified time; a tie or an unknown time goes to the groupware, where schedules are kept."""
    if groupware.modified is None or outlook.modified is None:
        return Side.GROUPWARE
    return Side.OUTLOOK if outlook.modified > groupware.modified else Side.GROUPWARE
