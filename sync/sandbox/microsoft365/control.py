"""The control surface under /_simulator: what a test does in Python, over HTTP, for a simulator in its own process.

No part of Microsoft 365, and without any check of who asks: the server listens on loopback only.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import flask

from sync.sandbox.clock import ManualClock
from sync.sandbox.faults import Effect, Faults, Rates
from sync.sandbox.microsoft365.control_entra import add_entra_routes
from sync.sandbox.microsoft365.control_meetings import add_meeting_routes
from sync.sandbox.microsoft365.control_replies import Reply, body, show_event, show_user
from sync.sandbox.microsoft365.errors import GraphError
from sync.sandbox.microsoft365.people import add_people
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.users import MailboxState

PRESETS = {"none": Faults.none, "nasty": Faults.nasty, "hostile": Faults.hostile}


def build_control(tenant: Tenant) -> flask.Flask:
    app = flask.Flask("control", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    control = flask.Blueprint("control", __name__)

    @control.errorhandler(KeyError)
    @control.errorhandler(ValueError)
    @control.errorhandler(TypeError)
    def refuse(error: Exception) -> Reply:
        return {"error": str(error)}, 400

    @control.errorhandler(GraphError)
    def refuse_act(error: GraphError) -> Reply:
        return {"error": {"code": error.code, "message": error.message}}, error.status

    @control.get("/")
    def show_routes() -> Reply:
        rules = flask.current_app.url_map.iter_rules()
        routes = sorted(
            f"{','.join(sorted((r.methods or set()) - {'HEAD', 'OPTIONS'}))} {r.rule}" for r in rules
        )
        return {"tenantId": tenant.id, "routes": routes}

    add_fault_routes(control, tenant)
    add_setting_routes(control, tenant)
    add_people_routes(control, tenant)
    add_act_routes(control, tenant)
    add_meeting_routes(control, tenant)
    add_entra_routes(control, tenant)
    app.register_blueprint(control, url_prefix="/_simulator")
    return app


def add_fault_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    @control.get("/faults")
    def show_faults() -> Reply:
        return show(tenant.faults)

    @control.put("/faults")
    def set_faults() -> Reply:
        """`{"preset": "nasty", "seed": 1, "rates": {"busy": 0.1}, "retryAfter": 0}`, each part optional."""
        wanted = body()
        faults = PRESETS[wanted.get("preset", "none")](int(wanted.get("seed", tenant.faults.seed)))
        faults.rates = replace(faults.rates, **wanted.get("rates", {}))
        faults.retry_after = wanted.get("retryAfter", tenant.faults.retry_after)
        faults.slow_seconds = wanted.get("slowSeconds", tenant.faults.slow_seconds)
        tenant.faults.become(faults)
        return show(tenant.faults)

    @control.post("/faults/scripts")
    def add_script() -> Reply:
        """`{"match": "POST /users/*/events", "effect": {"kind": "commitThenFail", "status": 503}, "times": 1}`."""
        wanted = body()
        effect = Effect.from_json(wanted["effect"])
        tenant.faults.script(
            str(wanted["match"]), effect, int(wanted.get("times", 1)), int(wanted.get("after", 0))
        )
        return show(tenant.faults), 201

    @control.delete("/faults/scripts")
    def clear_scripts() -> Reply:
        tenant.faults.clear_scripts()
        return show(tenant.faults)


def add_setting_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    @control.get("/counters")
    def show_counters() -> Reply:
        return {**tenant.requests.to_json(), "mostAtOnce": tenant.throttle.most_running}

    @control.delete("/counters")
    def reset_counters() -> Reply:
        tenant.requests.reset()
        tenant.throttle.reset()
        return tenant.requests.to_json()

    @control.get("/outbox")
    def show_outbox() -> Reply:
        return {"value": [mail.to_json() for mail in tenant.outbox.mails()]}

    @control.delete("/outbox")
    def clear_outbox() -> Reply:
        tenant.outbox.clear()
        return {"value": []}

    @control.get("/switches")
    def show_switches() -> Reply:
        return {"current": asdict(tenant.switches), "known": Switches.describe()}

    @control.put("/switches")
    def set_switches() -> Reply:
        """Names and settings; what is left out is at its default."""
        tenant.switches = Switches.from_json(body())
        return {"current": asdict(tenant.switches)}

    @control.put("/latency")
    def set_latency() -> Reply:
        tenant.latency_seconds = float(body()["milliseconds"]) / 1000
        return {"milliseconds": tenant.latency_seconds * 1000}

    @control.put("/limits")
    def set_limits() -> Reply:
        """`concurrent`, `requests`, `period_seconds`, `retry_after`; what is left out stays."""
        tenant.throttle.limits = replace(tenant.throttle.limits, **body())
        return asdict(tenant.throttle.limits)

    @control.post("/clock")
    def advance_clock() -> Reply:
        """`{"seconds": 3600}`; only a simulator with a manual clock."""
        if not isinstance(tenant.clock, ManualClock):
            raise ValueError("this simulator runs on the machine's clock")
        return {"now": tenant.clock.advance(timedelta(seconds=body()["seconds"])).isoformat()}


def add_people_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    @control.get("/users")
    def list_users() -> Reply:
        return {"value": [show_user(user) for user in list(tenant.users.values())]}

    @control.post("/users")
    def add_users() -> Reply:
        """One person, or `{"users": […], "rooms": […], "applications": […], …}` as in the file of --users."""
        wanted = body()
        many = not wanted.keys().isdisjoint(("users", "rooms", "applications", "identities"))
        users = add_people(tenant, wanted if many else {"users": [wanted]})
        return {"value": [show_user(user) for user in users]}, 201

    @control.patch("/users/<user>")
    def change_user(user: str) -> Reply:
        """`userPrincipalName`, `mail`, `mailboxState`, `accountEnabled`, `aliases`, `isBlockedByPolicy`."""
        found, wanted = tenant.user(user), body()
        if "userPrincipalName" in wanted or "mail" in wanted:
            name = wanted.get("userPrincipalName", found.user_principal_name)
            tenant.rename_user(found.id, name, wanted.get("mail"))
        if "mailboxState" in wanted:
            found.mailbox_state = MailboxState(wanted["mailboxState"])
        found.account_enabled = bool(wanted.get("accountEnabled", found.account_enabled))
        found.is_blocked_by_policy = bool(wanted.get("isBlockedByPolicy", found.is_blocked_by_policy))
        if "aliases" in wanted:
            tenant.set_aliases(found.id, wanted["aliases"])
        return show_user(found)

    @control.delete("/users/<user>")
    def remove_user(user: str) -> Reply:
        found = tenant.user(user)
        tenant.remove_user(found.id)
        return show_user(found)

    @control.post("/users/<user>/restore")
    def restore_user(user: str) -> Reply:
        return show_user(tenant.restore_user(user))

    @control.post("/users/<user>/expire")
    def expire(user: str) -> Reply:
        tenant.expire_sync_state(user)
        return {}

    @control.post("/tokens/revoke")
    def revoke() -> Reply:
        tenant.tokens.revoke_all(tenant.clock.now() + timedelta(seconds=1))
        return {}


def add_act_routes(control: flask.Blueprint, tenant: Tenant) -> None:
    """A person at work in Outlook: not throttled, not counted, no faults. Ids are immutable ones."""

    @control.get("/users/<user>/events")
    def list_events(user: str) -> Reply:
        return {"value": tenant.mailbox(user).events()}

    @control.get("/users/<user>/snapshot")
    def show_snapshot(user: str) -> Reply:
        return tenant.mailbox(user).snapshot()

    @control.post("/users/<user>/events")
    def create_event(user: str) -> Reply:
        """JSON as Graph's or shorter, see `acts`; `time_zone` is the zone of times given as texts."""
        mailbox = tenant.mailbox(user)
        return show_event(mailbox, mailbox.create(**body())), 201

    @control.patch("/users/<user>/events/<event>")
    def edit_event(user: str, event: str) -> Reply:
        mailbox = tenant.mailbox(user)
        return show_event(mailbox, mailbox.edit(event, **body()))

    @control.delete("/users/<user>/events/<event>")
    def delete_event(user: str, event: str) -> Reply:
        tenant.mailbox(user).delete(event)
        return {}

    @control.post("/users/<user>/events/<event>/bump")
    def bump_event(user: str, event: str) -> Reply:
        mailbox = tenant.mailbox(user)
        mailbox.bump(event)
        return show_event(mailbox, event)


def show(faults: Faults) -> dict[str, Any]:
    scripts = [
        {"match": str(script.match), "effect": script.effect.to_json(), "times": script.times}
        for script in faults.scripts()
    ]
    rates: Rates = faults.rates
    return {"seed": faults.seed, "rates": asdict(rates), "retryAfter": faults.retry_after, "scripts": scripts}
