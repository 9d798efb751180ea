"""Events that several people share: who is who in them, whose pass writes them, and which meeting is which record.

Decides for one person's pass (design.md 6), before planning; claims keep two passes from importing one meeting twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.core.action import Action, Kind
from sync.core.attendance import with_occurrences
from sync.core.change import Observation, Role, Seen
from sync.core.event import Event, Side
from sync.core.guests import WAITS_FOR_COPY, WAITS_FOR_HOST, WAITS_FOR_ORGANIZER
from sync.core.link import Link
from sync.core.parts import occurrence_id, split_id
from sync.core.people import People, address_key
from sync.core.rules import Rules
from sync.core.settings import ParticipantsMode
from sync.core.sharing import host_of, resolved
from sync.core.snapshot import Snapshot
from sync.errors import Moved
from sync.ports import Calendar, Meeting, Meetings

G, O = Side.GROUPWARE, Side.OUTLOOK  # noqa: E741
ANSWERS = ("accepted", "declined", "tentative")


@dataclass(slots=True)
class Sharing:
    """One pass's view. `meetings` is asked only where something is shared."""

    meetings: Meetings
    people: People
    rules: Rules
    attending: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # The groupware events that this pass brought in from meetings of others.
    imported: frozenset[str] = frozenset()
    # Looks only: nothing is claimed.
    is_preview: bool = False

    @classmethod
    def of(
        cls, meetings: Meetings, people: People, rules: Rules, links: Iterable[Link], is_preview: bool = False
    ) -> Sharing:
        attending: dict[str, frozenset[str]] = {}
        imported: set[str] = set()
        for link in links:
            if link.groupware is not None and link.outlook is not None:
                attending[link.groupware.id] = frozenset(p for p in link.outlook.digests if "/" in p)
                if link.role is Role.IMPORTED:
                    imported.add(link.groupware.id)
        return cls(meetings, people, rules, attending, frozenset(imported), is_preview)

    @property
    def _has_own_copies(self) -> bool:
        """Everybody's pass then carries the own copy over, and there is nothing to claim."""
        return self.rules.capabilities[G].has_own_copies

    def view(self, snapshots: Mapping[Side, Snapshot], groupware: Calendar) -> dict[Side, Snapshot]:
        """Both sides as the planner sees them, with the records of which only a guest's copy was shown."""
        copies = self.seen(O, snapshots[O].observations)
        records = dict(snapshots[G].observations)
        meant = {
            c.meeting for c in copies.values() if isinstance(c, Seen) and c.role is Role.GUEST and c.meeting
        }
        if meant - records.keys():
            records |= groupware.read(sorted(meant - records.keys()))
        return {
            G: replace(snapshots[G], observations=self.seen(G, records)),
            O: replace(snapshots[O], observations=copies),
        }

    def seen(self, side: Side, found: Mapping[str, Observation]) -> dict[str, Observation]:
        shown = {i: self.resolved(one) if isinstance(one, Seen) else one for i, one in found.items()}
        shared = [one for one in shown.values() if isinstance(one, Seen) and self._is_shared(one)]
        if not shared:
            return shown
        roles = self._of_records(shared) if side is G else self._of_copies(shared)
        return {**shown, **{one.id: one for one in roles}}

    def resolved(self, seen: Seen) -> Seen:
        """Users and facilities instead of addresses."""
        if seen.side is O:
            event = resolved(seen.event, self.people, self.rules.user)
            return replace(seen, event=with_own_answer(event, self.rules.user))
        attending = self.attending.get(seen.id, frozenset())
        return replace(seen, event=replace(seen.event, attending=attending), meeting=seen.id)

    def _is_shared(self, seen: Seen) -> bool:
        if seen.side is O:
            return not seen.event.is_host or any(len(e.participants) > 1 for e in with_dates(seen.event))
        people = (one for event in with_dates(seen.whole or seen.event) for one in event.participants)
        return any(one.user != self.rules.user for one in people)

    # -- groupware records ----------------------------------------------------------------------------------

    def _of_records(self, shared: Sequence[Seen]) -> list[Seen]:
        if self._has_own_copies:
            return [self._own_record(seen) for seen in shared]
        ids = [seen.id for seen in shared]
        ids += [split_id(seen.id)[0] for seen in shared if seen.whole is not None]
        claims = self.meetings.by_groupware_ids(self.rules.organization, list(dict.fromkeys(ids)))
        return [self._date(seen, claims) or self._record(seen, claims.get(seen.id)) for seen in shared]

    def _date(self, seen: Seen, claims: Mapping[str, Meeting]) -> Seen | None:
        """A date that its person has alone: where the series is a meeting, Exchange makes a copy of that date."""
        if seen.whole is None or seen.id in claims:
            return None
        claim = claims.get(split_id(seen.id)[0])
        if (claim is None and self._is_plain(seen.whole)) or (claim is not None and not claim.host):
            return None
        host = host_of(seen.whole, self.people, claim.host if claim is not None else None)
        if host is None:
            return None
        waits = WAITS_FOR_HOST if claim is None or not claim.uid else WAITS_FOR_COPY
        return replace(seen, role=Role.GUEST, waits=waits)

    def _is_plain(self, event: Event) -> bool:
        """Whether everyone gets an event of their own."""
        return self.rules.mode is ParticipantsMode.APPOINTMENTS or self.rules.is_over(event)

    def _own_record(self, seen: Seen) -> Seen:
        """Who takes part stands in the body: the others have copies, which an invitation would double."""
        role = Role.IMPORTED if seen.id in self.imported else Role.OWN
        return replace(seen, event=replace(seen.event, invites=False), role=role)

    def _record(self, seen: Seen, claim: Meeting | None) -> Seen:
        if claim is None and self._is_plain(seen.event):
            return seen
        if claim is not None and not claim.host:  # everyone has an own event of it
            return replace(seen, event=replace(seen.event, invites=False))
        host = host_of(seen.event, self.people, self._host(claim))
        if host is None or host == self.rules.user:
            if claim is None or not claim.is_external:
                return replace(seen, role=Role.OWN)
            if claim.host != self.rules.user:
                self._take_over(claim)
            return replace(seen, role=Role.IMPORTED)
        waits = WAITS_FOR_HOST if claim is None or not claim.uid else WAITS_FOR_COPY
        return replace(seen, role=Role.GUEST, waits=waits)

    def _host(self, claim: Meeting | None) -> str | None:
        """Who is to stay the host. Any guest can bring an outsider's meeting in, so it waits for nobody."""
        return claim.host if claim is not None and not self._is_abandoned(claim) else None

    def _is_abandoned(self, claim: Meeting) -> bool:
        """Nobody's pass is going to do what its host's would."""
        is_waiting = claim.host in self.people.paused and not claim.is_external
        return claim.host not in self.people.linked and not is_waiting

    # -- Outlook meetings -------------------------------------------------------------------------------------

    def _of_copies(self, shared: Sequence[Seen]) -> list[Seen]:
        if self._has_own_copies:
            return [one if one.event.is_host else replace(one, role=Role.IMPORTED) for one in shared]
        uids = [seen.uid for seen in shared if seen.uid]
        uids += [seen.part_of[0] for seen in shared if seen.part_of is not None]
        claims = self.meetings.by_uids(self.rules.organization, uids)
        return [
            self._copy_of_date(seen, claims) or self._copy(seen, claims.get(seen.uid or ""))
            for seen in shared
        ]

    def _copy_of_date(self, seen: Seen, claims: Mapping[str, Meeting]) -> Seen | None:
        """The copy of one date of a meeting that is a record: that date of the record is watched."""
        if seen.part_of is None or seen.event.is_host or seen.uid in claims:
            return None
        uid, original = seen.part_of
        if uid not in claims:
            return None
        record = claims[uid].groupware_id
        meeting = occurrence_id(record, original) if record else ""
        return replace(seen, role=Role.GUEST, meeting=meeting, waits=WAITS_FOR_ORGANIZER)

    def _copy(self, seen: Seen, claim: Meeting | None) -> Seen:
        if seen.event.is_host:
            if claim is not None and claim.is_external:
                self._take_back(claim)
            return seen
        if claim is None and not self._is_ours_to_import(seen):
            return replace(seen, role=Role.GUEST, waits=WAITS_FOR_ORGANIZER)
        if claim is None:
            ours = Meeting(self.rules.organization, seen.uid or "", "", self.rules.user, is_external=True)
            claim = ours if self.is_preview else self.meetings.claim(ours)
        if self._is_abandoned(claim):
            claim = self._take_over(claim)
        if claim.host == self.rules.user and claim.is_external:
            return replace(seen, role=Role.IMPORTED, meeting=claim.groupware_id)
        return replace(seen, role=Role.GUEST, meeting=claim.groupware_id, waits=WAITS_FOR_ORGANIZER)

    def _is_ours_to_import(self, seen: Seen) -> bool:
        """A meeting whose organizer is linked comes by the organizer's pass; a cancelled one comes never."""
        organizer = self.people.user_of(seen.event.organizer or "")
        is_ours = bool(seen.uid) and seen.hands_off is None and organizer not in self.people.linked
        # Who may not write there must not keep others from it.
        return is_ours and self.rules.may_write(G)

    def _take_over(self, claim: Meeting) -> Meeting:
        """Its host is no longer synced."""
        if self.is_preview:
            return replace(claim, host=self.rules.user)
        try:
            return self.meetings.bind(claim, host=self.rules.user)
        except Moved:
            return claim  # somebody else did so just now

    def _take_back(self, claim: Meeting) -> None:
        """It counted as an outsider's while its organizer, whose pass this is, was not linked."""
        if self.is_preview:
            return
        try:
            self.meetings.bind(claim, host=self.rules.user, is_external=False)
        except Moved:
            return  # another pass is at it; the next one sees what it did

    # -- after a write ----------------------------------------------------------------------------------------

    def note(self, action: Action, after: Mapping[Side, Seen]) -> None:
        """Claim the meeting of a record that this pass wrote or linked, before the Link says that it is done."""
        if self._has_own_copies:
            return
        groupware, outlook = (after.get(side) or action.seen.get(side) for side in (G, O))
        if groupware is None or outlook is None or action.link.role is Role.GUEST or not outlook.uid:
            return
        if not (self._is_shared(groupware) or is_meeting(outlook.event, self.rules.user)):
            return
        if not is_meeting(outlook.event, self.rules.user):
            is_new = self.rules.mode is ParticipantsMode.APPOINTMENTS and action.kind is Kind.CREATE
            if (is_new or action.kind is Kind.ADOPT) and groupware.event.invites:
                # Everyone has an own event of it, also when the mode is another one (failures.md F37).
                self.meetings.claim(Meeting(self.rules.organization, "", groupware.id, ""))
            return
        record = groupware.id
        claim = self.meetings.claim(Meeting(self.rules.organization, outlook.uid, record, self.rules.user))
        if (claim.uid, claim.groupware_id, claim.host) == (outlook.uid, record, self.rules.user):
            return
        try:
            self.meetings.bind(claim, uid=outlook.uid, groupware_id=record, host=self.rules.user)
        except Moved:
            return  # another pass is at it; the next one sees what it did


def is_meeting(event: Event, user: str) -> bool:
    """Whether Outlook holds anybody but the mailbox's owner in it, if only on one date."""
    if not event.is_host:
        return True
    organizer = address_key(event.organizer or "")
    people = (one for each in with_dates(event) for one in each.participants)
    return any(one.user != user and address_key(one.email or "") != organizer for one in people)


def with_dates(event: Event) -> Iterator[Event]:
    """The event, and its dates that differ."""
    yield event
    if event.recurrence is not None:
        yield from (one.event for one in event.recurrence.overrides)


def with_own_answer(event: Event, user: str) -> Event:
    """An attendee's copy knows its owner's answer, not what became of it in the organizer's mailbox."""
    event = with_occurrences(event, lambda one: with_own_answer(one.event, user))
    if event.is_host or event.own_response not in ANSWERS:
        return event
    people = tuple(
        replace(one, response=event.own_response) if one.user == user else one for one in event.participants
    )
    return replace(event, participants=people)
