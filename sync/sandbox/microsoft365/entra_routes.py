"""Which address of Entra, and of the managed identity's endpoint, is answered by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flask

from sync.sandbox.microsoft365 import admin_consent, authorize, entra, identity_endpoint
from sync.sandbox.microsoft365.http_answers import ACCOUNT_COOKIE, base, respond, show
from sync.sandbox.microsoft365.tenant import Tenant


def add_entra_routes(app: flask.Flask, tenant: Tenant) -> None:
    @app.post("/<name>/oauth2/v2.0/token")
    def token(name: str) -> flask.Response:
        return respond(entra.answer_token(tenant, name, flask.request.form, base()))

    @app.get("/<name>/v2.0/.well-known/openid-configuration")
    def configuration(name: str) -> flask.Response:
        return respond(entra.answer_configuration(tenant, name, base()))

    @app.get("/<name>/discovery/v2.0/keys")
    def keys(name: str) -> flask.Response:
        return respond(entra.answer_keys(tenant, name))

    @app.get("/common/discovery/instance")
    def instance() -> flask.Response:
        asked = flask.request.args.get("authorization_endpoint", "").split("/")
        return respond(entra.answer_instance(asked[3] if len(asked) > 3 else "common", base()))

    @app.get("/<name>/oauth2/v2.0/authorize")
    def show_accounts(name: str) -> flask.Response:
        account = flask.request.cookies.get(ACCOUNT_COOKIE, "")
        return show(authorize.show(tenant, name, query(), account))

    @app.post("/<name>/oauth2/v2.0/authorize")
    def choose_account(name: str) -> flask.Response:
        return show(authorize.choose(tenant, name, query(), flask.request.form))

    @app.get("/<name>/adminconsent")
    def show_consent_v1(name: str) -> flask.Response:
        return show(admin_consent.show(tenant, name, query(), is_v2=False))

    @app.post("/<name>/adminconsent")
    def answer_consent_v1(name: str) -> flask.Response:
        return show(admin_consent.answer(tenant, name, query(), flask.request.form, is_v2=False))

    @app.get("/<name>/v2.0/adminconsent")
    def show_consent(name: str) -> flask.Response:
        return show(admin_consent.show(tenant, name, query(), is_v2=True))

    @app.post("/<name>/v2.0/adminconsent")
    def answer_consent(name: str) -> flask.Response:
        return show(admin_consent.answer(tenant, name, query(), flask.request.form, is_v2=True))

    @app.get(identity_endpoint.ROUTE)
    def identity() -> flask.Response:
        header = flask.request.headers.get("X-IDENTITY-HEADER", "")
        return respond(identity_endpoint.answer(tenant, flask.request.args, header))


def query() -> Mapping[str, Sequence[str]]:
    return dict(flask.request.args.lists())
