"""Every refusal of Microsoft Entra (graph-calendar.md 12.4), from its token endpoint to the sentence that the
administrator reads in answer to what was entered. MSAL, the adapter, the use case and the API are the real ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pytest

from sync.adapters.graph.microsoft365 import GraphMicrosoft365
from sync.adapters.http import Session
from sync.core.tenant import REQUIRED_PERMISSIONS, TenantState
from sync.engine.expiry import look_after
from sync.sandbox.inprocess import InProcess
from sync.sandbox.microsoft365 import Tenant, create_app
from sync.sandbox.microsoft365.refusals import Place
from sync.web.app import create_app as create_web_app
from tests.web.company import ADDRESSES, Answer, Client, Company, FakeUseCases

ENTRA = "http://127.0.0.1:8365"
VALUE = "the-secret-value-of-the-app-0001"


class Row(NamedTuple):
    """`refused`: the credential itself is wrong and not stored. `ja`, `en`: of the sentence; `do_…`: what to do."""

    code: str
    refused: bool
    ja: str
    en: str
    do_ja: str
    do_en: str


ROWS: Final = {
    7000215: Row(
        "credential-wrong", True, "受け付けませんでした", "refused the client secret", "「値」", "value"
    ),
    7000222: Row(
        "credential-expired", True, "有効期限が切れ", "has expired", "新しいシークレット", "new secret"
    ),
    7000218: Row("credential-not-sent", False, "AADSTS7000218", "AADSTS7000218", "登録し直し", "again"),
    700027: Row(
        "credential-certificate-unknown", True, "この証明書", "this certificate", "アップロード", "Upload"
    ),
    700016: Row(
        "credential-unknown-app", False, "テナントにありません", "does not know", "ID と", "client) id and"
    ),
    7000112: Row("credential-app-disabled", False, "無効になって", "disabled", "有効にして", "Enable it"),
    70001: Row(
        "credential-app-unavailable", False, "見つからないか", "not found", "有効にして", "enable the app"
    ),
    90002: Row("tenant-unknown", False, "テナント）ID", "(tenant) id", "確認してください", "Check"),
    65001: Row(
        "consent-missing",
        False,
        "管理者の同意がありません",
        "not consented",
        "同意を与え",
        "Grant admin consent",
    ),
    65004: Row("consent-declined", False, "拒否されました", "declined", "承諾", "accept"),
    90094: Row(
        "consent-by-administrator", False, "管理者の同意が必要", "has to consent", "「接続」", "Connect"
    ),
    50011: Row(
        "redirect-uri-mismatch", False, "リダイレクト URI", "redirect URI", "そのまま登録", "Register"
    ),
    50020: Row(
        "account-of-another-tenant", False, "別の組織", "another organization", "サインイン", "Sign in"
    ),
    500011: Row("entra-resource-unknown", False, "AADSTS500011", "AADSTS500011", "GRAPH_URL", "GRAPH_URL"),
    53003: Row("conditional-access", False, "条件付きアクセス", "Conditional Access", "見直し", "reviews"),
    54005: Row("sign-in-code-used", False, "すでに使われて", "already been used", "もう一度", "again"),
    900144: Row("entra-parameter-missing", False, "AADSTS900144", "AADSTS900144", "運用担当者", "operator"),
    # Not of the table, but of the same tongue.
    700213: Row(
        "credential-federation-wrong", False, "信頼していません", "does not trust", "サブジェクト", "subject"
    ),
    700229: Row(
        "credential-federation-not-app", False, "アプリ専用", "app-only", "ユーザー割り当て", "user-assigned"
    ),
    700024: Row("credential-assertion-refused", False, "AADSTS700024", "AADSTS700024", "時計", "clock"),
}


class Office:
    """The company's administrator, and a real Microsoft Entra of its own."""

    def __init__(self) -> None:
        self.company = Company()
        self.company.tenants._rows.clear()
        self.entra = Tenant()
        self.application = self.entra.add_application(secret=VALUE, roles=frozenset(REQUIRED_PERMISSIONS))
        session = Session(read_retries=0)
        session.mount(ENTRA, InProcess(create_app(self.entra)))
        known = self.company.services
        microsoft365 = GraphMicrosoft365(
            known.tenants,
            known.secrets,
            known.clock,
            entra_url=ENTRA,
            graph_url=ENTRA,
            entra=session,
            graph=session,
        )
        self.services = replace(known, microsoft365=microsoft365, mailboxes=microsoft365)
        app = create_web_app(self.services, self.company.access, "1", FakeUseCases(self.services), ADDRESSES)
        self.client = Client(app)

    def refuse(self, number: int, times: int | None = None) -> None:
        self.entra.login.refusals.order(number, Place.TOKEN, times)

    def enter(self, **changes: Any) -> Answer:
        ids = {"tenantId": self.entra.id, "clientId": self.application.client_id}
        body = {"inUse": True, **ids, "credential": {"kind": "secret", "value": VALUE}, **changes}
        return self.ask("PUT", "/api/microsoft365", body)

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        return self.client.ask(method, path, body, token=self.company.token("boss", "admin"))


