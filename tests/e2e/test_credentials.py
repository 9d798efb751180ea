"""A credential is exchanged, expires and is repaired while people are synced: real MSAL, the timer, the queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sync.adapters.graph.microsoft365 import GraphMicrosoft365
from sync.core.settings import State
from sync.core.tenant import CredentialKind, Tenant, TenantState
from sync.engine.granted import check_granted
from sync.engine.microsoft365 import NewCredential, TenantChange, save_settings
from sync.engine.schedule import enqueue_due, run_job
from sync.engine.services import Services
from sync.engine.tenant_state import note_trouble
from sync.errors import NeedsAdministrator
from sync.ports import PassRecord, PassState
from sync.sandbox.microsoft365.applications import Secret
from tests.engine.office import ORGANIZATION, G, O, Office
from tests.fakes import MemorySecrets, MemoryTenants

HERE = "http://127.0.0.1:1"
TICK = timedelta(minutes=5)
A, B = "client-secret-of-spring-0001", "client-secret-of-autumn-0002"


class Company(Office):
    """An organization that is connected as an administrator connects it; one person is linked."""

    def __init__(self) -> None:
        self.vault, self.rows = MemorySecrets(), MemoryTenants()
        super().__init__()

    def _services(self) -> Services:
        session = self._session(HERE, self._graph_app)
        self.entra = GraphMicrosoft365(
            self.rows,
            self.vault,
            self.clock,
            entra_url=HERE,
            graph_url=HERE,
            entra=session,
            graph=session,
        )
        self.tokens = OwnTokens(self.entra)
        return replace(
            super()._services(),
            tenants=self.rows,
            secrets=self.vault,
            microsoft365=self.entra,
            mailboxes=self.entra,
        )

    @property
    def stored_tenant(self) -> Tenant:
        return self.rows.get(ORGANIZATION)

    @property
    def tenant_state(self) -> str:
        return self.stored_tenant.state.value

    def enter(self, value: str, expires: datetime | None = None) -> Tenant:
        credential = NewCredential(CredentialKind.SECRET, value, expires=expires)
        change = TenantChange(True, self.tenant.id, self.registration.client_id, credential)
        save_settings(self.services, ORGANIZATION, change)
        return check_granted(self.services, ORGANIZATION)

    def start(self) -> None:
        self.registration = self.tenant.add_application(secret=A)
        self.connections.put(replace(self.person, upn="hanako@example.com"))
        self.enter(A)

    def revoke(self) -> None:
        """Every token that is out is dead: the next request needs a new one."""
        self.clock.advance(timedelta(seconds=2))
        self.tenant.tokens.revoke_all(self.clock.now())

    def an_hour(self) -> list[PassRecord]:
        """The timer and the queue at work; the passes that they made."""
        made = []
        for _ in range(12):
            enqueue_due(self.services, TICK)
            self.clock.advance(TICK)
            made += [run_job(self.services, job) for job in self.jobs.receive()]
        return [record for record in made if record is not None]


class OwnTokens:
    """The tokens of the organization's own client, as it is at the moment."""

    def __init__(self, entra: GraphMicrosoft365) -> None:
        self._entra = entra

    def get(self) -> str:
        return self._entra.client(ORGANIZATION)._tokens.get()

    def drop(self, token: str) -> None:
        self._entra.client(ORGANIZATION)._tokens.drop(token)


@pytest.fixture
def company() -> Iterator[Company]:
    with closing(Company()) as company:
        company.start()
        yield company


def states(records: list[PassRecord]) -> set[PassState]:
    return {record.state for record in records}


