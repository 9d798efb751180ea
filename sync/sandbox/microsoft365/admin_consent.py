"""The administrator's consent, in both forms of its address (section 12.2).

Whoever clicks is the administrator: of this tenant, or of the one that the control surface names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.browser_requests import check_redirect, describe, read_query, send_back
from sync.sandbox.microsoft365.entra import check_tenant, require
from sync.sandbox.microsoft365.entra_pages import Reply, build_admin_consent, build_error_page
from sync.sandbox.microsoft365.refusals import EntraError, Place
from sync.sandbox.microsoft365.tenant import Tenant

GRAPH = "https://graph.microsoft.com/"
ANY_TENANT = "organizations"


@dataclass(frozen=True, slots=True)
class Question:
    tenant: Tenant
    application: Application
    asked: Mapping[str, str]
    is_v2: bool

    @property
    def permissions(self) -> list[str]:
        """v2 grants application permissions for `.default` only; v1 knows no scope."""
        if self.is_v2 and f"{GRAPH}.default" not in self.asked["scope"].split():
            return []
        return sorted(self.application.requested)

    def grant(self) -> Reply:
        other = self.tenant.login.consenting_tenant
        if not other:
            self.tenant.consent(self.application.client_id, frozenset(self.permissions))
        fields = {"admin_consent": "True", "tenant": other or self.tenant.id}
        if self.is_v2:
            fields["scope"] = " ".join(f"{GRAPH}{name}" for name in self.permissions)
        return self._answer({**fields, **self._state()})

    def cancel(self) -> Reply:
        if self.is_v2:
            return self.refuse(EntraError(65004, error="consent_required"))
        state = self._state() if self.tenant.switches.v1_denial_has_state else {}
        fields = {"error": "permission_denied", "error_description": "The admin canceled the request"}
        return self._answer({**fields, **state})

    def refuse(self, error: EntraError) -> Reply:
        """v2 says admin_consent=True beside its error."""
        consent = {"admin_consent": "True"} if self.is_v2 else {}
        fields = {"error": error.error, "error_description": describe(self.tenant, error)}
        return self._answer({**consent, **fields, **self._state()})

    def _state(self) -> dict[str, str]:
        return {"state": self.asked["state"]} if self.asked.get("state") else {}

    def _answer(self, fields: Mapping[str, str]) -> Reply:
        return send_back(self.asked["redirect_uri"], fields)


def show(tenant: Tenant, name: str, query: Mapping[str, Sequence[str]], is_v2: bool) -> Reply:
    try:
        question = read(tenant, name, query, is_v2)
    except EntraError as error:
        return build_error_page(error)
    return build_admin_consent(
        question.application, tenant.login.consenting_tenant or tenant.id, question.permissions
    )


def answer(
    tenant: Tenant, name: str, query: Mapping[str, Sequence[str]], form: Mapping[str, str], is_v2: bool
) -> Reply:
    """POST with `consent` accept or cancel."""
    try:
        question = read(tenant, name, query, is_v2)
    except EntraError as error:
        return build_error_page(error)
    try:
        tenant.login.refusals.raise_at(Place.CONSENT, question.application.client_id)
    except EntraError as error:
        return question.refuse(error)
    return question.grant() if form.get("consent") == "accept" else question.cancel()


def read(tenant: Tenant, name: str, query: Mapping[str, Sequence[str]], is_v2: bool) -> Question:
    """`organizations` or the tenant, not common."""
    if name.lower() != ANY_TENANT:
        check_tenant(tenant, name)
    asked = read_query(query)
    if is_v2:
        require(asked, "scope")
    return Question(tenant, check_redirect(tenant, asked), asked, is_v2)
