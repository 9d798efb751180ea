"""What the timer sees to: warnings before a credential ends, and an organization that works again by itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.core.settings import OrganizationSettings
from sync.core.tenant import WARNINGS, Credential, CredentialKind, TenantState, attentions
from sync.engine.expiry import look_after, needs_attention
from sync.engine.schedule import enqueue_due, request_pass, run_job
from sync.errors import Moved, NeedsAdministrator, SyncError, TryLater
from sync.ports import Job, PassState
from tests.engine.test_microsoft365 import House, linked
from tests.engine.test_schedule import House as Timetable
from tests.fakes import connected

AHEAD = timedelta(minutes=5)


def ending(house: House, days: float) -> None:
    """The organization is connected by a secret that ends in so many days from now."""
    now = house.clock.now()
    secret = Credential(CredentialKind.SECRET, "microsoft365-default-0", now + timedelta(days=days))
    before = house.tenant
    house.tenants.put(
        replace(connected(credential=secret, checked_at=now), version=before.version, warned=before.warned)
    )
    house.secrets.set(secret.secret, "the-secret-value-itself")


def told(caplog: pytest.LogCaptureFixture, event: str) -> Sequence[dict[str, Any]]:
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "sync"]
    return [line for line in lines if line["event"] == event]


@pytest.fixture
def house(caplog: pytest.LogCaptureFixture) -> House:
    caplog.set_level(logging.INFO, logger="sync")
    return House()


# -- warnings -------------------------------------------------------------------------------------------------


def test_each_threshold_is_told_once_in_a_line_that_says_nothing_but_the_days(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    ending(house, 70)
    for _ in range(24 * 75):
        look_after(house.services, "default")
        house.clock.advance(timedelta(hours=1))
    lines = told(caplog, "credential-expiring")
    assert [line["days"] for line in lines] == [days - 1 for days in WARNINGS]
    assert all(line.keys() == {"event", "organization", "days"} for line in lines)


def test_a_timer_that_slept_over_some_thresholds_tells_the_last_one(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    ending(house, 70)
    house.clock.advance(timedelta(days=65))
    for _ in range(3):
        look_after(house.services, "default")
    assert [line["days"] for line in told(caplog, "credential-expiring")] == [5]


def test_another_credential_is_warned_of_anew(house: House, caplog: pytest.LogCaptureFixture) -> None:
    ending(house, 0.5)
    look_after(house.services, "default")
    house.tenants.put(replace(house.tenant, warned=None))
    ending(house, 6)
    look_after(house.services, "default")
    assert [line["days"] for line in told(caplog, "credential-expiring")] == [0, 6 - 0]


def test_the_line_is_a_warning_for_alerts(house: House, caplog: pytest.LogCaptureFixture) -> None:
    ending(house, 3)
    look_after(house.services, "default")
    [record] = [one for one in caplog.records if "credential-expiring" in one.getMessage()]
    assert record.levelno == logging.WARNING


@pytest.mark.parametrize(
    ("days", "code", "detail"),
    [
        (61, None, {}),
        (59.5, "credential-expiring", {"days": "59"}),
        (0.5, "credential-expiring", {"days": "0"}),
        (-0.5, "credential-ended", {}),
    ],
)
def test_the_screen_and_health_say_the_same(
    house: House, days: float, code: str | None, detail: dict[str, str]
) -> None:
    ending(house, days)
    found = attentions(house.tenant, house.clock.now())
    assert [(one.code, one.detail) for one in found] == ([(code, detail)] if code else [])
    assert needs_attention(house.services) is (code is not None)


def test_an_end_that_nobody_knows_is_on_the_screen_and_no_alarm(house: House) -> None:
    house.tenants.put(connected())
    assert [one.code for one in attentions(house.tenant, house.clock.now())] == ["credential-end-unknown"]
    assert needs_attention(house.services) is False


def test_who_does_not_use_it_is_not_bothered(house: House, caplog: pytest.LogCaptureFixture) -> None:
    ending(house, -1)
    house.tenants.put(replace(house.tenant, in_use=False))
    assert look_after(house.services, "default") is False
    assert (needs_attention(house.services), told(caplog, "credential-expiring")) == (False, [])


def test_any_organization_counts_for_health(house: House) -> None:
    house.services.organizations.put("rival", OrganizationSettings())
    house.tenants.put(connected("rival", state=TenantState.ERROR, error="credential-expired"))
    assert needs_attention(house.services) is True


# -- replaced, and looked at again ----------------------------------------------------------------------------


def test_the_previous_credential_goes_when_it_ends(house: House) -> None:
    ending(house, 100)
    previous = Credential(
        CredentialKind.SECRET, "microsoft365-default-1", house.clock.now() + timedelta(days=2)
    )
    house.secrets.set(previous.secret, "the-former-secret-value")
    house.tenants.put(replace(house.tenant, previous=previous))
    look_after(house.services, "default")
    assert house.tenant.previous == previous
    house.clock.advance(timedelta(days=2))
    look_after(house.services, "default")
    assert (house.tenant.credentials[1:], house.secrets.names) == ((), ["microsoft365-default-0"])


def test_what_works_is_looked_at_once_a_day(house: House) -> None:
    ending(house, 100)
    for _ in range(3 * 24 * 12):
        look_after(house.services, "default")
        house.clock.advance(timedelta(minutes=5))
    assert len(house.entra.asked) == 2


def test_a_permission_that_was_taken_away_is_found() -> None:
    house = House(*linked("a"))
    ending(house, 100)
    house.clock.advance(timedelta(days=1))
    house.entra.roles = frozenset({"User.Read.All"})
    assert look_after(house.services, "default") is False
    assert (house.tenant.state, house.tenant.error) == (TenantState.ERROR, "permission-missing")


def test_what_does_not_work_is_tried_at_each_run_and_goes_on_by_itself(house: House) -> None:
    ending(house, 100)
    house.tenants.put(replace(house.tenant, state=TenantState.ERROR, error="credential-expired"))
    house.entra.error = NeedsAdministrator("credential-expired")
    for asked in (1, 2, 3):
        assert look_after(house.services, "default") is False
        assert len(house.entra.asked) == asked
    house.entra.error = None
    assert look_after(house.services, "default") is True
    assert (house.tenant.state, house.tenant.error) == (TenantState.CONNECTED, "")


def test_consent_that_was_given_in_microsoft_s_own_portal_is_found(house: House) -> None:
    ending(house, 100)
    house.tenants.put(replace(house.tenant, state=TenantState.NOT_CONNECTED, error="consent-missing"))
    assert look_after(house.services, "default") is True


@pytest.mark.parametrize("error", [TryLater("entra-unavailable"), Moved("tenant-changed")])
def test_a_look_that_failed_stops_nobody(house: House, error: SyncError) -> None:
    ending(house, 100)
    house.clock.advance(timedelta(days=2))
    house.entra.error = error
    assert look_after(house.services, "default") is True


# -- the timer and the queue ----------------------------------------------------------------------------------


def people(**organizations: OrganizationSettings) -> Timetable:
    return Timetable(*linked(""), **organizations)


def test_in_error_nobody_is_queued_and_afterwards_everybody_is() -> None:
    house = people()
    before = house.tenants.get("default")
    house.tenants.put(replace(before, state=TenantState.ERROR, error="credential-expired"))
    house.microsoft365.error = NeedsAdministrator("credential-expired")
    house.play([300] * 24)
    assert house.started == []
    house.microsoft365.error = None
    house.play([300] * 12)
    assert len(house.started) == 1


def test_one_organization_s_trouble_is_not_another_s() -> None:
    house = people(default=OrganizationSettings(), rival=OrganizationSettings())
    house.connections.put(replace(linked("r")[0], organization="rival"))
    house.tenants.put(
        replace(house.tenants.get("default"), state=TenantState.ERROR, error="credential-expired")
    )
    house.microsoft365.error = NeedsAdministrator("credential-expired")
    house.play([300] * 13)
    assert {job.organization for _, job in house.started} == {"rival"}


@pytest.mark.parametrize(
    "changes",
    [
        {"in_use": False},
        {"state": TenantState.DISCONNECTED},
        {"state": TenantState.DISCONNECTING},
        {"state": TenantState.ERROR, "error": "credential-expired"},
    ],
)
def test_jobs_that_were_queued_before_are_dropped_and_people_left_as_they_are(
    changes: dict[str, Any],
) -> None:
    house = people()
    before = house.who("u0")
    house.tenants.put(replace(house.tenants.get("default"), **changes))
    assert run_job(house.services, Job("default", "u0")) is None
    assert house.who("u0") == before
    assert house.passes.list("default", "u0") == []


def test_who_waits_for_a_pass_that_will_not_come_is_told_why() -> None:
    house = people()
    record = request_pass(house.services, house.who("u0"))
    house.tenants.put(replace(house.tenants.get("default"), in_use=False))
    [(_, job)] = house.jobs.waiting
    run_job(house.services, job)
    found = house.passes.get(record.id)
    assert found is not None
    assert (found.state, found.error) == (PassState.FAILED, "microsoft365-not-in-use")


def test_an_organization_whose_tenant_is_damaged_stops_no_other() -> None:
    house = people(default=OrganizationSettings(), rival=OrganizationSettings())
    house.connections.put(replace(linked("r")[0], organization="rival"))
    get = house.tenants.get

    def damaged(organization: str) -> Any:
        if organization == "default":
            raise NeedsAdministrator("tenant-damaged")
        return get(organization)

    house.tenants.get = damaged  # type: ignore[method-assign]
    assert enqueue_due(house.services, timedelta(hours=1)).queued == 1
