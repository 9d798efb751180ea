"""`/_groupware`: acts of people in the groupware, and the switches, over HTTP for the demo. Not in the contract.

Unprotected, like the page: the server listens on this machine only.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from sync.sandbox.faults import Effect, Faults, Rates
from sync.sandbox.groupware.counters import Counters
from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.entry_form import with_defaults
from sync.sandbox.groupware.problems import Problem, Reason, bad_parameter
from sync.sandbox.groupware.schedule import By, Schedule
from sync.sandbox.groupware.switches import Switches
from sync.sandbox.groupware.wire import read_object, value_answer

ROOT = "/_groupware"


class Control:
    def __init__(self, schedule: Schedule, switches: Switches, counters: Counters, faults: Faults) -> None:
        self.schedule, self.switches, self.counters, self.faults = schedule, switches, counters, faults
        self.directory = schedule.directory

    def install(self, app: Flask) -> None:
        def add(method: str, rule: str, view: Any) -> None:
            app.add_url_rule(ROOT + rule, f"control {method} {rule}", view, methods=[method])

        add("GET", "", self.state)
        add("POST", "/directory/<kind>", self.add_entry)
        add("PATCH", "/directory/<kind>/<entry_id>", self.change_entry)
        add("DELETE", "/directory/<kind>/<entry_id>", self.remove_entry)
        add("GET", "/users/<user_id>/events", self.events_of)
        add("POST", "/events", self.create)
        add("PATCH", "/events/<event_id>", self.edit)
        add("DELETE", "/events/<event_id>", self.delete)
        add("POST", "/events/<event_id>/touch", self.touch)
        add("POST", "/cursors/expire", self.expire_cursors)
        add("GET", "/requests", self.requests)
        add("DELETE", "/requests", self.reset_requests)
        add("GET", "/switches", self.get_switches)
        add("PATCH", "/switches", self.turn_switches)
        add("PUT", "/faults/rates", self.set_rates)
        add("POST", "/faults/scripts", self.add_script)
        add("DELETE", "/faults", self.stop_faults)

    def state(self) -> Response:
        with self.schedule.store.reading() as connection:
            events = connection.execute("SELECT count(*) FROM events").fetchone()[0]
        sizes = {kind.value: len(self.directory.entries(kind)) for kind in Kind}
        return value_answer({**sizes, "events": events, "seq": self.schedule.store.sequence()})

    # --- directory ---

    def add_entry(self, kind: str) -> Response:
        fields = read_object(request)
        return value_answer(self._put(kind, fields.pop("id", None), fields), 201)

    def change_entry(self, kind: str, entry_id: str) -> Response:
        self.directory.get(_kind(kind), entry_id)
        return value_answer(self._put(kind, entry_id, read_object(request)))

    def remove_entry(self, kind: str, entry_id: str) -> Response:
        self.directory.remove(_kind(kind), entry_id)
        return Response(status=204)

    def _put(self, kind: str, entry_id: str | None, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.schedule.change_directory(_kind(kind), entry_id, fields)
        except ValueError as error:
            raise Problem("malformed", str(error), "項目が正しくありません。") from error

    # --- events ---

    def events_of(self, user_id: str) -> Response:
        self.schedule.check_user(user_id)
        return value_answer({"items": self.schedule.of_user(user_id)})

    def create(self) -> Response:
        user = _by()
        event = with_defaults(read_object(request), self.directory.get(Kind.USER, user))
        return value_answer(self.schedule.create(event, By(user)), 201)

    def edit(self, event_id: str) -> Response:
        return value_answer(self.schedule.patch(event_id, read_object(request), By(_by())))

    def delete(self, event_id: str) -> Response:
        self.schedule.delete(event_id, By(_by()))
        return Response(status=204)

    def touch(self, event_id: str) -> Response:
        return value_answer(self.schedule.touch(event_id, By(_by())))

    # --- the machine ---

    def expire_cursors(self) -> Response:
        self.schedule.feed.expire_cursors()
        return Response(status=204)

    def requests(self) -> Response:
        return value_answer(self.counters.to_json())

    def reset_requests(self) -> Response:
        self.counters.reset()
        return Response(status=204)

    def get_switches(self) -> Response:
        return value_answer(self.switches.to_json())

    def turn_switches(self) -> Response:
        try:
            self.switches.turn(read_object(request))
        except ValueError as error:
            raise Problem("malformed", str(error), "スイッチが正しくありません。") from error
        return self.get_switches()

    def set_rates(self) -> Response:
        try:
            self.faults.rates = Rates(**read_object(request))
        except TypeError as error:
            raise Problem("malformed", str(error), "確率の指定が正しくありません。") from error
        return Response(status=204)

    def add_script(self) -> Response:
        """`{"match": "POST /v1/events", "effect": {"kind": "fail", "status": 503}, "times": 1, "after": 0}`"""
        body = read_object(request)
        try:
            effect = Effect.from_json(body["effect"])
            self.faults.script(body["match"], effect, body.get("times", 1), body.get("after", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise Problem("malformed", repr(error), "故障の指定が正しくありません。") from error
        return Response(status=204)

    def stop_faults(self) -> Response:
        self.faults.stop()
        return Response(status=204)


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError as error:
        raise Problem("not-found", f"There is no {name!r}.", f"{name!r} はありません。") from error


def _by() -> str:
    user = request.args.get("by")
    if not user:
        raise bad_parameter(
            "by", Reason.REQUIRED, "by names the person who acts.", "by に操作者を指定してください。"
        )
    return user
