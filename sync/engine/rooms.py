"""Rooms that declined: their calendars are asked who has them, once for each thing that can be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync.core.action import Action, Kind, Plan
from sync.core.event import Side
from sync.core.rooms import Inquiry, RoomBooking, complaint, inquiry, known
from sync.core.rules import Rules
from sync.errors import SyncError, TryLater
from sync.log import log
from sync.ports import RoomCalendarsOpener

# A first sync may bring many at once; those beyond are asked when their events are tried again.
MOST_QUESTIONS = 20


@dataclass(slots=True)
class RoomReasons:
    """One pass's. Nothing here stops a pass: a room that cannot be asked leaves its event as it was, declined."""

    rooms: RoomCalendarsOpener
    organization: str
    rules: Rules
    questions: int = 0

    def told(self, plan: Plan) -> Plan:
        """The Plan, its events with declined rooms saying who has them."""
        if not any(action.declined for action in plan.actions):
            return plan
        return Plan(tuple(self._told(action) if action.declined else action for action in plan.actions))

    def _told(self, action: Action) -> Action:
        people = self.rules.people
        assert people is not None
        event = action.seen[Side.OUTLOOK].event
        asked = inquiry(event, action.declined, people, self.rules.window)
        found = known(action.link.problem, asked)
        if action.kind is not Kind.PARK:
            # Who has it is asked once nothing is written any more.
            return replace(action, complaint=found or action.complaint)
        if found is None:
            found = complaint(asked, self._answers(asked), people, self.rules.window.zone)
        return replace(action, reason=found.code, detail=found.detail)

    def _answers(self, asked: Inquiry) -> dict[str, Sequence[RoomBooking] | None]:
        answers: dict[str, Sequence[RoomBooking] | None] = {}
        for facility, address in asked.rooms.items():
            reach = asked.reach(facility)
            if reach is None:  # a series without a date in the window
                answers[facility] = None
                continue
            if self.questions >= MOST_QUESTIONS:
                break
            self.questions += 1
            try:
                answers[facility] = self.rooms(self.organization).bookings(
                    address, *reach, self.rules.window.zone
                )
            except TryLater as error:
                # The service is in trouble: the pass, which holds a lease, waits for no more answers of this sort.
                self.questions = MOST_QUESTIONS
                log("room-not-read", error=error.code)
            except SyncError as error:
                # Outside the access policy, or no mailbox: asking again is of no use (graph-calendar.md 12.5).
                log("room-not-read", error=error.code)
                answers[facility] = None
        return answers
