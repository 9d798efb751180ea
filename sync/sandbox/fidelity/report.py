"""The report as JSON and as a table on the terminal. Events are named by number and digest, never by content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sync.sandbox.fidelity.diagnostics import NOTES, Finding, Outcome, words
from sync.sandbox.fidelity.examine import FileVerdict, Verdict

MOST_TIMES = 10


def to_json(files: Sequence[FileVerdict]) -> dict[str, Any]:
    return {
        **totals(files),
        "vevents": sum(verdict.vevents for file in files for verdict in file.verdicts),
        "occurrences": sum(verdict.compared for file in files for verdict in file.verdicts),
        "diagnostics": dict(sorted(counted(files).items())),
        "files": [file_to_json(file) for file in files],
    }


def totals(files: Sequence[FileVerdict]) -> dict[str, int]:
    return {outcome.value: sum(file.count(outcome) for file in files) for outcome in Outcome}


def counted(files: Sequence[FileVerdict]) -> Counter[str]:
    """Events by diagnostic."""
    return Counter(
        code
        for file in files
        for verdict in file.verdicts
        for code in {finding.code for finding in verdict.findings}
    )


def file_to_json(file: FileVerdict) -> dict[str, Any]:
    """Of the identical events only the number, unless there is something to say about them."""
    told = [verdict for verdict in file.verdicts if verdict.findings]
    counts = {outcome.value: file.count(outcome) for outcome in Outcome}
    return {"name": file.name, **counts, "events": [verdict_to_json(verdict) for verdict in told]}


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    found = sorted(verdict.findings)
    line: dict[str, Any] = {
        "id": verdict.id,
        "outcome": verdict.outcome.value,
        "series": verdict.is_series,
        "vevents": verdict.vevents,
        "occurrences": verdict.compared,
        "diagnostics": [finding_to_json(finding) for finding in found],
    }
    for name, times in (("missing", verdict.missing), ("extra", verdict.extra)):
        if times:
            line[name] = [{"start": start, "end": end} for start, end in times[:MOST_TIMES]]
    return line


def finding_to_json(finding: Finding) -> dict[str, str]:
    line = {"code": finding.code, "words": words(finding)}
    return line | {"detail": finding.detail} if finding.detail else line


def lines(files: Sequence[FileVerdict]) -> Iterator[str]:
    """The table: one line a file, then every event that is not identical with its reasons in words."""
    yield from table(files)
    for outcome in (Outcome.DEGRADED, Outcome.WRONG):
        found = [(file, verdict) for file in files for verdict in file.verdicts if verdict.outcome is outcome]
        if found:
            yield f"\n{outcome.value}:"
        for file, verdict in found:
            yield f"  {file.name} · event {verdict.id}"
            yield from (f"      {finding.code}: {words(finding)}" for finding in reasons(verdict))


def reasons(verdict: Verdict) -> list[Finding]:
    return [finding for finding in sorted(verdict.findings) if finding.code not in NOTES]


def table(files: Sequence[FileVerdict]) -> Iterator[str]:
    width = max([len(file.name) for file in files] + [len("calendar")])
    yield f"{'calendar':{width}}  {'events':>6}  " + "  ".join(f"{outcome.value:>9}" for outcome in Outcome)
    for file in files:
        yield row(file.name, width, [file.count(outcome) for outcome in Outcome])
    yield row("all", width, list(totals(files).values()))


def row(name: str, width: int, counts: Sequence[int]) -> str:
    return f"{name:{width}}  {sum(counts):>6}  " + "  ".join(f"{count or '·':>9}" for count in counts)
