"""What the store of bulk linkings promises, and the counts of links and meetings; over fakes and Table Storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.core.change import Role
from sync.core.link import Base, Link
from sync.core.settings import Connection
from sync.ports import (
    ChunkResult,
    LinkCount,
    LinkRow,
    Links,
    Meeting,
    Meetings,
    Operation,
    Operations,
    RowFailure,
)
from tests.contract.storage import AWKWARD, namesake

AT = datetime(2026, 11, 2, 9, 30, 15, 250_000, tzinfo=UTC)
ROWS = (
    LinkRow(AWKWARD, "a@example.com", ""),
    LinkRow("b", None, "b@example.com"),
    LinkRow("c", "c@example.com"),
)


def operation(person: Connection, identity: str = "0f0f") -> Operation:
    return Operation(identity, person.organization, AWKWARD, AT, 3, True)


def result(count: int, at: datetime = AT) -> ChunkResult:
    failures = tuple(
        RowFailure(f"{AWKWARD}{n}" + "x" * 200, "user-unknown", {"n": str(n)}) for n in range(count)
    )
    return ChunkResult(7, 2, failures, at)


class OperationsContract:
    """The people's `organization` is one that nobody else uses."""

    def test_an_operation_that_nobody_began_is_not_there(
        self, operations: Operations, person: Connection
    ) -> None:
        assert operations.get(person.organization, "0f0f") is None
        assert operations.rows(person.organization, "0f0f", 0) is None

    def test_it_comes_back_as_it_began(self, operations: Operations, person: Connection) -> None:
        begun = operations.start(operation(person), [ROWS[:2], ROWS[2:]])
        assert begun.chunks == 2
        found = operations.get(person.organization, "0f0f")
        assert found == begun
        assert (begun.is_done, begun.finished_at) == (False, None)
        assert operations.rows(person.organization, "0f0f", 0) == ROWS[:2]
        assert operations.rows(person.organization, "0f0f", 1) == ROWS[2:]
        assert operations.rows(person.organization, "0f0f", 2) is None

    def test_a_chunk_that_is_done_has_a_result_and_no_rows(
        self, operations: Operations, person: Connection
    ) -> None:
        operations.start(operation(person), [ROWS[:2], ROWS[2:]])
        operations.finish(person.organization, "0f0f", 1, result(1, AT + timedelta(minutes=1)))
        assert operations.rows(person.organization, "0f0f", 1) is None
        found = operations.get(person.organization, "0f0f")
        assert found is not None
        assert (found.is_done, found.results) == (False, (result(1, AT + timedelta(minutes=1)),))
        operations.finish(person.organization, "0f0f", 0, result(0))
        found = operations.get(person.organization, "0f0f")
        assert found is not None
        assert found.results == (result(0), result(1, AT + timedelta(minutes=1)))
        assert (found.is_done, found.finished_at) == (True, AT + timedelta(minutes=1))

    def test_a_result_may_be_stored_again(self, operations: Operations, person: Connection) -> None:
        operations.start(operation(person), [ROWS])
        operations.finish(person.organization, "0f0f", 0, result(0))
        operations.finish(person.organization, "0f0f", 0, result(2))
        found = operations.get(person.organization, "0f0f")
        assert found is not None
        assert found.results == (result(2),)

    def test_a_reason_for_every_row_fits(self, operations: Operations, person: Connection) -> None:
        operations.start(operation(person), [ROWS])
        operations.finish(person.organization, "0f0f", 0, result(200))
        found = operations.get(person.organization, "0f0f")
        assert found is not None
        assert found.results == (result(200),)

    def test_organizations_and_operations_are_apart(self, operations: Operations, person: Connection) -> None:
        operations.start(operation(person), [ROWS])
        assert operations.get(namesake(person).organization, "0f0f") is None
        assert operations.get(person.organization, "0f0") is None


class CountsContract:
    def test_links_are_counted_by_where_they_began(self, links: Links, person: Connection) -> None:
        assert links.count(person.organization) == LinkCount()
        base = Base("x", "v", {})
        other = Connection(person.organization, "another")
        links.save(person, [Link(f"g:{AWKWARD}{n}", base, base) for n in range(5)])
        links.save(other, [Link(f"o:{n}", base, base) for n in range(2)])
        links.save(other, [Link("g:half", base), Link("o:copy", base, base, role=Role.GUEST)])
        links.save(namesake(person), [Link("g:1", base, base)])
        assert links.count(person.organization) == LinkCount(5, 2, 1)

    def test_meetings_are_counted_that_one_of_us_holds(self, meetings: Meetings, person: Connection) -> None:
        organization = person.organization
        for meeting in (
            Meeting(organization, f"{AWKWARD}1", "g1", "host"),
            Meeting(organization, "2", "", "host"),
            Meeting(organization, "3", "g3", "guest", is_external=True),
            Meeting(organization, "", "g4", ""),
            Meeting(namesake(person).organization, "5", "g5", "host"),
        ):
            meetings.claim(meeting)
        assert meetings.count(organization) == 2
