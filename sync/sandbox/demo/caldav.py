"""The groupware's side of the demonstration on a CalDAV server: people with an ordinary calendar program.

Speaks WebDAV and iCalendar by itself, so that one misreading cannot hide in the service and in the comparison. Events
go in and come out in the connector contract's words, as the other outsides have them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import requests
from defusedxml.ElementTree import fromstring
from icalendar import Calendar, Event, vCalAddress

from sync.sandbox.demo.company import EVENT_TYPES, PEOPLE, ZONE, Person
from sync.sandbox.demo.equal import NAME_OF, length
from sync.sandbox.demo.outsides import PATIENCE, Refused

Json = dict[str, Any]

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
QUERY = b"""<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><d:getetag/><c:calendar-data/></d:prop>
<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"/></c:comp-filter></c:filter>
</c:calendar-query>"""
PRIORITIES = {"high": 1, "normal": 5, "low": 9}
_TIMES = ("form", "start", "end", "duration", "timeZone")


def company_list() -> str:
    """Who is who, as the service's list says it (README, CalDAV)."""
    users = [{"id": one.user, "name": one.name, "email": one.upn} for one in PEOPLE]
    return json.dumps({"users": users, "eventTypes": list(EVENT_TYPES)}, ensure_ascii=False)


class CaldavGroupware:
    """`account`: login and password of one that may use everybody's calendar."""

    def __init__(self, address: str, account: tuple[str, str]) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = account

    def add_company(self) -> None:
        for person in PEOPLE:
            self._send("MKCOL", f"/{person.user}/")
            self._send("MKCALENDAR", calendar_of(person.user))

    def events(self, user: str) -> list[Json]:
        return [event_from(name, calendar) for name, _, calendar in self._stored(user)]

    def create(self, user: str, event: Mapping[str, Any]) -> str:
        """Everybody who takes part enters the own copy, which is what a server that schedules would do."""
        uid = str(uuid4())
        people = [one["userId"] for one in event.get("participants", ())] or [user]
        for owner in people:
            component = Event()
            component.add("uid", uid)
            component.add("dtstamp", datetime.now(UTC))
            write_on(component, event)
            if len(people) > 1:
                invite(component, people)
            calendar = Calendar()
            calendar.add("version", "2.0")
            calendar.add("prodid", "-//demo//a calendar program//EN")
            calendar.add_component(component)
            calendar.add_missing_timezones()
            self._put(owner, f"{uid}.ics", calendar, {"If-None-Match": "*"})
        return f"{uid}.ics"

    def edit(self, user: str, event_id: str, changes: Mapping[str, Any]) -> None:
        for name, etag, calendar in self._stored(user):
            if name == event_id:
                write_on(master_of(calendar), {**event_from(name, calendar), **changes}, only=changes)
                calendar.add_missing_timezones()
                self._put(user, name, calendar, {"If-Match": etag})

    def delete(self, user: str, event_id: str) -> None:
        self._send("DELETE", calendar_of(user) + event_id)

    def _stored(self, user: str) -> Iterator[tuple[str, str, Any]]:
        """Name, entity tag and calendar of each resource."""
        headers = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}
        answer = self._send("REPORT", calendar_of(user), QUERY, headers)
        for response in fromstring(answer.content).iter(f"{DAV}response"):
            href = response.findtext(f"{DAV}href") or ""
            text = response.findtext(f".//{CALDAV}calendar-data") or ""
            etag = response.findtext(f".//{DAV}getetag") or ""
            yield href.rpartition("/")[2], etag, Calendar.from_ical(text)

    def _put(self, user: str, name: str, calendar: Any, condition: Mapping[str, str]) -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        self._send("PUT", calendar_of(user) + name, calendar.to_ical(), headers)

    def _send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        answer = self._session.request(
            method, self._address + path, data=body, headers=headers, timeout=PATIENCE
        )
        if not answer.ok:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer


def calendar_of(user: str) -> str:
    return f"/{user}/calendar/"


def master_of(calendar: Any) -> Any:
    return next(event for event in calendar.events if "recurrence-id" not in event)


# -- contract to iCalendar --------------------------------------------------------------------------------------


