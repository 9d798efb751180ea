"""The part of the control surface that is about meetings: answers, cancellations, rooms, and organizers outside."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import flask

from sync.sandbox.microsoft365 import people
from sync.sandbox.microsoft365.control_replies import Json, Reply, body, optional_body, show_user
from sync.sandbox.microsoft365.room_policy import RoomPolicy
from sync.sandbox.microsoft365.tenant import Tenant


def add_meeting_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    add_answer_routes(control, tenant)
    add_outside_routes(control, tenant)

    @control.post("/rooms")
    def add_room() -> Reply:
        """`{"name", "address", …}`; the rest are parameters of Set-CalendarProcessing, by either spelling."""
        return show_room(tenant, people.add_room(tenant, body()).id), 201

    @control.patch("/rooms/<room>")
    def change_room(room: str) -> Reply:
        """Parameters as above; what is left out stays."""
        user = tenant.user(room)
        if user.room is None:
            raise ValueError(f"{room} is no room")
        user.room = RoomPolicy.from_json({**asdict(user.room), **body()})
        return show_room(tenant, user.id)


def add_answer_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    """Bodies: `{"comment"?, "tell"?}`, and `{"propose": [start, end], "time_zone"?}` where a time can be proposed."""

    @control.post("/users/<user>/events/<event>/accept")
    def accept(user: str, event: str) -> Reply:
        tenant.mailbox(user).accept(event, **optional_body())
        return {}

    @control.post("/users/<user>/events/<event>/tentativelyAccept")
    def tentatively_accept(user: str, event: str) -> Reply:
        tenant.mailbox(user).tentatively_accept(event, **optional_body())
        return {}

    @control.post("/users/<user>/events/<event>/decline")
    def decline(user: str, event: str) -> Reply:
        tenant.mailbox(user).decline(event, **optional_body())
        return {}

    @control.post("/users/<user>/events/<event>/cancel")
    def cancel(user: str, event: str) -> Reply:
        tenant.mailbox(user).cancel(event)
        return {}

    @control.get("/users/<user>/copies/<uid>")
    def show_copy(user: str, uid: str) -> Reply:
        """The id of this mailbox's copy of a meeting, by iCalUId; null if there is none."""
        return {"id": tenant.mailbox(user).copy_of(uid)}


def add_outside_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    """Meetings of organizers outside the tenant, by iCalUId; `?date=2026-09-10` means one date of a series."""

    @control.post("/outside")
    def invite() -> Reply:
        """`{"organizer", "attendees", "name"?, …}`; the rest as for a person's event."""
        wanted = body()
        organizer, attendees = wanted.pop("organizer"), wanted.pop("attendees")
        return {"iCalUId": tenant.invite_from_outside(organizer, attendees, **wanted)}, 201

    @control.get("/outside/<uid>")
    def show_meeting(uid: str) -> Reply:
        tenant.post.deliver()
        content = tenant.outside.meetings[uid].content
        return {"iCalUId": uid, "subject": content.subject, "attendees": list(content.attendees)}

    @control.patch("/outside/<uid>")
    def change_meeting(uid: str) -> Reply:
        tenant.change_from_outside(uid, asked_date(), **body())
        return {"iCalUId": uid}

    @control.delete("/outside/<uid>")
    def cancel_meeting(uid: str) -> Reply:
        tenant.cancel_from_outside(uid, asked_date())
        return {}


def asked_date() -> date | None:
    text = flask.request.args.get("date")
    return None if text is None else date.fromisoformat(text)


def show_room(tenant: Tenant, room: str) -> Json:
    user = tenant.user(room)
    assert user.room is not None
    return {**show_user(user), "policy": asdict(user.room)}
