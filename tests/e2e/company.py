"""Several linked people of one company, a room, and counted mails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sync.core.settings import Connection, OrganizationSettings
from sync.ports import PassRecord, PassState
from tests.e2e.office import AT
from tests.e2e.world import Conditions, World

Json = dict[str, Any]
END = "2026-11-18T11:00:00"
BOSS = "boss@elsewhere.example"
ROOM = "room1@example.com"


class Company:
    """花子, 太郎 and 次郎 are linked; 三郎 is not. There is one room, which is a facility of the groupware."""

    def __init__(self, world: World) -> None:
        self.world = world
        groupware = world.groupware
        self.hanako = world.connection
        self.taro = world.link(world.other_user, "taro@example.com")
        self.jiro = world.link(groupware.add_user("次郎", email="jiro@example.com"), "jiro@example.com")
        self.saburo = groupware.add_user("三郎", email="saburo@example.com")
        self.everyone: tuple[Connection, ...] = (self.hanako, self.taro, self.jiro)
        self.facility = groupware.add_facility("第一会議室")
        world.tenant.add_room("第一会議室", ROOM)
        world.facilities.link("default", self.facility, ROOM)
        for person, address in zip(self.everyone, ("hanako", "taro", "jiro"), strict=True):
            world.connections.update(person, email=f"{address}@example.com")

    # -- acts -------------------------------------------------------------------------------------------------

    def enter(
        self, *people: Connection | str, title: str = "打合せ", by: Connection | None = None, **more: Any
    ) -> str:
        """An event in the groupware; by the first of the people."""
        users = [one if isinstance(one, str) else one.user for one in people]
        event = {"title": title, "start": AT, "participants": [{"userId": u} for u in users], **more}
        return str(self.world.groupware.create(event, by=by.user if by else users[0])["id"])

    def change(self, event: str, **changes: Any) -> None:
        self.world.groupware.edit(event, changes, by=self.hanako.user)

    def invite(self, organizer: Connection, *addresses: str, subject: str = "会議", **more: Any) -> str:
        """A meeting that somebody organizes in Outlook; the id in the organizer's mailbox."""
        times = {"start": AT, "end": END} if "start" not in more else {}
        made: str = self.box(organizer).invite(list(addresses), subject=subject, **{**times, **more})
        return made

    def box(self, person: Connection) -> Any:
        return self.world.tenant.mailbox(person.mailbox)

    def run(self, *people: Connection) -> list[PassRecord]:
        """One pass of each; everyone's in order without a name."""
        records = []
        for person in people or self.everyone:
            record = self.world.run(person=person)
            assert record is not None
            assert record.state is PassState.DONE, record
            records.append(record)
        return records

    def settle(self) -> None:
        """Until what waits for others has been tried again."""
        for _ in range(3):
            self.run()
            self.world.clock.advance(1200)

    # -- looks ------------------------------------------------------------------------------------------------

    def outlook(self, person: Connection) -> list[Json]:
        events: list[Json] = self.box(person).events()
        return events

    def one(self, person: Connection) -> Json:
        (event,) = self.outlook(person)
        return event

    def records(self) -> list[Json]:
        """Every event of the groupware that concerns anybody, once."""
        users = [*(p.user for p in self.everyone), self.saburo]
        found = {e["id"]: e for user in users for e in self.world.groupware.events_of(user)}
        return list(found.values())

    def record(self, event: str) -> Json:
        found = self.world.groupware.get(event)
        assert found is not None
        return found

    def answers(self, event: str) -> dict[str, str]:
        return {p["userId"]: p["response"] for p in self.record(event)["participants"] if "userId" in p}

    def mails(self, kind: str | None = None) -> int:
        """Mails to people so far."""
        kinds = [kind] if kind else ["invitation", "update", "cancellation"]
        return sum(self.world.tenant.outbox.count(name) for name in kinds)

    def assert_still(self) -> None:
        """Nobody's pass writes anything any more."""
        self.settle()
        before = self.world.writes()
        self.run()
        assert self.world.writes() == before


@contextmanager
def company(**settings: Any) -> Iterator[Company]:
    world = World(Conditions(settings=OrganizationSettings(**settings)))
    try:
        yield Company(world)
    finally:
        world.close()


def caused(office: Company) -> int:
    """Mails of every kind, rooms' and answers too, that our requests caused and no person's act."""
    return sum(not mail.step.by_person for mail in office.world.tenant.outbox.mails())


def organizer(event: dict[str, Any]) -> str:
    return str(event["organizer"]["emailAddress"]["address"])


def standing(office: Company, person: Connection) -> list[dict[str, Any]]:
    """What is in the person's Outlook and was not cancelled."""
    return [event for event in office.outlook(person) if not event["isCancelled"]]


def from_outside(office: Company, *addresses: str, **more: Any) -> str:
    """A meeting that an outsider organizes, of 花子 and 太郎 if nobody is named; its uid."""
    invited = addresses or ("hanako@example.com", "taro@example.com")
    times = {"start": AT, "end": END}
    uid: str = office.world.tenant.invite_from_outside(BOSS, invited, subject="社外の会議", **times, **more)
    return uid