def write_on(component: Any, event: Mapping[str, Any], only: Mapping[str, Any] | None = None) -> None:
    """The named members of the event (`only`; all without), as a calendar program stores them."""
    named = frozenset(event if only is None else only)
    texts = {"title": "summary", "place": "location", "memo": "description"}
    for member, name in texts.items():
        if member in named:
            put(component, name, event[member] or None)
    if named & set(_TIMES):
        write_times(component, event)
    if "typeId" in named:
        put(component, "categories", [NAME_OF[event["typeId"]]] if event["typeId"] else None)
    if "visibility" in named:
        put(component, "class", "PUBLIC" if event["visibility"] == "public" else "PRIVATE")
    if "status" in named:
        put(component, "status", "CONFIRMED" if event["status"] == "confirmed" else "TENTATIVE")
    if "importance" in named:
        put(component, "priority", PRIORITIES[event["importance"]])
    if "recurrence" in named and event["recurrence"]:
        parts = (part.split("=") for part in event["recurrence"]["rrule"].split(";"))
        put(component, "rrule", {name: text.split(",") for name, text in parts})


def write_times(component: Any, event: Mapping[str, Any]) -> None:
    start: date
    end: date | None
    if "T" in event["start"]:
        start = datetime.fromisoformat(event["start"]).replace(tzinfo=ZoneInfo(event.get("timeZone") or ZONE))
        lasts = length(event.get("duration") or "PT0S")
        end = (start.astimezone(UTC) + lasts).astimezone(start.tzinfo) if lasts else None
    else:
        start, end = date.fromisoformat(event["start"]), date.fromisoformat(event["end"])
    put(component, "duration", None)
    put(component, "dtstart", start)
    put(component, "dtend", end)


def invite(component: Any, users: Sequence[str]) -> None:
    """The first one organizes it."""
    people = [next(one for one in PEOPLE if one.user == user) for user in users]
    component.add("organizer", address_of(people[0]))
    for person in people:
        component.add("attendee", address_of(person))


def address_of(person: Person) -> Any:
    address = vCalAddress(f"mailto:{person.upn}")
    address.params["cn"] = person.name
    return address


def put(component: Any, name: str, value: Any) -> None:
    component.pop(name, None)
    if value is not None:
        component.add(name, value)


# -- iCalendar to contract --------------------------------------------------------------------------------------


def event_from(name: str, calendar: Any) -> Json:
    event = master_of(calendar)
    categories = [str(one) for one in event.categories]
    status = str(event.get("status", "CONFIRMED"))
    priority = int(event.get("priority", 0))
    participants = list(users_of(event))
    return {
        "id": name,
        "title": str(event.get("summary", "")),
        "place": str(event.get("location", "")),
        "memo": str(event.get("description", "")),
        "typeId": next((EVENT_TYPES[one] for one in categories if one in EVENT_TYPES), None),
        "visibility": "public" if str(event.get("class", "PUBLIC")) == "PUBLIC" else "private",
        "status": "tentative" if status == "TENTATIVE" else "confirmed",
        "showAs": "free" if str(event.get("transp", "OPAQUE")) == "TRANSPARENT" else "busy",
        "importance": "high" if 1 <= priority <= 4 else "low" if priority > 5 else "normal",
        "recurrence": {"rrule": event["rrule"].to_ical().decode()} if "rrule" in event else None,
        "participants": [{"userId": user} for user in participants] or [{"userId": ""}],
        "ownerId": next(iter(participants), ""),
        **times_from(event),
    }


def times_from(event: Any) -> Json:
    start, end = event.start, event.end
    if not isinstance(start, datetime):
        until = end if end > start else start + timedelta(days=1)
        return {"form": "allDay", "start": start.isoformat(), "end": until.isoformat(), "duration": None}
    lasts = int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    zone = getattr(start.tzinfo, "key", "UTC")
    return {
        "form": "timed",
        "start": start.replace(tzinfo=None).isoformat(),
        "end": None,
        "duration": f"PT{lasts // 3600}H{lasts % 3600 // 60}M{lasts % 60}S",
        "timeZone": zone,
    }


def users_of(event: Any) -> Iterator[str]:
    """The people of the company in it, the organizer first."""
    found = event.get("attendee", [])
    lines = [event.get("organizer", ""), *(found if isinstance(found, list) else [found])]
    addresses = {str(line).lower().removeprefix("mailto:") for line in lines}
    first = str(lines[0]).lower().removeprefix("mailto:")
    for person in sorted(PEOPLE, key=lambda one: one.upn != first):
        if person.upn in addresses:
            yield person.user
