"""The credential for Microsoft 365 is wrong, expired or revoked: real MSAL against the simulator's token endpoint."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.adapters.graph.tokens import Tokens
from sync.core.settings import State
from sync.core.tenant import TenantState
from sync.sandbox.faults import Call, expired_token, fail
from sync.sandbox.microsoft365 import Application
from tests.e2e.office import (
    FOREVER,
    assert_still,
    edit_groupware,
    failed,
    groupware,
    in_groupware,
    linked,
    office,
    outlook,
    passed,
    sizes,
    state_of,
    twin,
)
from tests.e2e.world import FusedTransport, World
from tests.real_tokens import real_tokens

ENTRA = "http://127.0.0.1:1"
SECRET = "simulated-secret"
TOKEN_ROUTE = "/{tenant}/oauth2/v2.0/token"


def with_msal(world: World, secret: str = SECRET) -> tuple[Application, dict[str, str]]:
    """The world's Graph client gets real tokens. The vault may be changed by the test."""
    application = world.tenant.add_application(secret=SECRET)
    vault = {"secret": secret}
    session = world._session(ENTRA, world._graph_app)
    assert isinstance(session.get_adapter(ENTRA), FusedTransport)
    world.tokens = real_tokens(
        lambda: vault["secret"],
        tenant=world.tenant.id,
        client_id=application.client_id,
        session=session,
        clock=world.clock,
        entra_url=ENTRA,
        graph_url=ENTRA,
    )
    world.restart()
    return application, vault


def test_msal_s_tokens_work() -> None:
    with office() as world:
        with_msal(world)
        event = in_groupware(world)
        passed(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert_still(world)


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda app, vault, world: vault.update(secret="the-id-and-not-the-value"), "credential-wrong"),
        (
            lambda app, vault, world: setattr(app.secrets[0], "expires", world.clock.now()),
            "credential-expired",
        ),
        (lambda app, vault, world: setattr(app, "enabled", False), "credential-app-disabled"),
        (lambda app, vault, world: world.tenant.applications.pop(app.client_id), "credential-unknown-app"),
    ],
    ids=["wrong secret", "expired secret", "disabled app", "unknown app"],
)
def test_a_credential_that_entra_refuses_stops_the_person_and_deletes_nothing(
    break_it: object, code: str
) -> None:
    with office() as world:
        application, vault = with_msal(world)
        events = linked(world, 3)
        edit_groupware(world, events[0], title="改題")
        world.groupware.delete(events[1], by=world.user)
        break_it(application, vault, world)  # type: ignore[operator]
        with_new_process(world)
        world.tenant.tokens.revoke_all(world.clock.now() + timedelta(seconds=1))
        record = failed(world)
        assert record.error == code
        assert state_of(world) == (State.ACTIVE, ""), "it is nothing about this person"
        tenant = world.services.tenants.get("default")
        assert (tenant.state, tenant.error) == (TenantState.ERROR, code)
        assert sizes(world) == (2, 3)
        asked = world.tenant.requests.tokens
        failed(world)
        assert world.tenant.requests.tokens == asked, "a refusal is not asked about again at once"
        vault["secret"] = SECRET
        application.secrets[0].expires = world.clock.now() + timedelta(days=100)
        application.enabled = True
        world.tenant.applications[application.client_id] = application
        world.clock.advance(timedelta(minutes=2))
        passed(world)
        assert outlook(world, events[0])["subject"] == "改題"
        assert sizes(world) == (2, 2)
        assert state_of(world) == (State.ACTIVE, "")
        assert world.services.tenants.get("default").state is TenantState.CONNECTED
        assert_still(world)


def with_new_process(world: World) -> None:
    assert isinstance(world.tokens, Tokens)
    world.tokens.forget()
    world.restart()


def test_entra_that_is_away_is_waited_for_and_nobody_is_called() -> None:
    with office() as world:
        with_msal(world)
        event = in_groupware(world)
        world.faults.script(f"POST {TOKEN_ROUTE}", fail(503, "temporarily_unavailable"), times=FOREVER)
        record = failed(world)
        assert record.error in ("entra-unavailable", "entra-throttled")
        assert state_of(world)[0] is State.ACTIVE
        world.faults.clear_scripts()
        world.clock.advance(timedelta(minutes=2))
        passed(world)
        assert outlook(world, event)["subject"] == "打合せ"
        assert_still(world)


@pytest.mark.parametrize("after", range(6))
def test_a_token_revoked_in_the_middle_of_a_pass_is_renewed(after: int) -> None:
    with office() as world:
        with_msal(world)
        events = linked(world, 25)
        for event in events[:22]:
            edit_groupware(world, event, place="本社")
        world.mailbox.edit(twin(world, events[24]), subject="改題")
        calls: list[str] = []

        def revoke(call: Call) -> bool:
            if call.route != TOKEN_ROUTE and not call.in_batch:
                calls.append(call.route)
                if len(calls) == after + 1:
                    world.clock.advance(timedelta(seconds=2))
                    world.tenant.tokens.revoke_all(world.clock.now())
            return False

        world.faults.script(revoke, fail(500, "x"))
        before = world.tenant.requests.tokens
        passed(world)
        world.faults.clear_scripts()
        assert all(outlook(world, event)["location"]["displayName"] == "本社" for event in events[:22])
        assert groupware(world, events[24])["title"] == "改題"
        assert world.tenant.requests.tokens - before == (1 if len(calls) > after else 0)
        assert_still(world)


def test_a_token_that_dies_between_two_items_of_a_batch_is_renewed() -> None:
    with office() as world:
        with_msal(world)
        events = linked(world, 10)
        for event in events:
            edit_groupware(world, event, place="本社")
        world.faults.script(
            lambda call: call.in_batch and call.method == "PATCH", expired_token(), times=4, after=3
        )
        passed(world)
        assert all(outlook(world, event)["location"]["displayName"] == "本社" for event in events)
        assert_still(world)


def test_a_token_that_graph_never_takes_is_the_administrator_s_to_repair() -> None:
    with office() as world:
        with_msal(world)
        linked(world, 2)
        world.faults.script(lambda call: call.route != TOKEN_ROUTE, expired_token(), times=FOREVER)
        assert failed(world).error == "token-refused"
        assert state_of(world) == (State.ERROR, "token-refused")
        assert sizes(world) == (2, 2)
        world.faults.clear_scripts()
        passed(world)
        assert_still(world)


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"User.Read.All"})])
def test_a_missing_permission_is_named_and_deletes_nothing(roles: frozenset[str]) -> None:
    with office() as world:
        application, _ = with_msal(world)
        linked(world, 2)
        application.roles = roles
        with_new_process(world)
        assert failed(world).error in ("mailbox-forbidden", "permission-missing")
        assert sizes(world) == (2, 2)


def test_a_mailbox_outside_the_access_policy_stops_one_person_and_no_other() -> None:
    with office() as world:
        application, _ = with_msal(world)
        other = world.link(world.other_user, "taro@example.com")
        world.groupware.create({"title": "太郎の予定", "start": "2026-11-18T10:00:00"}, by=world.other_user)
        linked(world, 2)
        application.mailboxes = frozenset({other.mailbox})
        assert failed(world).error == "mailbox-forbidden"
        assert sizes(world) == (2, 2)
        passed(world, other)
        assert len(world.tenant.mailbox(other.mailbox).events()) == 1


def test_tokens_that_live_an_hour_are_renewed_for_days() -> None:
    with office() as world:
        with_msal(world)
        linked(world, 2)
        for _ in range(30):
            world.clock.advance(timedelta(hours=2))
            passed(world)
        assert sizes(world) == (2, 2)
