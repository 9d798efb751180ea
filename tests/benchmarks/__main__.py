"""`make bench`: what a pass costs, as counts of requests and as wall time under 50 ms of latency.

Runs against the simulators in this process and Azurite; prints a table with bar and figure and writes
`build/bench.json`. Exit code 1 if a bar is not kept.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from sync.adapters.graph.delta import PAGE_SIZE
from sync.adapters.storage_account import read_account
from sync.adapters.tables.client import Tables, open_tables
from sync.adapters.tables.connections import TableConnections
from sync.adapters.tables.cursors import TableCursors
from sync.adapters.tables.history import TableHistory
from sync.adapters.tables.leases import TableLeases
from sync.adapters.tables.links import TableLinks
from sync.adapters.tables.organizations import TableOrganizations
from sync.adapters.tables.passes import TablePasses
from sync.adapters.tables.tenants import TableTenants
from sync.core.settings import OrganizationSettings, WindowSettings
from sync.core.window import BaseRange
from sync.engine.schedule import run_job
from sync.groupwares import PARALLEL
from sync.ports import Job, PassRecord, PassState
from tests.azurite import running_azurite
from tests.benchmarks.package import package_figures
from tests.benchmarks.planner import planner_figures
from tests.e2e.world import Conditions, World, outlook_times
from tests.fakes import connected

LATENCY = 0.05
EVENTS = 1000
CHANGED = 100
BATCH = 20
OUT = Path("build/bench.json")


@dataclass(frozen=True)
class Figure:
    """`bar` None: reported only."""

    name: str
    figure: float
    unit: str
    bar: float | None = None

    @property
    def ok(self) -> bool:
        return self.bar is None or self.figure <= self.bar


@dataclass(frozen=True)
class Cost:
    graph: int
    groupware: int
    tables: int
    seconds: float
    record: PassRecord | None


class Bench:
    """A world on real table storage. The pass runs as the queue function runs it: from the job on."""

    def __init__(self, connection_string: str, number: int) -> None:
        settings = OrganizationSettings(automatic_window=WindowSettings(BaseRange.THIS_MONTH, 7, 31))
        self.world = World(Conditions(settings=settings, page_size=PAGE_SIZE, parallel=PARALLEL))
        account = read_account({"AzureWebJobsStorage": connection_string})
        self.tables: Tables = open_tables(account, prefix=f"bench{number}")
        world, tables = self.world, self.tables
        self.services = replace(
            world.services,
            organizations=TableOrganizations(tables),
            connections=TableConnections(tables),
            links=TableLinks(tables),
            cursors=TableCursors(tables),
            leases=TableLeases(tables, world.clock),
            passes=TablePasses(tables),
            history=TableHistory(tables),
            tenants=TableTenants(tables, world.clock),
        )
        self.services.connections.put(world.connection)
        self.services.organizations.put("default", settings)
        self.services.tenants.put(connected("default", world.tenant.id))

    def close(self) -> None:
        self.world.close()
        self.tables.close()

    def run(self) -> Cost:
        """One pass under latency, counted at both services and at the tables."""
        world = self.world
        world.tenant.latency_seconds = LATENCY
        world.groupware.switches.latency_seconds = LATENCY
        graph, groupware = world.tenant.requests.total, world.groupware.requests.total
        tables, started = self.tables.operations, time.perf_counter()
        record = run_job(self.services, Job("default", world.user))
        seconds = time.perf_counter() - started
        world.tenant.latency_seconds = world.groupware.switches.latency_seconds = 0.0
        world.clock.advance(timedelta(seconds=5))
        assert record is not None
        assert record.state is PassState.DONE, record
        return Cost(
            world.tenant.requests.total - graph,
            world.groupware.requests.total - groupware,
            self.tables.operations - tables,
            seconds,
            record,
        )


def times(number: int) -> dict[str, str]:
    day, hour, minute = 17 + number % 20, 8 + number % 10, number % 60
    month = 11 if day <= 30 else 12
    return {
        "form": "timed",
        "start": f"2026-{month:02}-{day if month == 11 else day - 30:02}T{hour:02}:{minute:02}:00",
        "timeZone": "Asia/Tokyo",
        "duration": "PT30M",
    }


def fill_groupware(world: World) -> list[str]:
    return [
        str(
            world.groupware.create({"title": f"予定 {n}", "memo": "議題\n1", **times(n)}, by=world.user)["id"]
        )
        for n in range(EVENTS)
    ]


def fill_outlook(world: World) -> None:
    for n in range(EVENTS):
        world.mailbox.create(subject=f"予定 {n}", body="議題", **outlook_times(dict(times(n))))


def to_outlook(bench: Bench) -> list[Figure]:
    ids = fill_groupware(bench.world)
    first = bench.run()
    assert len(bench.world.mailbox.events()) == EVENTS
    ideal = EVENTS / BATCH * LATENCY
    figures = [
        Figure("first sync, 1,000 to Outlook: Graph round trips", first.graph, "requests", 60),
        Figure("first sync, 1,000 to Outlook: table operations", first.tables, "operations"),
        Figure("first sync, 1,000 to Outlook: wall", first.seconds, "s"),
        Figure("first sync, 1,000 to Outlook: wall / (50 batches x latency)", first.seconds / ideal, "ratio"),
    ]
    bench.run()  # the echo of what was written
    idle = bench.run()
    figures += [
        Figure("idle pass: Graph requests", idle.graph, "requests", 1),
        Figure("idle pass: groupware requests", idle.groupware, "requests", 1),
        Figure("idle pass: table operations", idle.tables, "operations", 8),
        Figure("idle pass: wall", idle.seconds, "s"),
    ]
    for event_id in ids[:CHANGED]:
        bench.world.groupware.edit(event_id, {"title": "改題"}, by=bench.world.user)
    changed = bench.run()
    figures += [
        Figure("100 changed of 1,000: Graph round trips", changed.graph, "requests"),
        Figure("100 changed of 1,000: groupware requests", changed.groupware, "requests"),
        Figure("100 changed of 1,000: table operations", changed.tables, "operations"),
        Figure("100 changed of 1,000: wall", changed.seconds, "s"),
    ]
    return figures


def to_groupware(bench: Bench) -> list[Figure]:
    fill_outlook(bench.world)
    first = bench.run()
    assert len(bench.world.groupware.events_of(bench.world.user)) == EVENTS
    return [
        Figure("first sync, 1,000 to the groupware: Graph round trips", first.graph, "requests", 60),
        Figure("first sync, 1,000 to the groupware: groupware requests", first.groupware, "requests"),
        Figure("first sync, 1,000 to the groupware: table operations", first.tables, "operations"),
        Figure("first sync, 1,000 to the groupware: wall", first.seconds, "s"),
    ]


def planner(_: object = None) -> list[Figure]:
    quiet, noisy = planner_figures(50_000)
    return [
        Figure("planner, 50,000 links, 1 % edited: time", quiet.seconds, "s", 2),
        Figure(
            "planner, 50,000 links, 1 % edited: peak of links, snapshots and plan",
            quiet.mebibytes,
            "MiB",
            300,
        ),
        Figure("planner, 50,000 links, every version moved: time", noisy.seconds, "s"),
        Figure("planner, 50,000 links, every version moved: peak", noisy.mebibytes, "MiB"),
    ]


def package() -> list[Figure]:
    found = package_figures()
    return [
        Figure("package: size", found.kibibytes, "KiB"),
        Figure("package: indexed by a fresh worker", found.indexed, "s", 0.3),
        Figure("package: first HTTP answer of a fresh worker", found.first_answer, "s", 1.5),
    ]


def main() -> int:
    figures: list[Figure] = [*package(), *planner()]
    with tempfile.TemporaryDirectory() as folder, running_azurite(Path(folder)) as connection_string:
        stages: tuple[Callable[[Bench], list[Figure]], ...] = (to_outlook, to_groupware)
        for number, stage in enumerate(stages):
            with closing(Bench(connection_string, number)) as bench:
                figures += stage(bench)
    show(figures)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        json.dumps([asdict(f) | {"ok": f.ok} for f in figures], indent=1, ensure_ascii=False) + "\n"
    )
    return 0 if all(f.ok for f in figures) else 1


def show(figures: list[Figure]) -> None:
    width = max(len(f.name) for f in figures)
    for f in figures:
        bar = "" if f.bar is None else f"bar {f.bar:g}  {'ok' if f.ok else 'NOT KEPT'}"
        print(f"{f.name:<{width}}  {f.figure:>10.2f} {f.unit:<10}  {bar}")


if __name__ == "__main__":
    sys.exit(main())
