"""Carries out writes on one calendar, some at a time, and says what became of each.

WebDAV has no batch: what the updates start from is read in one request, and what all the writes left in another. A
write's own answer says at most the new entity tag, while servers re-serialise what they are given (groupware.md 3.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.adapters.groupware.caldav.client import NoAnswer, Refused, broken, error_of
from sync.adapters.groupware.caldav.collection import Collection, Stored
from sync.adapters.groupware.caldav.context import Context
from sync.adapters.groupware.caldav.mapping import read_resource, write_resource
from sync.adapters.groupware.caldav.quirks import Quirks
from sync.core.change import SHARED, Seen, Unreadable
from sync.core.fingerprint import digests
from sync.core.write import Verb, Write
from sync.errors import CannotSync, Gone, Moved, NeedsAdministrator, TryLater
from sync.ports import Outcome

# Writes that are under way before the first of them is told: as many as a `$batch` of Graph has.
_TOGETHER = 20
_CONFLICTS = (409, 412)
_TAKEN = "no-uid-conflict"
StoredBy = Mapping[str, Stored | None]


@dataclass(frozen=True, slots=True)
class Sent:
    """A resource that was written: the text, and the etag that the answer gave ("" for none)."""

    name: str
    text: str
    etag: str


Done = Outcome | Sent


class Writer:
    def __init__(self, collection: Collection, quirks: Quirks, context: Callable[[], Context]) -> None:
        self._collection = collection
        self._quirks = quirks
        self._context = context

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        versions = _Versions()
        for some in together(writes):
            renewed = [versions.renewed(write) for write in some]
            for write, outcome in zip(some, self._carry_out(renewed), strict=False):
                versions.note(write, outcome)
                yield outcome

    def _carry_out(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        before = self._collection.read(w.id for w in writes if _needs_current(w))
        context = self._context()
        done: list[tuple[Write, Done]] = []
        stopped: TryLater | NeedsAdministrator | None = None
        for write in writes:
            try:
                done.append((write, self._one(write, before, context)))
            except (TryLater, NeedsAdministrator) as error:
                stopped = error
                break
        after = self._collection.read(one.name for _, one in done if isinstance(one, Sent))
        for write, one in done:
            yield self._told(write, one, after, context) if isinstance(one, Sent) else one
        if stopped is not None:
            raise stopped

    def _one(self, write: Write, before: StoredBy, context: Context) -> Done:
        try:
            match write.verb:
                case Verb.CREATE:
                    return self._create(write, context)
                case Verb.UPDATE:
                    return self._update(write, before[write.id], context)
                case Verb.DELETE:
                    return self._delete(write, before)
        except (CannotSync, Moved, Gone) as error:
            return Outcome(write.key, error=error)
        except NoAnswer:
            return Outcome(write.key, error=CannotSync("groupware-failing", {"status": "none"}))
        except Refused as refused:
            meant = error_of(refused)
            if isinstance(meant, CannotSync | Moved | Gone):
                return Outcome(write.key, error=meant)
            raise meant from refused

    # -- creating -------------------------------------------------------------------------------------------

    def _create(self, write: Write, context: Context) -> Done:
        """Under a name that follows from the token, so that no create happens twice."""
        name = f"{write.token}.ics"
        text = write_resource(None, write, context)
        if self._quirks.ignores_if_none_match:
            there = self._existing(write, name, context)
            if there is not None:
                return Outcome(write.key, there)
        try:
            return Sent(name, text, self._collection.create(name, text))
        except Refused as refused:
            if refused.status not in _CONFLICTS and _TAKEN not in refused.conditions:
                raise
            there = self._existing(write, name, context)
            if there is not None:
                return Outcome(write.key, there)
            if _TAKEN in refused.conditions:
                raise CannotSync("uid-taken") from refused
            raise self._not_moved(refused) from refused

    def _existing(self, write: Write, name: str, context: Context) -> Seen | None:
        """Our own earlier create, or an event that others made of the same Outlook event."""
        found = self._collection.read([name])[name]
        candidates = [found] if found is not None else []
        if not candidates and write.uid:
            candidates = list(self._collection.with_uid(write.uid).values())
        for one in candidates:
            seen = seen_of(one, context)
            if isinstance(seen, Seen) and (one is found or seen.uid == write.uid):
                return seen
        return None

    # -- changing -------------------------------------------------------------------------------------------

    def _update(self, write: Write, before: Stored | None, context: Context) -> Done:
        if before is None:
            raise Gone("gone")
        if write.version and before.version != write.version:
            raise Moved("event-moved")
        text = write_resource(before.text, write, context)
        if text == before.text:
            return Outcome(write.key, _must_see(before, context))
        try:
            return Sent(before.name, text, self._collection.replace(before, text))
        except Refused as refused:
            if refused.status not in _CONFLICTS or refused.conditions:
                raise
            now = self._collection.read([before.name])[before.name]
            if now is None:
                raise Gone("gone") from refused
            if now.version == before.version:
                raise self._not_moved(refused) from refused
            if refused.tries > 1 and _is_same(now, text, context):
                return Outcome(write.key, _must_see(now, context))  # only the first answer was lost
            raise Moved("event-moved") from refused

    def _delete(self, write: Write, before: StoredBy) -> Outcome:
        done = Outcome(write.key)
        etag = write.version
        if write.id in before:
            current = before[write.id]
            if current is None:
                return done
            if write.version and current.version != write.version:
                raise Moved("event-moved")
            etag = current.etag
        try:
            self._collection.delete(write.id, etag)
        except Refused as refused:
            if refused.status not in (404, 410, *_CONFLICTS):
                raise
            now = self._collection.read([write.id])[write.id]
            if now is None:
                return done
            if refused.status in (404, 410):
                raise broken("an event that is there and is not") from refused
            raise (self._not_moved(refused) if now.etag == etag else Moved("event-moved")) from refused
        return done

    def _not_moved(self, refused: Refused) -> CannotSync:
        """A condition that failed although nothing was edited."""
        meant = error_of(refused)
        if isinstance(meant, CannotSync):
            return meant
        if self._quirks.too_large_is_412:
            return CannotSync("too-large")
        status = str(refused.status)
        return CannotSync("groupware-refused", {"reason": status, "problem": status})

    # -- what is there afterwards ---------------------------------------------------------------------------

    def _told(self, write: Write, sent: Sent, after: StoredBy, context: Context) -> Outcome:
        """As the server shows it now; but what others did to it since is for the next round to tell (law 3), so that
        it is not taken for what we wrote."""
        now = after[sent.name]
        shown = seen_of(now, context) if now is not None else None
        ours = seen_of(Stored(sent.name, sent.etag, sent.text), context)
        if isinstance(ours, Unreadable):
            return Outcome(write.key, error=CannotSync(ours.code, ours.detail))
        if isinstance(shown, Seen):
            is_ours = now is not None and bool(sent.etag) and now.etag == sent.etag
            if is_ours or (not sent.etag and digests(shown.event) == digests(ours.event)):
                return Outcome(write.key, shown)
        return Outcome(write.key, ours if sent.etag else replace(ours, version=""))


def seen_of(resource: Stored, context: Context) -> Seen | Unreadable:
    seen = read_resource(resource.text, resource.name, resource.version, context)
    if isinstance(seen, Seen) and SHARED in seen.residue:
        # The others have copies of their own: this one is its owner's to delete.
        return replace(seen, residue={name: one for name, one in seen.residue.items() if name != SHARED})
    return seen


def _must_see(resource: Stored, context: Context) -> Seen:
    seen = seen_of(resource, context)
    if isinstance(seen, Unreadable):
        raise CannotSync(seen.code, seen.detail)
    return seen


def _is_same(now: Stored, text: str, context: Context) -> bool:
    """Whether the resource is what we sent, as far as we understand it."""
    shown, ours = seen_of(now, context), seen_of(replace(now, text=text), context)
    if isinstance(shown, Unreadable) or isinstance(ours, Unreadable):
        return False
    return digests(shown.event) == digests(ours.event)


def _needs_current(write: Write) -> bool:
    if write.verb is Verb.DELETE:
        # Without an entity tag there is no condition: what is deleted is looked at first.
        return not write.version or write.version.startswith("~")
    return write.verb is Verb.UPDATE


def together(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """Writes to one event follow each other: each of them starts from what the one before left."""
    some: list[Write] = []
    for write in writes:
        if len(some) == _TOGETHER or (write.id and any(write.id == one.id for one in some)):
            yield some
            some = []
        some.append(write)
    if some:
        yield some


class _Versions:
    """The versions that our own writes of one call have made: they count as those that were planned for."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], str] = {}

    def renewed(self, write: Write) -> Write:
        return replace(write, version=self._newest.get((write.id, write.version), write.version))

    def note(self, write: Write, outcome: Outcome) -> None:
        if write.id and write.version and outcome.seen is not None:
            self._newest[write.id, write.version] = outcome.seen.version
