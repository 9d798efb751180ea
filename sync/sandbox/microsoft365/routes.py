"""Which handler answers which address, and which permission it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from sync.sandbox.microsoft365 import (
    calendar_calls,
    directory,
    errors,
    event_calls,
    instances,
    meeting_calls,
    registration_calls,
    view_calls,
)
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.wire import Answer

Handler = Callable[[Context], Answer]


class Area(Enum):
    DIRECTORY = "directory"
    CALENDAR = "calendar"
    REGISTRATION = "registration"


# Any one of them is enough (sections 5.1 and 13).
READ_ROLES = {
    Area.DIRECTORY: frozenset({"User.Read.All", "User.ReadBasic.All", "Directory.Read.All"}),
    Area.CALENDAR: frozenset({"Calendars.ReadWrite", "Calendars.Read", "Calendars.ReadBasic.All"}),
    # An application that owns itself may read itself with Application.ReadWrite.OwnedBy; see `permissions`.
    Area.REGISTRATION: frozenset({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"}),
}
WRITE_ROLES = frozenset({"Calendars.ReadWrite"})


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    template: str
    handler: Handler
    area: Area = Area.CALENDAR
    reads_cursor: bool = False

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.template.strip("/").split("/"))

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def in_mailbox(self) -> bool:
        return self.template.startswith("/users/{user}/")

    @property
    def permissions(self) -> frozenset[str]:
        """Any one of them is enough."""
        return WRITE_ROLES if self.writes else READ_ROLES[self.area]


ZONES = "/users/{user}/outlook/supportedTimeZones"
IANA_ZONES = f"{ZONES}(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')"
ROUTES = [
    Route("GET", "/users", directory.list_users, Area.DIRECTORY),
    Route("GET", "/users/{user}", directory.get_user, Area.DIRECTORY),
    Route(
        "GET",
        "/applications(appId='{application}')",
        registration_calls.get_registration,
        Area.REGISTRATION,
    ),
    Route("GET", ZONES, calendar_calls.list_zones, Area.DIRECTORY),
    Route("GET", IANA_ZONES, calendar_calls.list_zones, Area.DIRECTORY),
    Route("GET", "/users/{user}/calendar", calendar_calls.get_calendar),
    Route("GET", "/users/{user}/calendars", calendar_calls.list_calendars),
    Route("POST", "/users/{user}/calendars", calendar_calls.create_calendar),
    Route("GET", "/users/{user}/calendars/{calendar}", calendar_calls.get_calendar),
]
for where in ("/users/{user}", "/users/{user}/calendar", "/users/{user}/calendars/{calendar}"):
    ROUTES += [
        Route("GET", f"{where}/events", event_calls.list_events),
        Route("POST", f"{where}/events", event_calls.create_event),
        Route("GET", f"{where}/events/{{event}}", event_calls.get_event),
        Route("PATCH", f"{where}/events/{{event}}", event_calls.change_event),
        Route("DELETE", f"{where}/events/{{event}}", event_calls.delete_event),
        Route("GET", f"{where}/events/{{event}}/instances", instances.list_instances),
        Route("POST", f"{where}/events/{{event}}/accept", meeting_calls.accept),
        Route("POST", f"{where}/events/{{event}}/tentativelyAccept", meeting_calls.tentatively_accept),
        Route("POST", f"{where}/events/{{event}}/decline", meeting_calls.decline),
        Route("POST", f"{where}/events/{{event}}/cancel", meeting_calls.cancel),
        Route("POST", f"{where}/events/{{event}}/permanentDelete", event_calls.delete_permanently),
        Route("GET", f"{where}/calendarView", view_calls.list_view),
        Route("GET", f"{where}/calendarView/delta", view_calls.read_delta, reads_cursor=True),
    ]

# Of a segment with a parameter: what stands before it in lower case, its name, what stands after.
PARAMETER = re.compile(r"([^{]*)\{(\w+)\}([^}]*)")
Segment = str | tuple[str, str, str]


def parse_segment(text: str) -> Segment:
    found = PARAMETER.fullmatch(text)
    return text.lower() if found is None else (found[1].lower(), found[2], found[3].lower())


# Fixed segments are compared without case, as Graph does; the first that fits wins, so fixed ones stand first.
TABLE: dict[tuple[str, int], list[tuple[Route, tuple[Segment, ...]]]] = {}
for each in ROUTES:
    TABLE.setdefault((each.method, len(each.segments)), []).append(
        (each, tuple(map(parse_segment, each.segments)))
    )


@lru_cache(maxsize=4096)
def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Raises GraphError 400 for an address that is not simulated; the parameters are shared, leave them alone."""
    segments = path.strip("/").split("/")
    for route, wanted in TABLE.get((method, len(segments)), ()):
        parameters: dict[str, str] = {}
        if all(fits(want, got, parameters) for want, got in zip(wanted, segments, strict=True)):
            return route, parameters
    raise errors.no_such_route(segments[-1])


def fits(want: Segment, got: str, parameters: dict[str, str]) -> bool:
    """Whether a segment is the wanted one; its parameter is put into `parameters`."""
    if isinstance(want, str):
        return want == got.lower()
    before, name, after = want
    parameters[name] = got[len(before) : len(got) - len(after)]
    return got.lower().startswith(before) and got.lower().endswith(after) and bool(parameters[name])
