"""What a handler works with: the tenant, the request, who asks, and the mailbox the path names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.sandbox.faults import Call
from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.applications import Application
from sync.sandbox.microsoft365.calendars import Calendar
from sync.sandbox.microsoft365.mailbox import Mailbox
from sync.sandbox.microsoft365.rendering import Renderer
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.tokens import Access
from sync.sandbox.microsoft365.wire import Request

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    tenant: Tenant
    request: Request
    call: Call
    access: Access
    parameters: Mapping[str, str]

    @property
    def application(self) -> Application:
        """Who asks."""
        return self.tenant.applications[self.access.client_id]

    def mailbox(self) -> Mailbox:
        mailbox = self.tenant.open_mailbox(self.parameters["user"])
        self.tenant.post.deliver()
        return mailbox

    def calendar(self, mailbox: Mailbox) -> Calendar:
        """The one the path names, else the default one."""
        if "calendar" not in self.parameters:
            return mailbox.default_calendar
        found = mailbox.calendars.get(self.parameters["calendar"])
        if found is None:
            raise errors.item_not_found()
        return found

    def renderer(self, mailbox: Mailbox) -> Renderer:
        return Renderer(mailbox.key, self.tenant.switches, self.request.preferences)

    def applied(self) -> dict[str, str]:
        """The Preference-Applied header, if any preference was."""
        text = self.request.preferences.applied(self.tenant.switches)
        return {"Preference-Applied": text} if text else {}

    def metadata(self, what: str) -> str:
        return f"{self.request.root}/$metadata#{what}"
