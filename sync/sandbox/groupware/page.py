"""A page to look inside: the people, and this week on everyone's schedule. Plain HTML, no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape

from flask import Flask, Response

from sync.sandbox.groupware.bookings import HOME_ZONE
from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.recurrence import Occurrence, occurrences
from sync.sandbox.groupware.schedule import Schedule
from sync.sandbox.groupware.times import from_ms, window_of, zone

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #ddd}
td:first-child{white-space:nowrap;width:1%}small{color:#666}"""


class Page:
    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def install(self, app: Flask) -> None:
        app.add_url_rule("/", "page", self.show, methods=["GET"])

    def show(self) -> Response:
        text = "".join(self._html())
        # Titles are written by people: nothing on this page may run.
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return Response(text, mimetype="text/html", headers=headers)

    def _html(self) -> Iterator[str]:
        monday = self._monday()
        sunday = monday + timedelta(days=6)
        yield "<!doctype html><html lang=ja><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        yield f"<title>Groupware</title><style>{STYLE}</style>"
        yield "<h1>グループウェア <small>Groupware</small></h1>"
        yield f"<p>今週 This week: {monday:%Y-%m-%d} – {sunday:%Y-%m-%d}</p>"
        for user in self._schedule.directory.entries(Kind.USER):
            note = "" if user["active"] else " <small>(利用停止 inactive)</small>"
            yield f"<h2>{escape(user['name'])} <small>{escape(user['email'] or user['id'])}</small>{note}</h2>"
            rows = sorted(self._week(user["id"], monday), key=lambda row: (row.start[:10], row.start))
            if not rows:
                yield "<p><small>予定なし No events</small></p>"
                continue
            yield "<table><tr><th>日時 Time<th>予定 Event<th>場所 Place</tr>"
            yield from map(_row, rows)
            yield "</table>"

    def _week(self, user: str, monday: datetime) -> Iterator[Occurrence]:
        window = window_of(monday, monday + timedelta(days=7), zone(HOME_ZONE))
        for event in self._schedule.of_user(user):
            yield from occurrences(event, window)

    def _monday(self) -> datetime:
        today = self._schedule.store.clock.now().astimezone(zone(HOME_ZONE))
        return (today - timedelta(days=today.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def _row(occurrence: Occurrence) -> str:
    extent, event = occurrence.extent, occurrence.event
    if extent.is_days:
        last = datetime.fromisoformat(occurrence.end) - timedelta(days=1)
        when = (
            occurrence.start if extent.ends - extent.starts == 1 else f"{occurrence.start} – {last:%Y-%m-%d}"
        )
    else:
        starts, ends = (from_ms(ms).astimezone(zone(HOME_ZONE)) for ms in (extent.starts, extent.ends))
        until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
        when = f"{starts:%Y-%m-%d %H:%M} – {until}"
    marks = "🔁 " * (event["recurrence"] is not None) + "【仮】" * (event["status"] != "confirmed")
    marks += "🔒 " * (event["visibility"] == "private")
    return f"<tr><td>{escape(when)}<td>{marks}{escape(event['title'])}<td>{escape(event['place'])}</tr>"
