"""One calendar file from its text to the verdict on each of its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sync.ports import PassState
from sync.sandbox.fidelity import caldav
from sync.sandbox.fidelity.compare import Comparison, Time, compare
from sync.sandbox.fidelity.diagnostics import NOT_READ, Finding, Outcome, outcome_of
from sync.sandbox.fidelity.entries import Entry, read_file
from sync.sandbox.fidelity.expander import GivesUp, expand
from sync.sandbox.fidelity.moments import BROKEN, NotEntered, in_order, moments_of
from sync.sandbox.fidelity.places import Places
from sync.sandbox.fidelity.reader import Translation, translate
from sync.sandbox.fidelity.rows import Row
from sync.sandbox.fidelity.windows import Stretch, stretches
from sync.sandbox.fidelity.wire import day_of
from sync.sandbox.fidelity.world import World, actions
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.groupware.times import FIRST_YEAR, LAST_YEAR

CONNECTOR = "connector"
DATED = ("DTSTART", "RECURRENCE-ID")
LISTED = ("RDATE", "EXDATE")


@dataclass(slots=True)
class Verdict:
    """What became of one entry in all stretches together. `vevents`: how many VEVENTs of the file it stands for."""

    id: str
    vevents: int
    is_series: bool = False
    compared: int = 0
    findings: set[Finding] = field(default_factory=set)
    missing: list[Time] = field(default_factory=list)
    extra: list[Time] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing was compared, and nobody has said why yet: never silently equal."""
        return not self.compared and self.outcome is Outcome.IDENTICAL

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.findings)

    def add(self, comparison: Comparison) -> None:
        self.compared += comparison.compared
        self.findings |= comparison.findings
        self.missing += comparison.missing
        self.extra += comparison.extra


@dataclass(frozen=True, slots=True)
class FileVerdict:
    name: str
    verdicts: Sequence[Verdict]

    def count(self, outcome: Outcome) -> int:
        return sum(verdict.outcome is outcome for verdict in self.verdicts)


def examine(file: Path, name: str, kind: str = CONNECTOR) -> FileVerdict:
    """`kind`: which groupware the events are put into."""
    content = read_file(file)
    verdicts = {entry.id: Verdict(entry.id, len(entry.components)) for entry in content.entries}
    lost = [
        Verdict(f"unread-{number}", 1, findings={Finding("unreadable-file")})
        for number in range(1, content.unread + 1)
    ]
    dated = {entry.id: days_of(entry) for entry in content.entries}
    for stretch in stretches(day for days in dated.values() for day in days):
        inside = [e for e in content.entries if any(stretch.compares(day) for day in dated[e.id])]
        lost += look(inside, stretch, verdicts, kind)
    for entry in content.entries:
        if not dated[entry.id]:
            verdicts[entry.id].findings |= undated(entry)
        elif verdicts[entry.id].is_empty:
            verdicts[entry.id].findings.add(Finding("no-occurrence"))
    return FileVerdict(name, [*verdicts.values(), *lost])


def undated(entry: Entry) -> frozenset[Finding]:
    """Why an entry has no day that could be looked at: the reader says it."""
    stretch = Stretch(date(2000, 1, 1), date(2000, 3, 1))
    translation = translate(entry, stretch, Places(stretch.first, stretch.until))
    return translation.findings | ({Finding("not-compared")} if translation.is_entered else set())


def days_of(entry: Entry) -> set[date]:
    """Every day that the entry dates, as far as it can be read and the groupware holds it."""
    found: set[date] = set()
    for event in entry.components:
        try:
            moments = moments_of(entry.home_zone, set())
            found |= {day_of(moments.value(event, name)) for name in DATED if name in event}
            for name in LISTED:
                found |= {day_of(value) for value, _ in moments.listed(event, name)}
        except (NotEntered, *BROKEN):
            continue
    return {day for day in found if FIRST_YEAR < day.year < LAST_YEAR}


