"""Carry out a Plan: announce creates, write, and save each Link as soon as its writes have succeeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.core.action import Action, Kind, Plan
from sync.core.change import Seen
from sync.core.event import Side
from sync.core.link import Link
from sync.core.rules import Rules
from sync.core.settings import Connection
from sync.core.settlement import Refusal, announce, differing_fields, settle
from sync.core.write import Verb, Write
from sync.engine.observe import Calendars
from sync.engine.sharing import Sharing
from sync.engine.tenure import Tenure
from sync.errors import CannotSync, Gone, Moved, TryLater
from sync.ports import History, Kept, Links, Outcome

# How many settled Links may be unsaved at most: what a crash can cost is that much re-reading.
_FLUSH = 20


@dataclass(slots=True)
class Progress:
    """What became of the Actions so far. `again`: keys whose event moved while we wrote."""

    done: list[Action] = field(default_factory=list)
    parked: list[tuple[Action, Side, Refusal]] = field(default_factory=list)
    again: set[str] = field(default_factory=set)


class Applier:
    """One pass's writer. `links` is the stored state by key and is kept current."""

    def __init__(
        self,
        connection: Connection,
        calendars: Calendars,
        store: Links,
        history: History,
        tenure: Tenure,
        rules: Rules,
        links: dict[str, Link],
        pass_id: str,
        sharing: Sharing,
    ) -> None:
        self._connection = connection
        self._calendars = calendars
        self._store = store
        self._history = history
        self._tenure = tenure
        self._rules = rules
        self._pass_id = pass_id
        self._sharing = sharing
        self.links = links
        self._after: dict[str, dict[Side, Seen]] = {}
        self._refused: dict[str, dict[Side, Refusal]] = {}
        self._settled: list[Link] = []
        self._over: list[Link] = []

    def apply(self, plan: Plan) -> Progress:
        """Bookkeeping first, then creates and updates on both sides, deletes last."""
        progress = Progress()
        if any(action.writes for action in plan.actions):
            self._tenure.keep()  # reading may have taken longer than a lease lasts
        self._keep_losses(plan.actions)
        announced = self._announce(plan.actions)
        actions = {a.link.key: a for a in announced if a.kind is not Kind.SKIP}
        for action in list(actions.values()):
            if not action.writes:
                self._settle(action, progress)
        self._flush()
        waiting = {a.link.key: set(a.writes) for a in actions.values() if a.writes}
        for deletes in (False, True):
            for side in (Side.GROUPWARE, Side.OUTLOOK):
                writes = [
                    write
                    for action in actions.values()
                    if (write := action.writes.get(side)) is not None
                    and (write.verb is Verb.DELETE) == deletes
                ]
                self._write(side, writes, actions, waiting, progress)
        return progress

    def park(self, link: Link, code: str) -> None:
        """Leave a Link for the next pass, which reads both sides of it first."""
        action = Action(Kind.PARK, code, link, side=Side.OUTLOOK)
        parked = settle(action, {}, {}, self._rules)
        assert parked is not None
        self._settled.append(parked)
        self._flush()

    def _keep_losses(self, actions: Iterable[Action]) -> None:
        kept = [
            Kept(
                organization=self._connection.organization,
                user=self._connection.user,
                pass_id=self._pass_id,
                at=self._rules.now,
                side=loss.side,
                event_id=action.seen[loss.side].id,
                link=action.link.key,
                field=loss.part,
                value=loss.value,
            )
            for action in actions
            for loss in action.losses
        ]
        if kept:
            self._history.keep(kept)

    def _announce(self, actions: Sequence[Action]) -> list[Action]:
        """Save what is about to be sent, before it is sent: a crash then leaves neither a second event (law 2)
        nor an echo that looks like a person's edit (law 4)."""
        sending = [a for a in actions if any(w.verb is not Verb.DELETE for w in a.writes.values())]
        if not sending:
            return list(actions)
        saved = self._store.save(self._connection, [announce(a, self._rules) for a in sending])
        by_key = {link.key: link for link in saved}
        self.links.update(by_key)
        return [replace(a, link=by_key.get(a.link.key, a.link)) for a in actions]

    def _write(
        self,
        side: Side,
        writes: Sequence[Write],
        actions: Mapping[str, Action],
        waiting: dict[str, set[Side]],
        progress: Progress,
    ) -> None:
        if not writes:
            return
        try:
            for outcome in self._calendars[side].write(writes):
                self._note(side, outcome, actions[outcome.key], progress)
                waiting[outcome.key].discard(side)
                if not waiting[outcome.key] and outcome.key not in progress.again:
                    self._settle(actions[outcome.key], progress)
                if len(self._settled) + len(self._over) >= _FLUSH:
                    self._flush()
        except TryLater:
            self._flush()  # what succeeded stays known; the rest is read again by the next pass
            raise
        self._flush()

    def _note(self, side: Side, outcome: Outcome, action: Action, progress: Progress) -> None:
        verb = action.writes[side].verb
        match outcome.error:
            case None:
                if outcome.seen is not None:
                    self._after.setdefault(outcome.key, {})[side] = self._sharing.resolved(outcome.seen)
            case Gone() if verb is Verb.DELETE:
                pass  # it is gone, which was wanted
            case Gone() | Moved():
                progress.again.add(outcome.key)
            case CannotSync() as error:
                self._refused.setdefault(outcome.key, {})[side] = Refusal(error.code, error.detail)
            case error:
                raise error

    def _settle(self, action: Action, progress: Progress) -> None:
        key = action.link.key
        refused, after = self._refused.pop(key, {}), self._after.pop(key, {})
        self._sharing.note(action, after)
        link = settle(action, after, refused, self._rules)
        is_unfinished = action.kind is Kind.CREATE and bool(action.unsent) and not refused
        if is_unfinished or differing_fields(action, after):
            progress.again.add(key)
        if link is None:
            stored = self.links.get(key)
            if stored is not None:
                self._over.append(stored)
        elif link != action.link or link.etag is None:
            self._settled.append(link)
        progress.done.append(action)
        progress.parked += [(action, side, why) for side, why in refused.items()]

    def _flush(self) -> None:
        """Save what is settled, while we still hold the lease."""
        if not self._settled and not self._over:
            return
        self._tenure.keep()
        settled, self._settled = self._settled, []
        over, self._over = self._over, []
        if over:
            self._store.delete(self._connection, over)
            for link in over:
                self.links.pop(link.key, None)
        if settled:
            for link in self._store.save(self._connection, settled):
                self.links[link.key] = link
