"""Builds the writes of an Action: a create with its idempotency key, an update of the fields that flow."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.core.action import Action, Kind
from sync.core.attendance import with_occurrences
from sync.core.change import SHARED, Role, Seen
from sync.core.event import Booking, Event, Side
from sync.core.fingerprint import digests
from sync.core.link import Base, Link, marker_of
from sync.core.merge import Merge
from sync.core.own_dates import declining
from sync.core.parts import CANCELLED, Original, field_of, occurrence_part, original_of
from sync.core.recurrence import occurrence_of
from sync.core.refusals import holds_others
from sync.core.rules import Reason, Rules
from sync.core.who import (
    ANSWER,
    ROOM,
    answer_part,
    participants_in,
    rooms_in,
    user_key,
    who_part,
    who_texts,
    with_part,
)
from sync.core.write import Verb, Write

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741


def create(link: Link, seen: Mapping[Side, Seen], target: Side, reason: str, rules: Rules) -> Action:
    """Create the event on `target`. A create that was announced before keeps its token (law 2)."""
    source = seen[target.other]
    again = link.intent is not None and link.intent.side is target
    token = link.intent.token if again and link.intent is not None else token_of(rules.token, link.key)
    before = _record_before(link, source.event, rules) if target is G else None
    held = link.outlook.digests if before is not None and link.outlook is not None else None
    fitted, lost = rules.fit(source.event, target, before, held)
    # A facility may be refused: it is booked when the event is there, so that the event itself always arrives.
    rooms = _rooms_in(fitted) if target is G else frozenset()
    if rooms:
        bare = replace(fitted, facilities=())
        fitted = with_occurrences(bare, lambda one: replace(one.event, facilities=()))
    write = Write(
        key=link.key,
        verb=Verb.CREATE,
        event=fitted,
        fields=frozenset(digests(fitted, rules.capabilities[target].fields)),
        token=token,
        marker=marker_of(rules.organization, rules.user, source.id) if target is O else "",
        uid=uid_of(source) if target is G else "",
        diagnostics=(*source.diagnostics, *lost),
    )
    unsent = {source.side: rooms} if rooms else {}
    return Action(Kind.CREATE, reason, link, seen, {target: write}, unsent=unsent, is_repeated=again)


def _record_before(link: Link, meeting: Event, rules: Rules) -> Event | None:
    """A record that comes back because its meeting was edited: with everybody it had, whom Outlook does not know too.

    None: it is new, or Outlook held it for one person alone, and it comes back for that one.
    """
    if link.intent is not None and link.intent.people:
        names: Iterable[str] = link.intent.people
    elif link.groupware is not None and holds_others(link, rules):
        names = link.groupware.digests
    else:
        return None
    people, rooms = participants_in(names), tuple(map(Booking, sorted(rooms_in(names))))

    def with_them(event: Event) -> Event:
        return replace(event, participants=people, facilities=rooms)

    return with_occurrences(with_them(meeting), lambda one: with_them(one.event))


def _rooms_in(event: Event) -> frozenset[str]:
    """The parts that say which facilities the event and its dates book."""
    return frozenset(p for p in digests(event) if (who := who_part(p)) is not None and who.kind == ROOM)


def token_of(token: str, key: str) -> str:
    """The idempotency key of one create of one pass, a UUID as text."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{token}\x1f{key}".encode()).digest()[:16], version=4))


def uid_of(outlook: Seen) -> str:
    """The uid of a groupware event made from an Outlook event: its iCalUId, or one made from its id where that
    is null (graph-calendar.md T48) or no plain word."""
    if outlook.uid and re.fullmatch(r"[\x21-\x7e]{1,255}", outlook.uid):  # contract.yaml, Uid
        return outlook.uid
    return "ol" + hashlib.sha256(outlook.id.encode()).hexdigest()[:30]


def merged_action(link: Link, seen: Mapping[Side, Seen], found: Merge, reason: str, rules: Rules) -> Action:
    """Both sides in hand: write to each what the other one won, unless the direction forbids it."""
    writes: dict[Side, Write] = {}
    unsent: dict[Side, frozenset[str]] = {}
    for target in (G, O):
        names = found.to(target)
        names = without_mute_dates(link, seen[target.other], seen[target], names, rules)
        if not names:
            continue
        if not rules.may_write(target) or (target is O and link.role is Role.IMPORTED):
            unsent[target.other] = names
            continue
        base = link.base(target) or Base(seen[target].id, seen[target].version, {})
        writes[target] = update_write(link, seen[target.other], seen[target], base, names, rules)
    kind = Kind.REFRESH if reason == Reason.BOTH_EDITED and not writes else Kind.MERGE
    if reason in (Reason.SAME_ON_BOTH, Reason.RECOGNISED):
        kind = Kind.ADOPT
    return Action(kind, reason, link, seen, writes, found.losses, unsent)


def update_write(
    link: Link, source: Seen, target: Seen | None, base: Base, names: frozenset[str], rules: Rules
) -> Write:
    fitted, lost = rules.fit(source.event, source.side.other)
    dates = declined_dates(link, source, target or base, names, rules)
    if dates:
        fitted = declining(fitted, dates, rules.user)
        names |= {occurrence_part(original, answer_part(user_key(rules.user))) for original in dates}
    return Write(
        key=link.key,
        verb=Verb.UPDATE,
        id=base.id,
        version=version_of(target, base),
        event=fitted,
        fields=names,
        residue=target.residue if target is not None else base.residue,
        diagnostics=(*source.diagnostics, *lost),
    )


def declined_dates(
    link: Link, outlook: Seen, groupware: Seen | Base, names: frozenset[str], rules: Rules
) -> frozenset[Original]:
    """The dates that one of several deleted from the own calendar: for the others they take place. Of a meeting that
    this person organizes they are called off."""
    is_called_off = link.role is Role.OWN and holds_others(link, rules)
    if outlook.side is not O or is_called_off or rules.people is None or not groupware.residue.get(SHARED):
        return frozenset()
    gone = {original_of(name) for name in names if field_of(name) == CANCELLED} - outlook.event.called_off
    return frozenset(o for o in gone if o is not None and occurrence_of(outlook.event, o) is None)


def without_mute_dates(
    link: Link, outlook: Seen, groupware: Seen | Base, names: frozenset[str], rules: Rules
) -> frozenset[str]:
    """The parts without deleted dates that are nobody's answer there: the groupware keeps none, or this person takes
    part as a group's member only."""
    parts = groupware.digests if isinstance(groupware, Base) else who_texts(groupware.event)
    if ANSWER in rules.capabilities[G].people and with_part(user_key(rules.user)) in parts:
        return names
    dates = declined_dates(link, outlook, groupware, names, rules)
    return names - {occurrence_part(original, CANCELLED) for original in dates}


def version_of(seen: Seen | None, base: Base) -> str:
    return seen.version if seen is not None else base.version
