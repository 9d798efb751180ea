"""What shows each switch of Entra and of the permissions (sections 1.5, 6.1 and 12), and what is seen then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sync.sandbox.microsoft365.applications import Federation
from sync.sandbox.microsoft365.switches import TokenWithoutConsent
from tests.sandbox.microsoft365.entra_world import EXCHANGE, Entra, number, sent_back
from tests.sandbox.microsoft365.office import HANAKO, Office, copy
from tests.sandbox.microsoft365.world import PROPERTY, World, shown

Face = Callable[..., Any]


def entra_of(world: World) -> Entra:
    """An Entra with the switches of this world."""
    entra = Entra()
    entra.tenant.switches = world.tenant.switches
    return entra


def office_of(world: World) -> Office:
    office = Office()
    office.tenant.switches = world.tenant.switches
    return office


def empty_property(world: World) -> list[str]:
    event = world.create(singleValueExtendedProperties=[{"id": PROPERTY, "value": "m1"}])
    world.change(event["id"], singleValueExtendedProperties=[{"id": PROPERTY, "value": ""}])
    found = world.read(event["id"], f"?$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')")
    return [each["value"] for each in found.get("singleValueExtendedProperties", [])]


def after_permanent_delete(world: World) -> tuple[int, bool]:
    """Mails, and whether the guest's copy is cancelled."""
    office = office_of(world)
    meeting = office.meet(HANAKO)
    office.mails()
    office.act(office.taro, meeting["id"], "permanentDelete")
    return len(office.mails()), copy(office.hanako, meeting)["isCancelled"]


def token_without_consent(world: World) -> int:
    entra = entra_of(world)
    entra.application.consented, entra.application.roles = False, frozenset()
    answer = entra.ask()
    return 200 if answer.status_code == 200 else number(answer)


def roles_after_consent(world: World) -> bool:
    entra = entra_of(world)
    entra.application.consented, entra.application.roles = False, frozenset()
    entra.click(entra.consent_address(), consent="accept")
    entra.clock.advance(timedelta(seconds=1))
    return bool(entra.roles())


def mailbox_after_policy(world: World) -> int:
    entra = entra_of(world)
    address = f"/_simulator/applications/{entra.application.client_id}"
    entra.session.patch(f"http://graph.test{address}", json={"mailboxes": []})
    return entra.get(entra.events).status_code


def state_of_a_denial(world: World) -> bool:
    entra = entra_of(world)
    back = sent_back(entra.click(entra.consent_address("adminconsent"), consent="cancel"))
    return back.get("state") == "s 1"


def refused_sign_in(world: World) -> int:
    entra = entra_of(world)
    entra.user.is_blocked_by_policy = True
    return entra.click(entra.address(), account="taro@example.com").status_code


def federation_that_does_not_fit(world: World) -> int:
    entra = entra_of(world)
    entra.tenant.add_identity("identity-client", "identity-principal")
    entra.application.federations.append(Federation(entra.tenant.login.issuer, "other", EXCHANGE))
    return number(entra.assert_by(shown(entra.identity_token(EXCHANGE))["access_token"]))


ENTRA_FACES: dict[str, tuple[Face, dict[Any, Any]]] = {
    "empty_extended_property_kept": (empty_property, {True: [""], False: []}),
    "permanent_delete_mails": (after_permanent_delete, {True: (1, True), False: (0, False)}),
    "permanent_delete_cancels_copies": (after_permanent_delete, {True: (0, True), False: (0, False)}),
    "token_without_consent": (
        token_without_consent,
        {TokenWithoutConsent.NO_ROLES: 200, TokenWithoutConsent.REFUSED: 65001},
    ),
    "consent_delay": (roles_after_consent, {0: True, 300: False}),
    "policy_delay": (mailbox_after_policy, {0: 403, 3600: 200}),
    "v1_denial_has_state": (state_of_a_denial, {True: True, False: False}),
    "sign_in_errors_redirect": (refused_sign_in, {True: 302, False: 400}),
    "federation_error_names_claim": (federation_that_does_not_fit, {True: 700213, False: 70021}),
}
