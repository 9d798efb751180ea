"""A Microsoft 365 tenant in memory: token endpoint, directory, and Graph v1.0 calendars over HTTP.

Written from the behaviour reference (graph-calendar.md); "section n" in this package always means a section of that
page. It shares no code with the product, so that one misreading cannot hide in both.
"""

from sync.sandbox.microsoft365.app import create_app
from sync.sandbox.microsoft365.applications import Application, Secret
from sync.sandbox.microsoft365.mailbox import Mailbox
from sync.sandbox.microsoft365.switches import Switches
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.users import MailboxState, User

__all__ = ["Application", "Mailbox", "MailboxState", "Secret", "Switches", "Tenant", "User", "create_app"]
