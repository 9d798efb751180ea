"""The JSON of linking many people, and of leaving Microsoft 365."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from sync.core.tenant import Disconnection, TenantState
from sync.engine.suggestions import Suggested
from sync.web.models import Answered, Asked, Explained
from sync.web.values import Address, Flag, UserId

MOST_AT_ONCE: Final = 10_000
# More reasons than this are not listed; each person's own is also under `/api/users/{id}`.
MOST_FAILURES: Final = 500


class LinkEntry(Asked):
    id: UserId
    upn: Address | None = Field(
        None, min_length=1, description="Left out: the one that is known, else that of the mail address."
    )
    email: Address | None = Field(None, description="Left out: stays as it is.")


class LinkRequest(Asked):
    users: list[LinkEntry] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="Of two entries for one user the last one counts."
    )
    enabled: Flag | None = Field(None, description="Switch all of them on or off; left out: as it is.")


class LinkFailure(Answered):
    id: str
    problem: Explained


class OperationAnswer(Answered):
    id: str
    state: Literal["running", "done"]
    total: int
    done: int = Field(description="Entries that were carried out or refused.")
    linked: int = Field(description="People who were found, and whose calendar answers.")
    waiting: int = Field(description="People who are looked at again; their `state` says why.")
    failed: int
    failures: list[LinkFailure] = Field(description="The first ones, with what to do.")
    started_at: datetime
    finished_at: datetime | None


class SuggestionAnswer(Answered):
    id: str
    name: str
    email: str
    state: Suggested = Field(
        description="`found`: one mailbox has the mail address. `ambiguous`: several have it, or several people. "
        "`taken`: the mailbox is that of another user."
    )
    upn: str = Field(description="Empty unless there is exactly one mailbox.")
    holder: str = Field(description="The user who has the mailbox already.")


class SuggestionList(Answered):
    suggestions: list[SuggestionAnswer]


class DisconnectRequest(Asked):
    choice: Disconnection = Field(
        description="What stays in the mailboxes. `leave`: everything. `detach`: the events, without our markers. "
        "`remove`: only what people entered in Outlook themselves."
    )


class ChoiceCounts(Answered):
    """What a choice does to events in Outlook."""

    choice: Disconnection
    kept: int = Field(description="Events that stay.")
    markers: int = Field(description="At most so many events lose our marker.")
    removed: int = Field(description="At most so many events are deleted: those that carry our marker.")
    mails: int = Field(description="Mails that are expected to be sent.")
    meetings: int = Field(
        description="Meetings that are changed or deleted. If Exchange mailed all the same, their guests would hear."
    )


class HeldUpPerson(Answered):
    id: str
    name: str
    problem: Explained


class DisconnectionAnswer(Answered):
    state: TenantState
    choice: Disconnection | None = Field(description="What was chosen, while it goes on and afterwards.")
    people: int = Field(
        description="People who are bound to a mailbox; while it goes on: who are not done yet."
    )
    choices: list[ChoiceCounts]
    held_up: list[HeldUpPerson] = Field(
        description="Whose mailbox could not be done. It is tried again hourly."
    )
