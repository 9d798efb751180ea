"""The authorization endpoint and the code grant: sections 12.3 and 12.4 of the reference."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import jwt
import pytest

from sync.sandbox.microsoft365.refusals import Place
from tests.sandbox.microsoft365.entra_world import (
    CALLBACK,
    Entra,
    number,
    number_on_page,
    number_sent_back,
    posted_back,
    sent_back,
)
from tests.sandbox.microsoft365.world import HOST, refusal, shown


@pytest.fixture
def entra() -> Entra:
    return Entra()


def test_a_person_picks_an_account_and_the_application_learns_who_it_is(entra: Entra) -> None:
    page = entra.open(entra.address())
    assert page.status_code == 200
    assert "taro@example.com" in page.text
    back = entra.sign_in_as()
    assert back["state"] == "s 1"
    answer = shown(entra.redeem(back["code"]))
    claims = entra.read_id_token(answer["id_token"])
    now = int(entra.clock.now().timestamp())
    assert (claims["oid"], claims["tid"], claims["nonce"]) == (entra.user.id, entra.tenant.id, "n1")
    assert (claims["preferred_username"], claims["name"]) == ("taro@example.com", "山田 太郎")
    assert (claims["email"], claims["ver"]) == ("taro@example.com", "2.0")
    assert claims["iat"] == claims["nbf"] == now < claims["exp"]
    assert "upn" not in claims


def test_every_page_is_marked_as_simulated_and_runs_nothing(entra: Entra) -> None:
    pages = [
        entra.open(entra.address()),
        entra.open(entra.address(redirect_uri="https://evil.example/")),
        entra.open(entra.consent_address()),
        entra.click(entra.address(response_mode="form_post"), account="taro@example.com"),
    ]
    for page in pages:
        assert "模擬 / simulated" in page.text
        assert "<script" not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_what_people_typed_is_no_markup_on_a_page(entra: Entra) -> None:
    entra.tenant.add_user("eve@example.com", "<b>'Eve'</b>")
    page = entra.open(entra.address(login_hint="'><b>hint"))
    assert "<b>" not in page.text
    assert "&lt;b&gt;&#x27;Eve&#x27;" in page.text


def test_the_hinted_account_stands_first(entra: Entra) -> None:
    entra.tenant.add_user("zoe@example.com")
    page = entra.open(entra.address(login_hint="ZOE@example.com")).text
    assert page.index("zoe@example.com") < page.index("taro@example.com")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"redirect_uri": f"{CALLBACK}/"}, 50011),
        ({"redirect_uri": CALLBACK.upper()}, 50011),
        ({"redirect_uri": f"{CALLBACK}?a=1"}, 50011),
        ({"redirect_uri": None}, 900144),
        ({"client_id": None}, 900144),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 700016),
        ({"tenant": "00000000-0000-0000-0000-000000000000"}, 90002),
        ({"tenant": "common"}, 90002),
    ],
)
def test_without_a_good_address_to_return_to_the_refusal_is_a_page(
    entra: Entra, asked: dict[str, Any], code: int
) -> None:
    assert number_on_page(entra.open(entra.address(**asked))) == code
    assert number_on_page(entra.click(entra.address(**asked), account="taro@example.com")) == code


def test_a_duplicated_parameter_is_refused_on_a_page(entra: Entra) -> None:
    assert number_on_page(entra.open(f"{entra.address()}&redirect_uri=https://evil.example/")) == 9000411


def test_a_disabled_application_is_refused_on_a_page(entra: Entra) -> None:
    entra.application.enabled = False
    assert number_on_page(entra.open(entra.address())) == 7000112


@pytest.mark.parametrize(
    ("asked", "error", "code"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type", 700054),
        ({"response_type": None}, "invalid_request", 900144),
        ({"scope": None}, "invalid_request", 900144),
        ({"scope": "profile"}, "invalid_scope", 70011),
        ({"response_mode": "fragment"}, "invalid_request", 900561),
        ({"prompt": "please"}, "invalid_request", 900561),
        ({"code_challenge_method": "S1"}, "invalid_request", 900561),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"code_challenge": "x" * 129}, "invalid_request", 501491),
        ({"prompt": "none"}, "login_required", 50058),
    ],
)
def test_a_question_that_cannot_be_answered_goes_back(
    entra: Entra, asked: dict[str, Any], error: str, code: int
) -> None:
    back = sent_back(entra.open(entra.address(**asked)))
    assert (back["error"], number_sent_back(back), back["state"]) == (error, code, "s 1")


def test_cancel_is_access_denied(entra: Entra) -> None:
    back = sent_back(entra.click(entra.address(), action="cancel"))
    assert (back["error"], back["state"]) == ("access_denied", "s 1")
    assert "code" not in back


def test_an_account_of_another_tenant_is_50020_and_a_guest_signs_in_as_a_guest(entra: Entra) -> None:
    assert number_sent_back(entra.sign_in_as("someone@another-tenant.example")) == 50020
    guest = entra.tenant.add_user("o'hara_example.org#EXT#@example.com", mail=None)
    back = entra.sign_in_as(guest.user_principal_name)
    claims = entra.read_id_token(shown(entra.redeem(back["code"]))["id_token"])
    assert claims["oid"] == guest.id
    assert "email" not in claims


def test_an_unknown_account_of_this_tenant_is_asked_for_again(entra: Entra) -> None:
    page = entra.click(entra.address(), account="nobody@example.com")
    assert page.status_code == 200
    assert "そのアカウントは見つかりません" in page.text


def test_conditional_access_blocks_marked_people_only(entra: Entra) -> None:
    entra.tenant.add_user("hanako@example.com").is_blocked_by_policy = True
    back = entra.sign_in_as("hanako@example.com")
    assert (back["error"], number_sent_back(back)) == ("access_denied", 53003)
    assert "code" in entra.sign_in_as("taro@example.com")


def test_a_person_who_is_blocked_after_signing_in_gets_no_token(entra: Entra) -> None:
    code = entra.sign_in_as()["code"]
    entra.user.is_blocked_by_policy = True
    assert number(entra.redeem(code)) == 53003


def test_disabled_people_and_rooms_do_not_sign_in(entra: Entra) -> None:
    entra.user.account_enabled = False
    room = entra.tenant.add_room("会議室A", "room-a@example.com")
    assert "room-a@example.com" not in entra.open(entra.address()).text
    for account in ("taro@example.com", room.user_principal_name):
        assert number_sent_back(entra.sign_in_as(account)) == 50057


def test_without_consent_an_administrator_is_needed(entra: Entra) -> None:
    entra.application.consented = False
    assert number_sent_back(entra.sign_in_as()) == 90094


def test_people_consent_for_themselves_where_they_may(entra: Entra) -> None:
    entra.application.consented = False
    entra.tenant.login.users_may_consent = True
    page = entra.click(entra.address(), account="taro@example.com")
    assert "要求されているアクセス許可" in page.text
    declined = sent_back(entra.click(entra.address(), account="taro@example.com", consent="cancel"))
    assert (declined["error"], number_sent_back(declined)) == ("access_denied", 65004)
    accepted = sent_back(entra.click(entra.address(), account="taro@example.com", consent="accept"))
    assert entra.redeem(accepted["code"]).status_code == 200
    assert "code" in entra.sign_in_as(), "asked once"
    entra.tenant.add_user("hanako@example.com")
    assert entra.click(entra.address(), account="hanako@example.com").status_code == 200, "not for others"


def test_a_form_does_not_consent_where_only_administrators_may(entra: Entra) -> None:
    entra.application.consented = False
    back = sent_back(entra.click(entra.address(), account="taro@example.com", consent="accept"))
    assert number_sent_back(back) == 90094


def test_a_consent_that_is_taken_back_stops_the_code(entra: Entra) -> None:
    code = entra.sign_in_as()["code"]
    entra.tenant.revoke(entra.application.client_id)
    assert number(entra.redeem(code)) == 65001


def test_prompt_none_goes_by_the_last_account_of_this_browser(entra: Entra) -> None:
    entra.sign_in_as()
    assert "code" in sent_back(entra.open(entra.address(prompt="none")))
    entra.application.consented = False
    silent = sent_back(entra.open(entra.address(prompt="none")))
    assert (silent["error"], number_sent_back(silent)) == ("interaction_required", 65001)


def test_form_post_brings_the_code_by_a_form(entra: Entra) -> None:
    answer = entra.click(entra.address(response_mode="form_post"), account="taro@example.com")
    action, fields = posted_back(answer)
    assert (action, fields["state"]) == (CALLBACK, "s 1")
    assert entra.redeem(fields["code"]).status_code == 200


def test_a_registered_address_with_a_query_keeps_it(entra: Entra) -> None:
    address = f"{CALLBACK}?from=entra"
    entra.application.redirect_uris.append(address)
    location = entra.click(entra.address(redirect_uri=address), account="taro@example.com").headers[
        "Location"
    ]
    assert location.startswith(f"{address}&code=")


def test_a_code_works_once(entra: Entra) -> None:
    code = entra.sign_in_as()["code"]
    assert entra.redeem(code).status_code == 200
    again = entra.redeem(code)
    assert (again.status_code, shown(again)["error"], number(again)) == (400, "invalid_grant", 54005)


def test_a_code_lives_ten_minutes(entra: Entra) -> None:
    late, timely = entra.sign_in_as()["code"], entra.sign_in_as()["code"]
    entra.clock.advance(timedelta(minutes=10) - timedelta(seconds=1))
    assert entra.redeem(timely).status_code == 200
    entra.clock.advance(timedelta(seconds=1))
    assert number(entra.redeem(late)) == 70008


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"redirect_uri": f"{CALLBACK}/"}, 400, 500112),
        ({"redirect_uri": None}, 400, 900144),
        ({"code_verifier": "w" * 64}, 400, 501481),
        ({"code_verifier": None}, 400, 501481),
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_secret": None}, 401, 7000218),
        ({"code": "nonsense"}, 400, 70000),
        ({"code": None}, 400, 900144),
    ],
)
def test_a_code_is_checked_and_not_spent_by_a_mistake(
    entra: Entra, form: dict[str, Any], status: int, code: int
) -> None:
    issued = entra.sign_in_as()["code"]
    refused = entra.redeem(**{"code": issued, **form})
    assert (refused.status_code, number(refused)) == (status, code)
    assert entra.redeem(issued).status_code == 200


def test_a_code_of_another_application_is_unknown(entra: Entra) -> None:
    code = entra.sign_in_as()["code"]
    other = entra.tenant.add_application(redirect_uris=[CALLBACK])
    assert (
        number(entra.redeem(code, client_id=other.client_id, client_secret=other.secrets[0].value)) == 70000
    )


@pytest.mark.parametrize(
    ("asked", "verifier", "status"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, None, 200),
        ({"code_challenge": None, "code_challenge_method": None}, "v" * 64, 400),
        ({"code_challenge": "p" * 50, "code_challenge_method": None}, "p" * 50, 200),
        ({"code_challenge": "p" * 50, "code_challenge_method": "plain"}, "q" * 50, 400),
    ],
)
def test_a_challenge_without_a_method_is_plain(
    entra: Entra, asked: dict[str, Any], verifier: str | None, status: int
) -> None:
    code = entra.sign_in_as(**asked)["code"]
    assert entra.redeem(code, code_verifier=verifier).status_code == status


def test_claims_come_by_scope(entra: Entra) -> None:
    claims = entra.read_id_token(
        shown(entra.redeem(entra.sign_in_as(scope="openid", nonce=None)["code"]))["id_token"]
    )
    assert not {"oid", "name", "preferred_username", "email", "nonce"} & claims.keys()


def test_sub_is_another_one_for_every_application(entra: Entra) -> None:
    def subject() -> str:
        return str(entra.read_id_token(shown(entra.redeem(entra.sign_in_as()["code"]))["id_token"])["sub"])

    first = subject()
    assert subject() == first != entra.user.id
    entra.application = entra.tenant.add_application(redirect_uris=[CALLBACK])
    assert subject() != first


def test_the_access_token_of_a_sign_in_opens_nothing(entra: Entra) -> None:
    token = shown(entra.redeem(entra.sign_in_as()["code"]))["access_token"]
    entra.session.headers["Authorization"] = f"Bearer {token}"
    assert refusal(entra.get(entra.events)) == (403, "ErrorAccessDenied")
    assert refusal(entra.get("/users")) == (403, "Authorization_RequestDenied")


def test_two_keys_are_published_and_rotate(entra: Entra) -> None:
    def sign() -> str:
        return str(shown(entra.redeem(entra.sign_in_as()["code"]))["id_token"])

    before, token = entra.keys(), sign()
    assert len(before["keys"]) == 2
    assert {"kty", "use", "kid", "n", "e", "issuer"} == before["keys"][0].keys()
    entra.tenant.login.keys.rotate()
    entra.read_id_token(sign(), before)
    entra.tenant.login.keys.rotate()
    with pytest.raises(KeyError):
        entra.read_id_token(sign(), before)
    entra.read_id_token(sign())
    with pytest.raises(KeyError):
        entra.read_id_token(token)


def test_keys_of_an_unknown_tenant_are_refused(entra: Entra) -> None:
    assert entra.session.get(f"{HOST}/nobody.example/discovery/v2.0/keys").status_code == 400


def test_the_id_token_of_another_tenant_is_signed_by_other_keys(entra: Entra) -> None:
    other = Entra(seed=2)
    token = shown(other.redeem(other.sign_in_as()["code"]))["id_token"]
    with pytest.raises(KeyError):
        entra.read_id_token(token)
    head, body, _ = token.split(".")
    forged = f"{head}.{body}.{base64.urlsafe_b64encode(b'x' * 256).decode().rstrip('=')}"
    with pytest.raises(jwt.InvalidSignatureError):
        other.read_id_token(forged)


@pytest.mark.parametrize("code", [50020, 53003, 65001, 65004, 90094, 90055, 700016, 50011, 90002])
def test_any_refusal_can_be_ordered(entra: Entra, code: int) -> None:
    entra.tenant.login.refusals.order(code, Place.AUTHORIZE)
    answer = entra.click(entra.address(), account="taro@example.com")
    if code in (700016, 50011, 90002):
        assert number_on_page(answer) == code
    else:
        assert number_sent_back(sent_back(answer)) == code
    assert "code" in entra.sign_in_as(), "once"
