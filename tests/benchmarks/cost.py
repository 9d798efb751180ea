"""What 1,000 people cost in a month, from what a pass does. `python -m tests.benchmarks.cost` prints the table that
stands in infra/operations.md.

Operations are the bars of `make bench` for an idle pass, which nearly every pass is. Prices are list prices in US
dollars as remembered, not looked up (azure-hosting.md 9): check them for your region before you rely on them.
"""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = 1_000
DAYS = 30
INTERVALS = (60, 30, 15, 10)  # minutes

# One idle pass (make bench).
TABLE_OPERATIONS = 8
# Put, get, delete of the job; the host's waiting polls come on top, a few hundred thousand a month and instance.
QUEUE_OPERATIONS = 3
# Flex Consumption bills a second at least (azure-hosting.md 3), here of an instance that does nothing
# else meanwhile; passes that run side by side share it, so this is the most it can be.
SECONDS = 1.0
GIGABYTES = 2.0
# The app's line, and the host's record of the invocation.
LOG_BYTES = 2_000

EXECUTION = 0.40 / 1e6
GIGABYTE_SECOND = 0.000026
TABLE = 0.00036 / 1e4
QUEUE = 0.004 / 1e4
LOG_GIGABYTE = 2.76


@dataclass(frozen=True)
class Month:
    interval: int

    @property
    def passes(self) -> int:
        return PEOPLE * DAYS * 24 * 60 // self.interval

    @property
    def compute(self) -> float:
        return self.passes * (EXECUTION + SECONDS * GIGABYTES * GIGABYTE_SECOND)

    @property
    def storage(self) -> float:
        return self.passes * (TABLE_OPERATIONS * TABLE + QUEUE_OPERATIONS * QUEUE)

    @property
    def logs(self) -> float:
        return self.passes * LOG_BYTES / 1e9 * LOG_GIGABYTE

    @property
    def total(self) -> float:
        return self.compute + self.storage + self.logs


def table() -> str:
    lines = [
        "| interval | passes | table operations | queue operations | logs "
        "| compute $ | storage $ | logs $ | together $ |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for month in map(Month, INTERVALS):
        cells = (
            f"{month.interval} min",
            f"{month.passes:,}",
            f"{month.passes * TABLE_OPERATIONS:,}",
            f"{month.passes * QUEUE_OPERATIONS:,}",
            f"{month.passes * LOG_BYTES / 1e9:.1f} GB",
            *(f"{amount:,.0f}" for amount in (month.compute, month.storage, month.logs, month.total)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
