"""Everything that is kept about one person as one JSON document, made and sent piece by piece."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final

from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from sync.core.link import Base, Link
from sync.core.messages import Language
from sync.core.settings import Connection
from sync.engine.services import Services
from sync.ports import CursorPair, Kept, Meeting
from sync.web.answers import kept_value, pass_answer, person_answer, user_summary
from sync.web.models_personal import (
    KeptConnection,
    KeptCursors,
    KeptHalf,
    KeptLink,
    KeptLoss,
    KeptMeeting,
    KeptProblem,
)
from sync.web.problems import explain

PIECE: Final = 256 * 1024
# Beyond this many bytes the document waits on disk.
IN_MEMORY: Final = 1_048_576


def personal_document(
    services: Services, connection: Connection, language: Language, *, is_own: bool
) -> Iterator[str]:
    """The JSON of a `PersonalAnswer` in pieces. What tells when somebody is busy, or is content, is the person's own
    (law 9)."""
    organization, user = connection.organization, connection.user
    cursors = services.cursors.load(connection)
    yield f'{{"connection":{_json(_connection(connection, language))}'
    yield f',"cursors":{_json(_cursors(cursors)) if cursors else "null"}'
    links = (_link(link, language, is_own) for link in services.links.each(connection))
    yield from _array("links", links)
    meetings = services.meetings.hosted_by(organization, user)
    yield from _array("meetings", (_meeting(meeting) for meeting in meetings))
    records = services.passes.each(organization, user)
    yield from _array("passes", (pass_answer(record, language) for record in records))
    lost = services.history.each(organization, user)
    yield from _array("history", (_loss(kept, is_own) for kept in lost))
    yield "}"


def _array(name: str, entries: Iterable[BaseModel]) -> Iterator[str]:
    yield f',"{name}":['
    separator = ""
    for entry in entries:
        yield separator + _json(entry)
        separator = ","
    yield "]"


def _json(entry: BaseModel) -> str:
    # A value that was never set is left out; there is only one, which is not for everybody.
    return entry.model_dump_json(by_alias=True, exclude_unset=True)


class Spool:
    """A document, on disk if it is long. It is finished before the answer begins: a storage that fails on the way is
    then still answered with its problem, not with half a document."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @classmethod
    def of(cls, pieces: Iterable[str]) -> Spool:
        # Without a name on disk, and gone when it is closed.
        file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- closed when it was sent
        try:
            for piece in pieces:
                file.write(piece.encode())
        except BaseException:
            file.close()
            raise
        return cls(file)

    def response(self) -> Response:
        length = self._file.tell()
        return StreamingResponse(
            self._pieces(), media_type="application/json", headers={"Content-Length": str(length)}
        )

    def _pieces(self) -> Iterator[bytes]:
        with self._file as file:
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece


def _connection(connection: Connection, language: Language) -> KeptConnection:
    summary = user_summary(connection, language)
    return KeptConnection(
        organization=connection.organization,
        id=connection.user,
        name=connection.name,
        upn=connection.upn,
        email=connection.email,
        mailbox=connection.mailbox,
        addresses=list(connection.addresses),
        enabled=connection.enabled,
        settings=person_answer(connection.settings),
        state=connection.state,
        problem=summary.problem,
        last_pass=summary.last_pass,
        last_pass_at=connection.last_pass_at,
        last_success_at=connection.last_success_at,
        confirmed_pass=connection.confirmed_pass or None,
        queued_until=connection.queued_until,
        last_queued_at=connection.last_queued_at,
        pruned_at=connection.pruned_at,
    )


def _cursors(cursors: CursorPair) -> KeptCursors:
    window = cursors.window
    return KeptCursors(
        first=window.first, until=window.until, time_zone=window.zone, retry_at=cursors.retry_at
    )


def _link(link: Link, language: Language, is_own: bool) -> KeptLink:
    problem = link.problem
    return KeptLink(
        key=link.key,
        role=link.role,
        groupware=_half(link.groupware, is_own),
        outlook=_half(link.outlook, is_own),
        starts=link.starts if is_own else None,
        ends=link.ends if is_own else None,
        announced=link.intent.side if link.intent else None,
        problem=None
        if problem is None
        else KeptProblem(
            **explain(problem.code, problem.detail, language),
            side=problem.side,
            since=problem.since,
            attempts=problem.attempts,
            retry_at=problem.retry_at,
        ),
    )


def _half(base: Base | None, is_own: bool) -> KeptHalf | None:
    if base is None:
        return None
    return KeptHalf(
        id=base.id,
        modified=base.modified if is_own else None,
        residue=dict(base.residue) if is_own else None,
    )


def _meeting(meeting: Meeting) -> KeptMeeting:
    return KeptMeeting(uid=meeting.uid, groupware_id=meeting.groupware_id, is_external=meeting.is_external)


def _loss(kept: Kept, is_own: bool) -> KeptLoss:
    shown = dict(kept_value(kept))
    if not is_own:
        del shown["value"]
    return KeptLoss(**shown)
