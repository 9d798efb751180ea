"""Before an event counts as new: is it already on the other side? By marker, by uid, by what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC

from sync.core.change import Seen
from sync.core.event import AllDay, Event
from sync.core.link import marker_of

Likeness = tuple[str, ...]


def likeness(event: Event) -> Likeness:
    """What two hand-made copies of one event have in common: title, start, end, all-day, and being a series."""
    title = " ".join(event.title.split()).casefold()
    kind = "single" if event.recurrence is None else "series"
    span = event.span
    if isinstance(span, AllDay):
        return kind, title, "all-day", span.first.isoformat(), span.until.isoformat()
    return kind, title, "timed", span.start.astimezone(UTC).isoformat(), span.end.astimezone(UTC).isoformat()


def match(
    groupware: Iterable[Seen], outlook: Iterable[Seen], organization: str, user: str
) -> Iterator[tuple[Seen, Seen, bool]]:
    """Pairs of unlinked events that are one event, each used once; the flag says that our own marker or uid
    proves it (else they are merely alike). Surest evidence first, then in the order of the ids, so that the
    same world always gives the same pairs."""
    left = {seen.id: seen for seen in sorted(groupware, key=lambda s: s.id)}
    right = {seen.id: seen for seen in sorted(outlook, key=lambda s: s.id)}
    if not left or not right:
        return
    by_marker = {marker_of(organization, user, seen.id): seen for seen in left.values()}
    by_uid = {seen.uid: seen for seen in left.values() if seen.uid}
    for theirs in list(right.values()):
        ours = by_marker.get(theirs.marker or "") or by_uid.get(theirs.uid or "")
        if ours is not None and ours.id in left:
            del left[ours.id], right[theirs.id]
            yield ours, theirs, True
    alike: dict[Likeness, list[Seen]] = defaultdict(list)
    for ours in left.values():
        alike[likeness(ours.event)].append(ours)
    for theirs in right.values():
        candidates = alike.get(likeness(theirs.event))
        if candidates:
            yield candidates.pop(0), theirs, False
