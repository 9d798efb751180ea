"""Faults at the door of the reference groupware: what `sync.sandbox.faults` decides, as this server's answers."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from sync.sandbox.faults import Call, Effect, Faults, Kind, Shape
from sync.sandbox.groupware.problems import KINDS, Problem, version_conflict
from sync.sandbox.groupware.schedule import Schedule
from sync.sandbox.groupware.switches import Switches
from sync.sandbox.groupware.wire import problem_answer
from sync.sandbox.inprocess import DROPPED

NAMES = {
    401: "unauthorized",
    403: "not-permitted",
    404: "not-found",
    410: "cursor-expired",
    429: "rate-limited",
    503: "unavailable",
}
SENTENCE = ("Refused on purpose.", "意図的に拒否しました。")


class Misbehaviour:
    """Hooks around every request of the contract; the pages and the control surface always work."""

    def __init__(self, faults: Faults, switches: Switches, schedule: Schedule) -> None:
        self.faults, self._switches, self._schedule = faults, switches, schedule

    def install(self, app: Flask) -> None:
        app.before_request(self.before)
        app.after_request(self.after)

    def before(self) -> Response | None:
        if not request.path.startswith("/v1/"):
            return None
        if self._switches.latency_seconds:
            time.sleep(self._switches.latency_seconds)
        g.call = _call()
        g.effect = effect = self.faults.decide(g.call)
        if effect is None or effect.commits or not effect.fails:
            if effect is not None and effect.kind is Kind.SLOW:
                time.sleep(effect.seconds)
            return None
        return self._failed(effect)

    def after(self, answer: Response) -> Response:
        effect: Effect | None = g.get("effect")
        return self._failed(effect) if effect is not None and effect.commits else answer

    def happens(self, shape: Shape) -> bool:
        return self.faults.happens(shape, g.call)

    def _failed(self, effect: Effect) -> Response:
        if effect.drops:
            # In process the caller sees a closed connection; over a socket a gateway's answer.
            request.environ[DROPPED] = True
        return problem_answer(self._problem(effect))

    def _problem(self, effect: Effect) -> Problem:
        status = effect.status
        if g.call.reads_cursor and status in (400, 404, 410):
            status = 410
        if status == 412 and "event_id" in (request.view_args or {}):
            event = self._schedule.find((request.view_args or {})["event_id"])
            if event is not None:
                return version_conflict(event)
        headers = {}
        if effect.retry_after is not None:
            headers["Retry-After"] = str(int(effect.retry_after))
        elif status in (429, 503):
            headers["Retry-After"] = "1"
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        name = NAMES.get(status, "server-error")
        return Problem(
            name, *SENTENCE, headers=headers, status=None if KINDS[name].status == status else status
        )


def _call() -> Call:
    route = request.url_rule.rule if request.url_rule else request.path
    return Call(
        request.method,
        template(route),
        request.path,
        writes=request.method != "GET",
        reads_cursor=route == "/v1/changes",
    )


def template(route: str) -> str:
    """Flask's rule as the contract writes the path."""
    return route.replace("<event_id>", "{eventId}").replace("<user_id>", "{userId}")