def look(
    entries: Sequence[Entry], stretch: Stretch, verdicts: dict[str, Verdict], kind: str
) -> list[Verdict]:
    """Enter, sync and compare what lies in the stretch. Returned: what Outlook shows and no entry accounts for."""
    places = Places(stretch.first, stretch.until)
    if kind == caldav.KIND:
        translations = {
            entry.id: caldav.as_resource(entry, translate(entry, stretch, places)) for entry in entries
        }
        made: World = caldav.CaldavWorld(stretch, caldav.zone_of(entries))
    else:
        translations = {entry.id: translate(entry, stretch, places) for entry in entries}
        made = World(stretch)
    with closing(made) as world:
        owners = enter(world, translations, verdicts)
        sync(world, owners, verdicts, kind)
        rows: dict[str, list[Row]] = defaultdict(list)
        ours = world.owners()
        for one in world.shown():
            entry_id = owners.get(ours.get(one.id, "").split("#")[0], "")
            rows[entry_id].append(one.row)
    for entry in entries:
        translation, verdict = translations[entry.id], verdicts[entry.id]
        verdict.findings |= translation.findings
        verdict.is_series |= any(
            "recurrence" in event or "\nRRULE" in event.get("ics", "") for event in translation.events
        )
        is_left_alone = any(finding.code in NOT_READ for finding in verdict.findings)
        if translation.is_entered and not is_left_alone:
            verdict.add(compared(entry, stretch, translation, rows[entry.id]))
    return [Verdict("unlinked", 0, findings={Finding("unlinked")}, extra=[row.time]) for row in rows[""]]


def enter(world: World, translations: dict[str, Translation], verdicts: dict[str, Verdict]) -> dict[str, str]:
    """The groupware's ids -> entries' ids."""
    owners = {}
    for entry_id, translation in translations.items():
        for event in translation.events:
            try:
                owners[world.enter(event)] = entry_id
            except Problem as problem:
                verdicts[entry_id].findings.add(Finding("groupware-refused", problem.name))
            except caldav.NotTaken as refused:
                verdicts[entry_id].findings.add(Finding("server-refused", refused.name))
    return owners


def sync(world: World, owners: dict[str, str], verdicts: dict[str, Verdict], kind: str) -> None:
    """Pass after pass; what the passes say about an entry goes into its verdict."""
    records = list(world.passes())
    for record in records:
        if record.state is not PassState.DONE:
            for entry_id in set(owners.values()):
                verdicts[entry_id].findings.add(Finding("pass-failed", record.error or record.state))
        for action in actions(record):
            entry_id = owners.get(str(action.get("groupwareId", "")).split("#")[0], "")
            if entry_id:
                verdicts[entry_id].findings |= {Finding(code) for code in lost_by(action)}
                if record is records[-1] and action.get("writes"):
                    verdicts[entry_id].findings.add(Finding("never-settles"))
    for event_id, code in world.problems():
        is_left_alone = kind == caldav.KIND and code in caldav.UNREADABLE
        finding = Finding("left-alone", code) if is_left_alone else Finding(code)
        verdicts[owners[event_id.split("#")[0]]].findings.add(finding)


def lost_by(action: dict[str, object]) -> Iterator[str]:
    """The diagnostics of one Action of a report."""
    lost = action.get("diagnostics", {})
    if isinstance(lost, dict):
        for codes in lost.values():
            yield from codes


def compared(entry: Entry, stretch: Stretch, translation: Translation, rows: Sequence[Row]) -> Comparison:
    try:
        expected = expand(entry, stretch)
    except GivesUp as error:
        return Comparison(findings=frozenset({Finding("not-comparable", str(error))}))
    found = compare(*(in_reach(some, stretch, translation) for some in (expected.rows, rows)))
    return replace(found, findings=found.findings | expected.findings)


def in_reach(rows: Sequence[Row], stretch: Stretch, translation: Translation) -> list[Row]:
    until = translation.until
    return [
        row for row in rows if stretch.compares(row.start) and (until is None or in_order(row.start) < until)
    ]
