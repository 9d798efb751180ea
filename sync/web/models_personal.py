"""The JSON of what is kept about one person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from sync.core.change import Role
from sync.core.event import Side
from sync.core.settings import State
from sync.web.models import Answered, Explained, PassAnswer, PersonAnswer

OWN_ONLY = "For the person itself only."


class KeptConnection(Answered):
    organization: str
    id: str
    name: str
    upn: str
    email: str
    mailbox: str = Field(description="Entra object id.")
    addresses: list[str]
    enabled: bool
    settings: PersonAnswer
    state: State
    problem: Explained | None
    last_pass: str | None
    last_pass_at: datetime | None
    last_success_at: datetime | None
    confirmed_pass: str | None
    queued_until: datetime | None
    last_queued_at: datetime | None
    pruned_at: datetime | None


class KeptCursors(Answered):
    """Where reading goes on. The opaque tokens are left out."""

    first: date
    until: date = Field(description="The day after the last one.")
    time_zone: str
    retry_at: datetime | None


class KeptHalf(Answered):
    id: str
    modified: datetime | None = Field(description=OWN_ONLY)
    residue: dict[str, Any] | None = Field(
        description="What is kept of the event so that a write does not lose it, such as categories. "
        + OWN_ONLY
    )


class KeptProblem(Explained):
    side: Side
    since: datetime
    attempts: int
    retry_at: datetime


class KeptLink(Answered):
    key: str
    role: Role
    groupware: KeptHalf | None
    outlook: KeptHalf | None
    starts: datetime | None = Field(description=OWN_ONLY)
    ends: datetime | None = Field(description=OWN_ONLY)
    announced: Side | None = Field(description="Where an event is about to be created.")
    problem: KeptProblem | None


class KeptMeeting(Answered):
    """A shared event whose Outlook meeting is the person's to look after."""

    uid: str = Field(description="iCalUId.")
    groupware_id: str
    is_external: bool


class KeptLoss(Answered):
    """The losing value of a conflict."""

    at: datetime
    pass_id: str
    side: Side
    event_id: str
    link: str
    field: str
    value: Any = Field(None, description="The value as JSON; left out for anybody but the person itself.")


class PersonalAnswer(Answered):
    connection: KeptConnection
    cursors: KeptCursors | None
    links: list[KeptLink]
    meetings: list[KeptMeeting]
    passes: list[PassAnswer]
    history: list[KeptLoss]