def test_no_pass_is_lost_while_a_secret_is_exchanged(company: Company) -> None:
    company.add(G, "before")
    assert states(company.an_hour()) == {PassState.DONE}
    company.registration.secrets.append(Secret(B, company.clock.now() + timedelta(days=180)))
    assert company.enter(B).state is TenantState.CONNECTED
    # One of Entra's regions does not know the new one yet.
    new = company.registration.secrets.pop()
    company.revoke()
    company.add(G, "meanwhile")
    assert states(company.an_hour()) == {PassState.DONE}
    assert company.stored_tenant.state is TenantState.CONNECTED
    # Now it does, and the former one is gone.
    company.registration.secrets[:] = [new]
    company.revoke()
    company.add(G, "afterwards")
    assert states(company.an_hour()) == {PassState.DONE}
    assert all(company.both(title) == [G, O] for title in ("before", "meanwhile", "afterwards"))
    assert (company.person.state, company.person.error) == (State.ACTIVE, "")


def test_an_expired_secret_stops_everyone_in_one_state_and_goes_on_by_itself(company: Company) -> None:
    company.fill(3)
    company.registration.secrets[0].expires = company.clock.now()
    company.revoke()
    company.remove(G, "E0")
    company.add(G, "waits")
    with company.nothing_written():
        records = company.an_hour()
    assert [record.error for record in records] == ["credential-expired"], (
        "one pass found it, then nobody is sent"
    )
    tenant = company.stored_tenant
    assert (tenant.state, tenant.error) == (TenantState.ERROR, "credential-expired")
    assert (company.person.state, company.person.error) == (State.ACTIVE, "")
    with company.nothing_written():
        assert company.an_hour() == []
    company.registration.secrets[0].expires = company.clock.now() + timedelta(days=180)
    assert states(company.an_hour()) == {PassState.DONE}
    assert company.stored_tenant.state is TenantState.CONNECTED
    assert (company.both("waits"), company.both("E0"), company.both("E1")) == ([G, O], [], [G, O])


def test_a_pass_that_somebody_asks_for_tries_and_repairs_the_state(company: Company) -> None:
    company.registration.secrets[0].expires = company.clock.now()
    company.revoke()
    assert company.sync().error == "credential-expired"
    assert company.tenant_state == "error"
    company.registration.secrets[0].expires = company.clock.now() + timedelta(days=180)
    company.clock.advance(timedelta(minutes=1))
    assert company.use_cases.sync_now(company.person).state is PassState.DONE
    assert company.tenant_state == "connected"


def test_a_new_secret_repairs_an_expired_one_at_once(company: Company) -> None:
    company.registration.secrets[0].expires = company.clock.now()
    company.revoke()
    assert company.sync().error == "credential-expired"
    company.registration.secrets.append(Secret(B, company.clock.now() + timedelta(days=180)))
    assert company.enter(B).state is TenantState.CONNECTED
    assert company.sync().state is PassState.DONE, "without a minute's wait"


def test_a_pass_of_the_former_settings_says_nothing_about_the_new_ones(company: Company) -> None:
    """It began before an administrator repaired them, and fails by the secret that is gone."""
    before = company.stored_tenant
    company.registration.secrets.append(Secret(B, company.clock.now() + timedelta(days=180)))
    company.enter(B)
    late = NeedsAdministrator("credential-missing")
    assert note_trouble(company.services, ORGANIZATION, late, before) is True
    assert company.tenant_state == "connected"
    assert note_trouble(company.services, ORGANIZATION, late, company.stored_tenant) is True
    assert company.tenant_state == "error"


def test_an_organization_that_is_switched_off_is_left_alone_and_goes_on_where_it_was(
    company: Company,
) -> None:
    company.fill(3)
    before = company.person
    save_settings(company.services, ORGANIZATION, TenantChange(in_use=False))
    company.remove(G, "E0")
    with company.nothing_written():
        assert company.an_hour() == []
        assert company.sync().error == "microsoft365-not-in-use"
    after = company.person
    assert (after.state, after.error, after.mailbox) == (before.state, before.error, before.mailbox)
    save_settings(company.services, ORGANIZATION, TenantChange(in_use=True))
    assert states(company.an_hour()) == {PassState.DONE}
    assert company.titles(O) == ["E1", "E2"]
