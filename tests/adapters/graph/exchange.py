"""What Exchange gives back of an event that was written to it (graph-calendar.md 1.3, 1.4, 2), as a pure function."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

Json = dict[str, Any]
HEAD = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'


def given_back(written: Json, before: Json | None = None) -> Json:
    """The event after a POST (`before` is None) or a PATCH, read in UTC."""
    event: Json = {
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "type": "singleInstance",
        "isOrganizer": True,
        "attendees": [],
        "isOnlineMeeting": False,
    } | (before or {})
    event |= {key: value for key, value in written.items() if key not in ("start", "end", "location", "body")}
    event |= {"id": "AAMk=", "changeKey": "Ck+/1", "@odata.etag": 'W/"Ck+/1"', "iCalUId": "0400"}
    event["lastModifiedDateTime"] = "2026-11-20T03:00:00.696Z"
    event.pop("singleValueExtendedProperties", None)
    if "start" in written:
        event |= _times(written)
    if "location" in written:
        event |= _location(written["location"]["displayName"])
    if "body" in written:
        content = written["body"]["content"].replace("\r\n", "\n").replace("\n", "\r\n")
        page = f"<html>\r\n<head>\r\n{HEAD}\r\n</head>\r\n<body>\r\n{content}\r\n</body>\r\n</html>\r\n"
        event["body"] = {"contentType": "html", "content": page}
    assert len(event["subject"].encode("utf-16-le")) <= 510
    return event


def _times(written: Json) -> Json:
    start, end = written["start"], written["end"]
    return {
        "start": _moment(start, written["isAllDay"]),
        "end": _moment(end, written["isAllDay"]),
        "originalStartTimeZone": start["timeZone"],
        "originalEndTimeZone": end["timeZone"],
    }


def _moment(moment: Json, is_all_day: bool) -> Json:
    local = datetime.fromisoformat(moment["dateTime"])
    zone = ZoneInfo(win_tz[moment["timeZone"]])
    if is_all_day:
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
    else:
        local = local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    return {"dateTime": f"{local.isoformat(timespec='microseconds')}0", "timeZone": "UTC"}


def _location(name: str) -> Json:
    place = {"displayName": name, "locationType": "default"}
    return {
        "location": place | {"uniqueId": name, "uniqueIdType": "private"},
        "locations": [place | {"uniqueIdType": "unknown"}] if name else [],
    }
