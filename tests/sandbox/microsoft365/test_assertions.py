"""Client assertions are verified: certificates and federated credentials (sections 12.1 and 12.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from sync.sandbox.microsoft365.applications import Certificate, Federation
from tests.sandbox.microsoft365.entra_world import EXCHANGE, PUBLIC, Entra, Pair, make_pair, number
from tests.sandbox.microsoft365.world import HOST, shown


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


@pytest.fixture
def entra(pair: Pair) -> Entra:
    found = Entra()
    found.application.certificates.append(Certificate.parse(pair.public))
    return found


def sign(entra: Entra, pair: Pair, **changed: Any) -> str:
    changed.setdefault("aud", f"{PUBLIC}/{entra.tenant.id}/oauth2/v2.0/token")
    audience = changed.pop("aud")
    return pair.assertion(entra.application.client_id, audience, entra.clock.now(), **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"algorithm": "RS256", "named": "x5t"},
        {"algorithm": "RS256"},
        {"aud": f"{PUBLIC}/example.com/oauth2/v2.0/token", "tenant": "example.com"},
    ],
)
def test_a_registered_certificate_stands_for_the_secret(
    entra: Entra, pair: Pair, changed: dict[str, Any]
) -> None:
    name = changed.pop("tenant", entra.tenant.id)
    form = {
        "grant_type": "client_credentials",
        "client_id": entra.application.client_id,
        "scope": "https://graph.microsoft.com/.default",
        "client_assertion": sign(entra, pair, **changed),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    answer = entra.session.post(f"{HOST}/{name}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text


def test_the_endpoint_is_a_good_audience_under_its_own_name_too(entra: Entra, pair: Pair) -> None:
    token = sign(entra, pair, aud=f"{HOST}/{entra.tenant.id}/oauth2/v2.0/token")
    assert entra.assert_by(token).status_code == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aud": "https://example.com/token"}, 700023),
        ({"aud": f"{PUBLIC}/00000000-0000-0000-0000-000000000000/oauth2/v2.0/token"}, 700023),
        ({"exp": 0}, 700024),
        ({"exp": None}, 700024),
        ({"exp": "tomorrow"}, 700024),
        ({"nbf": 32503680000}, 700024),
        ({"sub": "somebody"}, 700021),
        ({"iss": "somebody"}, 700021),
        ({"algorithm": "RS512"}, 700027),
    ],
)
def test_what_the_assertion_says_is_checked(
    entra: Entra, pair: Pair, changed: dict[str, Any], code: int
) -> None:
    answer = entra.assert_by(sign(entra, pair, **changed))
    assert (answer.status_code, number(answer)) == (401, code)


def test_an_unknown_certificate_is_700027(entra: Entra) -> None:
    assert number(entra.assert_by(sign(entra, make_pair()))) == 700027


def test_a_signature_of_another_key_is_700027(entra: Entra, pair: Pair) -> None:
    other = Pair(make_pair().private, pair.public)
    assert number(entra.assert_by(sign(entra, other))) == 700027
    symmetric = jwt.encode({"iss": entra.application.client_id}, "k" * 32, "HS256")
    assert number(entra.assert_by(symmetric)) == 700027
    header = jwt.get_unverified_header(sign(entra, pair))
    claims = {"iss": entra.application.client_id}
    unsigned = jwt.encode(claims, "", "none", headers={"x5t#S256": header["x5t#S256"]})
    assert number(entra.assert_by(unsigned)) == 700027


def test_a_certificate_is_valid_from_its_start_to_its_end(entra: Entra) -> None:
    now = datetime(2026, 9, 1, 12, tzinfo=UTC)
    pair = make_pair(now + timedelta(hours=1), timedelta(hours=1))
    entra.application.certificates.append(Certificate.parse(pair.public))
    assert number(entra.assert_by(sign(entra, pair))) == 700027
    entra.clock.advance(timedelta(hours=1))
    assert entra.assert_by(sign(entra, pair)).status_code == 200
    entra.clock.advance(timedelta(hours=1))
    assert number(entra.assert_by(sign(entra, pair))) == 700027


def test_without_its_type_an_assertion_is_refused(entra: Entra, pair: Pair) -> None:
    assert number(entra.assert_by(sign(entra, pair), client_assertion_type=None)) == 900144


def test_a_code_is_redeemed_with_a_certificate_as_well(entra: Entra, pair: Pair) -> None:
    code = entra.sign_in_as()["code"]
    form = {"client_secret": None, "client_assertion": sign(entra, pair)}
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert entra.redeem(code, **form, client_assertion_type=kind).status_code == 200


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError):
        Certificate.parse("no PEM")


# Federated credentials.


@pytest.fixture
def federated() -> Entra:
    found = Entra()
    identity = found.tenant.add_identity("identity-client", "identity-principal")
    found.application.federations.append(
        Federation(f"{PUBLIC}/{found.tenant.id}/v2.0", identity.principal_id, EXCHANGE)
    )
    return found


def exchange(entra: Entra, **record: str) -> int:
    """Which number the exchange of a good token gives when the registration trusts something else; 200 if none."""
    good = entra.application.federations[0]
    fields = {"issuer": good.issuer, "subject": good.subject, "audience": good.audience, **record}
    entra.application.federations[0] = Federation(**fields)
    answer = entra.assert_by(shown(entra.identity_token(EXCHANGE))["access_token"])
    entra.application.federations[0] = good
    return 200 if answer.status_code == 200 else number(answer)


def test_the_token_of_the_managed_identity_stands_for_a_secret(federated: Entra) -> None:
    token = shown(federated.identity_token(EXCHANGE))["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["sub"]) == (EXCHANGE, "identity-principal")
    assert claims["iss"] == f"{PUBLIC}/{federated.tenant.id}/v2.0"
    answer = federated.assert_by(token)
    assert answer.status_code == 200, answer.text
    federated.session.headers["Authorization"] = f"Bearer {shown(answer)['access_token']}"
    assert federated.get(federated.events).status_code == 200


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({}, 200),
        ({"issuer": f"{PUBLIC}/other/v2.0"}, 700211),
        ({"audience": "api://another"}, 700212),
        ({"subject": "another-principal"}, 700213),
        ({"subject": "Identity-Principal"}, 7002138),
    ],
)
def test_each_claim_has_to_fit_the_credential(federated: Entra, record: dict[str, str], code: int) -> None:
    assert exchange(federated, **record) == code


def test_without_any_federated_credential_there_is_no_record(federated: Entra) -> None:
    federated.application.federations.clear()
    assert number(federated.assert_by(shown(federated.identity_token(EXCHANGE))["access_token"])) == 700211


def test_the_older_number_names_no_claim() -> None:
    entra = Entra(federation_error_names_claim=False)
    entra.tenant.add_identity("identity-client", "identity-principal")
    entra.application.federations.append(Federation("other", "other"))
    answer = entra.assert_by(shown(entra.identity_token(EXCHANGE))["access_token"])
    assert (answer.status_code, number(answer), shown(answer)["error"]) == (400, 70021, "invalid_request")


def claims_of(entra: Entra, **changed: Any) -> dict[str, Any]:
    record, now = entra.application.federations[0], int(entra.clock.now().timestamp())
    return {
        "iss": record.issuer,
        "sub": record.subject,
        "aud": record.audience,
        "idtyp": "app",
        "nbf": now,
        "exp": now + 60,
        **changed,
    }


def test_only_app_only_tokens_may_be_exchanged(federated: Entra) -> None:
    token = federated.tenant.login.keys.sign(claims_of(federated, idtyp="user"))
    assert number(federated.assert_by(token)) == 700229


def test_a_federated_token_is_signed_by_its_issuer_and_in_time(federated: Entra) -> None:
    keys = federated.tenant.login.keys
    assert federated.assert_by(keys.sign(claims_of(federated))).status_code == 200
    assert number(federated.assert_by(keys.sign(claims_of(federated, exp=1)))) == 700024
    forged = jwt.encode(claims_of(federated), "k" * 32, "HS256")
    assert number(federated.assert_by(forged)) == 700027
    foreign = Entra(seed=2).tenant.login.keys.sign(claims_of(federated))
    assert number(federated.assert_by(foreign)) == 700027
