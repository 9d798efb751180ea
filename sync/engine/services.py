"""Everything the use cases reach the outside through, in one bundle that the composition root fills."""

from __future__ import annotations

from dataclasses import dataclass

from sync.ports import (
    CalendarOpener,
    Clock,
    Connections,
    Cursors,
    Directory,
    History,
    Jobs,
    Leases,
    Links,
    MailboxDirectory,
    Organizations,
    Passes,
    Secrets,
)


@dataclass(frozen=True, slots=True)
class Services:
    clock: Clock
    organizations: Organizations
    connections: Connections
    links: Links
    cursors: Cursors
    leases: Leases
    passes: Passes
    history: History
    jobs: Jobs
    secrets: Secrets
    calendars: CalendarOpener
    directory: Directory
    mailboxes: MailboxDirectory
