"""The authorization endpoint: who signs in, whether they may, and the code that goes back (section 12.3).

Nobody types a password. The account picker is shown every time; a cookie is only what `prompt=none` looks at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.browser_requests import check_redirect, describe, read_query, send_back
from sync.sandbox.microsoft365.entra import check_tenant
from sync.sandbox.microsoft365.entra_pages import (
    Reply,
    build_error_page,
    build_form_post,
    build_own_consent,
    build_picker,
)
from sync.sandbox.microsoft365.id_tokens import build_client_info, has_consent
from sync.sandbox.microsoft365.identifiers import guid
from sync.sandbox.microsoft365.login import CODE_LIFETIME, Code
from sync.sandbox.microsoft365.refusals import EntraError, Place
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.users import User

MODES = ("query", "form_post")
METHODS = ("S256", "plain")
PROMPTS = ("", "none", "login", "consent", "select_account")
CHALLENGE_LENGTHS = range(43, 129)
SHOWN = 12
# Refused before anybody knows whether the way back is a good one.
ON_A_PAGE = frozenset({50011, 700016, 7000112, 70001, 90002})


@dataclass(frozen=True, slots=True)
class SignIn:
    """A question whose application and redirect URI are known to be good, so that errors can go back."""

    tenant: Tenant
    application: Application
    asked: Mapping[str, str]

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.asked.get("scope", "").split())

    def check(self) -> None:
        for name in ("response_type", "scope"):
            if not self.asked.get(name):
                raise EntraError(900144, f"The request must contain the following parameter: '{name}'.")
        if self.asked["response_type"] != "code":
            raise EntraError(700054)
        if "openid" not in self.scopes:
            raise EntraError(70011, "The scope of a sign-in has to hold 'openid'.")
        if self.asked.get("response_mode", "query") not in MODES:
            raise EntraError(900561, "The response_mode is not supported.")
        if self.asked.get("prompt", "") not in PROMPTS:
            raise EntraError(900561, "The prompt is not supported.")
        self._check_challenge()

    def _check_challenge(self) -> None:
        if "code_challenge" not in self.asked:
            return
        if len(self.asked["code_challenge"]) not in CHALLENGE_LENGTHS:
            raise EntraError(501491)
        # Section 12.3: without a method it is plain.
        if self.asked.get("code_challenge_method", "plain") not in METHODS:
            raise EntraError(900561, "The code_challenge_method is not supported.")

    def answer(self, fields: Mapping[str, str]) -> Reply:
        if self.asked.get("state"):
            fields = {**fields, "state": self.asked["state"]}
        if self.asked.get("response_mode") == "form_post":
            return build_form_post(self.asked["redirect_uri"], fields)
        return send_back(self.asked["redirect_uri"], fields)

    def refuse(self, error: EntraError) -> Reply:
        """What the application hears of; `error` names are [assumed] but for access_denied."""
        if error.code in ON_A_PAGE:
            return build_error_page(error)
        return self.answer({"error": error.error, "error_description": describe(self.tenant, error)})

    def admit(self, user: User) -> Reply:
        """A code, as long as nothing stands against this person."""
        tenant, application = self.tenant, self.application
        tenant.login.refusals.raise_at(Place.AUTHORIZE, application.client_id)
        if not user.account_enabled:
            raise EntraError(50057)
        if user.is_blocked_by_policy:
            raise EntraError(53003)
        if not has_consent(tenant, application, user):
            return self._ask_consent(user)
        code = Code(
            application.client_id,
            self.asked["redirect_uri"],
            user.id,
            self.scopes,
            self.asked.get("nonce", ""),
            self.asked.get("code_challenge", ""),
            self.asked.get("code_challenge_method", "plain"),
            tenant.clock.now() + CODE_LIFETIME,
        )
        fields = {"code": tenant.login.add_code(code), "session_state": guid(tenant.seed, "session", user.id)}
        if self.asked.get("client_info") == "1":
            fields["client_info"] = build_client_info(tenant, user)
        reply = self.answer(fields)
        return Reply(reply.status, reply.html, reply.location, account=user.id)

    def _ask_consent(self, user: User) -> Reply:
        if self.asked.get("prompt") == "none":
            raise EntraError(65001, error="interaction_required")
        if not self.tenant.login.users_may_consent:
            raise EntraError(90094)
        return build_own_consent(self.application, user)


def show(tenant: Tenant, name: str, query: Mapping[str, Sequence[str]], account: str) -> Reply:
    """GET; `account` is the object id in the cookie, or ""."""
    try:
        sign_in = read(tenant, name, query)
    except EntraError as error:
        return build_error_page(error)
    try:
        sign_in.check()
        if sign_in.asked.get("prompt") == "none":
            user = tenant.users.get(account)
            if user is None:
                raise EntraError(50058)
            return sign_in.admit(user)
    except EntraError as error:
        return sign_in.refuse(error)
    return pick(sign_in)


def choose(tenant: Tenant, name: str, query: Mapping[str, Sequence[str]], form: Mapping[str, str]) -> Reply:
    """POST of the picker (`account`, or `action=cancel`) or of the consent page (`account` and `consent`)."""
    try:
        sign_in = read(tenant, name, query)
    except EntraError as error:
        return build_error_page(error)
    try:
        sign_in.check()
        if form.get("action") == "cancel":
            raise EntraError(65004, "The user canceled the sign-in.")
        user = find_account(tenant, form.get("account", ""))
        if user is None:
            return pick(sign_in, "そのアカウントは見つかりません。 / That account does not exist.")
        consented(sign_in, user, form.get("consent", ""))
        return sign_in.admit(user)
    except EntraError as error:
        # Entra keeps some refusals on a page of its own; which ones is not written down.
        if tenant.switches.sign_in_errors_redirect or error.code == 65004:
            return sign_in.refuse(error)
        return build_error_page(error)


def read(tenant: Tenant, name: str, query: Mapping[str, Sequence[str]]) -> SignIn:
    check_tenant(tenant, name)
    asked = read_query(query)
    return SignIn(tenant, check_redirect(tenant, asked), asked)


def pick(sign_in: SignIn, note: str = "") -> Reply:
    """The people of the tenant, whom `login_hint` names first."""
    hint = sign_in.asked.get("login_hint", "")
    people = [user for user in list(sign_in.tenant.users.values()) if user.account_enabled]
    people.sort(key=lambda user: user.user_principal_name.lower() != hint.lower())
    return build_picker(sign_in.application, people[:SHOWN], hint, note)


def find_account(tenant: Tenant, name: str) -> User | None:
    """None if it could be one of this tenant's but is not there; 50020 if its home is another tenant."""
    user = tenant.find_user(name.strip())
    if user is None and name.strip().rpartition("@")[2].lower() not in tenant.domains:
        raise EntraError(50020)
    return user


def consented(sign_in: SignIn, user: User, answer: str) -> None:
    """What the person said on the consent page, if it was shown."""
    tenant, application = sign_in.tenant, sign_in.application
    if not answer or has_consent(tenant, application, user):
        return
    if answer != "accept":
        raise EntraError(65004)
    if not tenant.login.users_may_consent:
        raise EntraError(90094)
    tenant.login.consents.add((application.client_id, user.id))
