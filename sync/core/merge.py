"""Three-way merge by field: what one side edited goes to the other, what both edited goes by the rule."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.change import Seen
from sync.core.event import FIELDS, Event, Field, Importance, ShowAs, Side, Visibility, value
from sync.core.fingerprint import canonical, digest, edited
from sync.core.link import Base
from sync.core.rules import Rules
from sync.core.settings import ConflictRule, Direction


@dataclass(frozen=True, slots=True)
class Loss:
    """A value that the conflict rule overwrites on `side`: goes to the history first (law 3)."""

    side: Side
    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Fields to write to each side, taken from the other one; and what is lost by it."""

    to_groupware: frozenset[Field] = frozenset()
    to_outlook: frozenset[Field] = frozenset()
    losses: tuple[Loss, ...] = ()

    def to(self, side: Side) -> frozenset[Field]:
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
    source: Seen, target: Seen | None, target_base: Base, names: frozenset[Field], rules: Rules
) -> frozenset[Field]:
    """Of the fields edited on one side, those that change anything on the other side, which nobody edited.

    `target`: the other side's event where it was shown; else its base says what stands there.
    """
    side = source.side.other
    fitted = rules.fitted(source.event, side)
    return frozenset(
        name
        for name in names & rules.capabilities[side].fields
        if _says(source.event, name)
        and digest(fitted, name) != (digest(target.event, name) if target else target_base.digests.get(name))
    )


def merge(groupware: Seen, outlook: Seen, g_base: Base | None, o_base: Base | None, rules: Rules) -> Merge:
    """Both sides in hand. Without a base (a first link) every difference counts as edited on both sides."""
    g_edited = _edited(groupware, g_base, rules)
    o_edited = _edited(outlook, o_base, rules)
    first_link = not (g_base and g_base.digests and o_base and o_base.digests)
    to: dict[Side, set[Field]] = {Side.GROUPWARE: set(), Side.OUTLOOK: set()}
    losses: list[Loss] = []
    for name in FIELDS:
        if name not in g_edited | o_edited or _agree(name, groupware.event, outlook.event, rules):
            continue
        if name in g_edited and name in o_edited:
            winner, is_loss = _winner(name, groupware, outlook, rules, first_link)
            loser = outlook if winner is Side.GROUPWARE else groupware
            if is_loss and rules.may_write(loser.side):
                losses.append(Loss(loser.side, name, canonical(value(loser.event, name))))
        else:
            winner = Side.GROUPWARE if name in g_edited else Side.OUTLOOK
        target = winner.other
        source = groupware if winner is Side.GROUPWARE else outlook
        if name in rules.capabilities[target].fields and _says(source.event, name):
            to[target].add(name)
    return Merge(frozenset(to[Side.GROUPWARE]), frozenset(to[Side.OUTLOOK]), tuple(losses))


def _edited(seen: Seen, base: Base | None, rules: Rules) -> frozenset[Field]:
    held = rules.capabilities[seen.side].fields
    return edited(seen.event, base.digests, held, base.announced) if base is not None else held


def _says(event: Event, name: Field) -> bool:
    """A groupware that says nothing about a reminder must not switch Outlook's off."""
    return not (name is Field.REMINDER and event.reminder is None)


def _agree(name: Field, groupware: Event, outlook: Event, rules: Rules) -> bool:
    """Equal, or equal after one side has cut it to what it can hold."""
    if not (_says(groupware, name) and _says(outlook, name)):
        return True
    there = value(rules.fitted(groupware, Side.OUTLOOK), name)
    here = value(rules.fitted(outlook, Side.GROUPWARE), name)
    return canonical(there) == canonical(value(outlook, name)) or canonical(here) == canonical(
        value(groupware, name)
    )


def _winner(name: Field, groupware: Seen, outlook: Seen, rules: Rules, first_link: bool) -> tuple[Side, bool]:
    """Who wins a field that both edited, and whether the loser said something worth keeping."""
    if first_link and name in _SAYS_NOTHING:
        if value(groupware.event, name) == _SAYS_NOTHING[name]:
            return Side.OUTLOOK, False
        if value(outlook.event, name) == _SAYS_NOTHING[name]:
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


def _newest(groupware: Seen, outlook: Seen) -> Side:
    """The later last-modified time; a tie or an unknown time goes to the groupware, where schedules are kept."""
    if groupware.modified is None or outlook.modified is None:
        return Side.GROUPWARE
    return Side.OUTLOOK if outlook.modified > groupware.modified else Side.GROUPWARE
