"""Law 8: a person is a mailbox, not a name; a changed name pauses and re-links, and never deletes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from sync.core.settings import State
from sync.engine.connect import bind_mailbox
from sync.engine.schedule import run_job
from sync.errors import NeedsAdministrator
from sync.ports import Job, PassState
from sync.sandbox.microsoft365.users import MailboxState
from tests.engine.office import ORGANIZATION, G, O, Office


@pytest.fixture
def office() -> Iterator[Office]:
    with closing(Office()) as office:
        office.connections.put(replace(office.person, upn="hanako@example.com"))
        yield office


def enter_upn(office: Office, upn: str) -> None:
    """As the web does it: the mailbox stays bound, the state asks for a check."""
    office.connections.put(replace(office.person, upn=upn))
    office.connections.update(office.person, state=State.CHECKING, error="")


def unbind(office: Office) -> None:
    office.connections.put(replace(office.person, mailbox=""))
    office.connections.update(office.person, state=State.CHECKING)


def test_a_new_person_is_bound_by_object_id(office: Office) -> None:
    unbind(office)
    assert office.sync().state is PassState.DONE
    assert (office.person.mailbox, office.person.state) == (office.oid, State.ACTIVE)


def test_a_bound_person_costs_no_look_up(office: Office) -> None:
    office.sync()
    total = office.tenant.requests.total
    office.sync()
    assert office.tenant.requests.total - total == 1


@pytest.mark.parametrize(("upn", "code"), [("", "upn-missing"), ("nobody@example.com", "user-missing")])
def test_a_person_without_a_mailbox_is_an_error_with_its_reason(office: Office, upn: str, code: str) -> None:
    unbind(office)
    enter_upn(office, upn)
    record = office.sync()
    assert (record.state, record.error) == (PassState.FAILED, code)
    assert (office.person.state, office.person.error) == (State.ERROR, code)
    assert office.writes() == 0


def test_the_person_is_found_by_itself_once_microsoft_365_knows_it(office: Office) -> None:
    unbind(office)
    enter_upn(office, "soon@example.com")
    office.sync()
    late = office.tenant.add_user("soon@example.com", "後")
    assert office.sync().state is PassState.DONE
    assert (office.person.mailbox, office.person.state) == (late.id, State.ACTIVE)


def test_a_renamed_person_stays_the_same_person(office: Office) -> None:
    """Married, moved to another domain: same object id (graph-calendar.md 13). Nobody has to do anything."""
    office.fill(5)
    office.tenant.rename_user(office.oid, "yamada@example.com")
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes


def test_entering_the_new_name_of_the_same_person_links_nothing_anew(office: Office) -> None:
    office.fill(5)
    office.tenant.rename_user(office.oid, "yamada@example.com")
    enter_upn(office, "yamada@example.com")
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.writes() == writes
    assert office.person.mailbox == office.oid


def test_another_persons_upn_pauses_and_deletes_nothing(office: Office) -> None:
    office.fill(5)
    other = office.tenant.add_user("taro@example.com", "太郎")
    enter_upn(office, "taro@example.com")
    office.remove(G, "E0")
    for _ in range(3):
        with office.nothing_written():
            record = office.sync()
            assert (record.state, record.error) == (PassState.FAILED, "mailbox-changed")
        assert (office.person.state, office.person.error) == (State.ERROR, "mailbox-changed")
    assert len(office.titles(O)) == 5
    assert office.tenant.mailbox(other.id).events() == []


def test_a_pause_ends_when_the_old_upn_is_entered_again(office: Office) -> None:
    office.fill(5)
    office.tenant.add_user("taro@example.com", "太郎")
    enter_upn(office, "taro@example.com")
    office.sync()
    enter_upn(office, "hanako@example.com")
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert office.person.state is State.ACTIVE
    assert office.writes() == writes


def test_a_upn_that_nobody_has_pauses_until_it_is_put_right(office: Office) -> None:
    """A typing error must stay visible: going on with the old mailbox would hide it."""
    office.fill(5)
    enter_upn(office, "hanka@example.com")
    for _ in range(2):
        with office.nothing_written():
            assert office.sync().error == "user-missing"
    enter_upn(office, "hanako@example.com")
    assert office.sync().state is PassState.DONE


def test_a_person_who_was_never_synced_may_become_another_mailbox(office: Office) -> None:
    office.add(G, "first")
    other = office.tenant.add_user("taro@example.com", "太郎")
    enter_upn(office, "taro@example.com")
    assert office.sync().state is PassState.DONE
    assert office.person.mailbox == other.id
    assert [e["subject"] for e in office.tenant.mailbox(other.id).events()] == ["first"]


def test_a_repaired_mailbox_binding_is_not_asked_for_again(office: Office) -> None:
    office.connections.update(office.person, state=State.ERROR, error="credential-wrong")
    office.connections.update(office.person, tenant=office.tenant.id)
    assert bind_mailbox(office.services, office.person, office.tenant.id) == office.person
    assert office.tenant.requests.total == 0


# -- people and mailboxes that go away ------------------------------------------------------------------------


def test_a_deleted_user_is_an_error_and_loses_nothing(office: Office) -> None:
    office.fill(5)
    office.tenant.remove_user(office.oid)
    office.remove(G, "E0")
    for _ in range(2):
        with office.nothing_written():
            record = office.sync()
        assert (record.state, record.error) == (PassState.FAILED, "user-missing")
        assert office.person.state is State.ERROR
    assert len(office.titles(G)) == 4


def test_a_restored_user_goes_on_where_it_was(office: Office) -> None:
    office.fill(5)
    office.tenant.remove_user(office.oid)
    office.add(G, "meanwhile")
    office.sync()
    office.tenant.restore_user(office.oid)
    assert office.sync().state is PassState.DONE
    assert office.person.state is State.ACTIVE
    assert office.titles(O) == office.titles(G)


@pytest.mark.parametrize("state", [MailboxState.NONE, MailboxState.ON_PREMISES, MailboxState.PROVISIONING])
def test_a_mailbox_without_licence_is_an_error_until_it_has_one(office: Office, state: MailboxState) -> None:
    office.fill(5)
    user = office.tenant.user(office.oid)
    user.mailbox_state = state
    office.add(G, "meanwhile")
    with office.nothing_written():
        record = office.sync()
    assert (record.state, record.error) == (PassState.FAILED, "mailbox-missing")
    assert office.person.state is State.ERROR
    user.mailbox_state = MailboxState.READY
    assert office.sync().state is PassState.DONE
    assert (office.person.state, office.person.error) == (State.ACTIVE, "")
    assert office.titles(O) == office.titles(G)


def test_a_mailbox_outside_the_access_policy_is_an_error_and_recovers(office: Office) -> None:
    office.fill(3)
    application = next(iter(office.tenant.applications.values()))
    application.mailboxes = frozenset()
    assert office.sync().error == "mailbox-forbidden"
    application.mailboxes = None
    assert office.sync().state is PassState.DONE


def test_a_user_who_left_the_groupware_loses_nothing(office: Office) -> None:
    office.fill(5)
    office.groupware.remove_user(office.user)
    office.cursors.clear(office.person)
    with office.nothing_written():
        record = office.sync()
    assert record.state is PassState.FAILED
    assert office.person.state is State.ERROR
    assert len(office.titles(O)) == 5


def test_a_broken_binding_never_leaves_the_queue_function(office: Office) -> None:
    """The job ends; a person in error is no reason to try the same message five times."""
    office.connections.put(replace(office.person, mailbox="", upn="nobody@example.com"))
    record = run_job(office.services, Job(ORGANIZATION, office.user))
    assert record is not None
    assert record.state is PassState.FAILED


def test_the_error_is_the_administrators_to_repair(office: Office) -> None:
    office.connections.put(replace(office.person, mailbox="", upn="nobody@example.com"))
    with pytest.raises(NeedsAdministrator):
        bind_mailbox(office.services, office.person, office.tenant.id)


# -- another tenant -------------------------------------------------------------------------------------------


def move(office: Office, tenant_id: str) -> None:
    """The administrator enters another tenant id."""
    before = office.tenants.get(ORGANIZATION)
    office.tenants.put(replace(before, tenant_id=tenant_id))


def test_the_tenant_is_kept_with_the_mailbox_and_costs_nothing_afterwards(office: Office) -> None:
    office.connections.put(replace(office.person, upn="hanako@example.com"))
    assert office.person.tenant == ""
    office.sync()
    assert office.person.tenant == office.tenant.id
    total = office.tenant.requests.total
    office.sync()
    assert office.tenant.requests.total - total == 1


def test_a_changed_tenant_asks_for_everyone_anew_without_touching_a_row(office: Office) -> None:
    office.fill(5)
    before = office.person
    move(office, "another-tenant")
    assert office.person == before
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert (office.person.tenant, office.person.mailbox) == ("another-tenant", office.oid)
    assert office.writes() == writes


def test_in_another_tenant_somebody_else_has_the_name_and_nothing_is_deleted(office: Office) -> None:
    """failures.md F22: a switched tenant must not delete what was synced before."""
    office.fill(5)
    office.tenant.rename_user(office.oid, "away@example.com")
    other = office.tenant.add_user("hanako@example.com", "別の花子")
    move(office, "another-tenant")
    for _ in range(2):
        with office.nothing_written():
            assert office.sync().error == "mailbox-changed"
    assert office.tenant.mailbox(other.id).events() == []
    assert len(office.titles(O)) == 5


def test_in_another_tenant_nobody_has_the_name_until_the_former_one_is_entered_again(office: Office) -> None:
    office.fill(5)
    office.tenant.remove_user(office.oid)
    move(office, "another-tenant")
    with office.nothing_written():
        assert office.sync().error == "user-missing"
    office.tenant.restore_user(office.oid)
    move(office, office.tenant.id)
    writes = office.writes()
    assert office.sync().state is PassState.DONE
    assert (office.writes(), office.person.state) == (writes, State.ACTIVE)


def test_a_mailbox_of_another_tenant_without_a_upn_is_not_guessed(office: Office) -> None:
    office.sync()
    office.connections.put(replace(office.person, upn=""))
    move(office, "another-tenant")
    assert office.sync().error == "upn-missing"