@pytest.fixture
def office() -> Office:
    return Office()


def assert_said(said: Any, row: Row) -> None:
    assert said["code"] == row.code
    assert row.ja in said["detailJa"]
    assert row.en in said["detailEn"]
    assert row.do_ja in said["remedyJa"]
    assert row.do_en in said["remedyEn"]
    assert "?" not in said["detailJa"] + said["detailEn"], "a number that is said has to be known"


@pytest.mark.parametrize("number", ROWS)
def test_the_administrator_reads_what_entra_says_while_entering_it(office: Office, number: int) -> None:
    row = ROWS[number]
    office.refuse(number)
    answer = office.enter()
    assert answer.status == (422 if row.refused else 200)
    assert_said(answer.json if row.refused else answer.json["problem"], row)
    assert (office.services.tenants.get("default").credential is None) is row.refused
    if not row.refused:
        assert answer.json["state"] == "notConnected"


@pytest.mark.parametrize("number", ROWS)
def test_and_what_it_says_one_day_to_a_connection_that_worked(office: Office, number: int) -> None:
    """The timer's daily look finds it; the organization is in error, and goes on by itself afterwards."""
    assert office.enter().json["state"] == "connected"
    office.refuse(number)
    office.company.clock.advance(timedelta(days=1))
    assert look_after(office.services, "default") is False
    shown = office.ask("GET", "/api/microsoft365").json
    assert shown["state"] == "error"
    assert_said(shown["problem"], ROWS[number])
    office.entra.login.refusals.clear()
    assert look_after(office.services, "default") is True
    assert office.services.tenants.get("default").state is TenantState.CONNECTED


@pytest.mark.parametrize("number", [90055, 90033])
def test_what_passes_by_itself_is_stored_and_said_to_be_unchecked(office: Office, number: int) -> None:
    office.refuse(number)
    answer = office.enter()
    assert answer.status == 200
    assert answer.json["attention"][0]["code"] == "microsoft365-unchecked"
    check = office.ask("POST", "/api/microsoft365/check")
    assert (check.status, check.code) == (503, "entra-throttled")
    assert "混み合って" in check.json["detailJa"]
    office.entra.login.refusals.clear()
    assert office.ask("POST", "/api/microsoft365/check").json["state"] == "connected"


def test_a_real_wrong_secret_is_recognised_and_a_real_one_connects(office: Office) -> None:
    """Without an order: the simulator's Entra looks at the secret itself."""
    wrong = office.enter(credential={"kind": "secret", "value": "not-the-secret-of-the-app-0002"})
    assert (wrong.status, wrong.code) == (422, "credential-wrong")
    office.application.secrets[0].expires = office.company.clock.now() - timedelta(days=1)
    assert office.enter().code == "credential-expired"
    office.application.secrets[0].expires = office.company.clock.now() + timedelta(days=1)
    assert office.enter().json["state"] == "connected"


def test_a_tenant_that_does_not_exist_is_named(office: Office) -> None:
    answer = office.enter(tenantId="98765432-0000-4000-8000-000000000000")
    assert_said(answer.json["problem"], ROWS[90002])


def test_an_application_without_consent_is_waiting_for_it(office: Office) -> None:
    office.application.roles = frozenset()
    answer = office.enter()
    assert_said(answer.json["problem"], ROWS[65001])
    office.application.roles = frozenset(REQUIRED_PERMISSIONS)
    assert look_after(office.services, "default") is True
