"""Plants faults in the planner, one at a time, and expects the world tests to notice every one of them.

`python -m tests.mutants [--only NAME] [--jobs N]`; exit code 1 if a fault went unnoticed. Each mutant is a copy of
the source with one piece of text replaced; the copy is tested in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# How many worlds each test may build before a fault counts as unnoticed.
EXAMPLES = os.environ.get("MUTANT_EXAMPLES", "250")
TESTS = (
    "test_quiet_world",
    "test_world_in_which_a_create_is_cut_off",
    "test_world_in_which_edits_are_taken_back",
    "test_world_in_which_processes_die",
    "test_hostile_world",
)
PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Mutant:
    """`old` stands exactly once in `file`. `first`: the world to try first; the others follow if it sees nothing.

    Where it is a file, the world is too small a target and the named tests in there have to notice.
    """

    name: str
    file: str
    old: str
    new: str
    first: str = "test_quiet_world"


CELLS, PLAN, UNLINKED = "sync/core/cells.py", "sync/core/plan.py", "sync/core/unlinked.py"
WRITING, MERGE, MATCHING = "sync/core/writing.py", "sync/core/merge.py", "sync/core/matching.py"
SETTLEMENT, RULES, PRINT = "sync/core/settlement.py", "sync/core/rules.py", "sync/core/fingerprint.py"
DETACH = "sync/core/detach.py"
OBSERVE, APPLY, PASS = "sync/engine/observe.py", "sync/engine/apply.py", "sync/engine/sync_pass.py"

MUTANTS = (
    Mutant(
        "an edit in Outlook is passed over",
        CELLS,
        "(U, C): Cell(Kind.UPDATE, Reason.EDITED, G),",
        "(U, C): Cell(Kind.REFRESH, Reason.NO_EDIT),",
    ),
    Mutant(
        "an edit in the groupware is passed over",
        CELLS,
        "(C, U): Cell(Kind.UPDATE, Reason.EDITED, O),",
        "(C, U): Cell(Kind.REFRESH, Reason.NO_EDIT),",
    ),
    Mutant(
        "a delete in Outlook is passed over",
        CELLS,
        "(U, D): Cell(Kind.DELETE, Reason.DELETED, G),",
        "(U, D): Cell(Kind.FORGET, Reason.GONE_ON_BOTH),",
    ),
    Mutant(
        "a delete in the groupware is passed over",
        CELLS,
        "(D, U): Cell(Kind.DELETE, Reason.DELETED, O),",
        "(D, U): Cell(Kind.FORGET, Reason.GONE_ON_BOTH),",
    ),
    Mutant(
        "delete beats an edit in the groupware",
        CELLS,
        "(C, D): Cell(Kind.CREATE, Reason.EDIT_BEATS_DELETE, O),",
        "(C, D): Cell(Kind.DELETE, Reason.DELETED, G),",
    ),
    Mutant(
        "delete beats an edit in Outlook",
        CELLS,
        "(D, C): Cell(Kind.CREATE, Reason.EDIT_BEATS_DELETE, G),",
        "(D, C): Cell(Kind.DELETE, Reason.DELETED, O),",
    ),
    Mutant(
        "the groupware always wins whole",
        CELLS,
        "(C, C): Cell(Kind.MERGE, Reason.BOTH_EDITED),",
        "(C, C): Cell(Kind.UPDATE, Reason.EDITED, O),",
    ),
    Mutant(
        "a moved version counts as an edit",
        PLAN,
        "return Change.CHANGED if names else Change.UNCHANGED",
        "return Change.CHANGED",
    ),
    Mutant(
        "a half link is never matched",
        PLAN,
        "        if half is not None:\n            halves[link.key] = link\n",
        "        if half is not None:\n            continue\n",
        first="test_world_in_which_a_create_is_cut_off",
    ),
    Mutant(
        "a create that outlived its source is taken for a new event",
        UNLINKED,
        "        if copy is None or not rules.may_write(side):\n            continue\n",
        "        if copy is not None or not rules.may_write(side):\n            continue\n",
        first="test_world_in_which_a_create_is_cut_off",
    ),
    Mutant(
        "residue is not handed to an update",
        WRITING,
        "        residue=target.residue if target is not None else base.residue,\n",
        "",
    ),
    Mutant(
        "everything is outside the window",
        RULES,
        "        if seen is not None and self.covers(seen.event):\n            return False\n",
        "",
    ),
    Mutant(
        "markers are not recognised",
        MATCHING,
        'by_marker.get(theirs.marker or "") or by_uid.get(theirs.uid or "")',
        'by_uid.get(theirs.uid or "")',
        first="test_world_in_which_a_create_is_cut_off",
    ),
    Mutant(
        "uids are not recognised",
        MATCHING,
        'by_marker.get(theirs.marker or "") or by_uid.get(theirs.uid or "")',
        'by_marker.get(theirs.marker or "")',
        first="test_world_in_which_a_create_is_cut_off",
    ),
    Mutant(
        "what was typed twice is not recognised",
        MATCHING,
        "        alike[likeness(ours.event)].append(ours)\n",
        "        alike[(ours.id,)].append(ours)\n",
    ),
    Mutant(
        "one event is matched with several",
        MATCHING,
        "yield candidates.pop(0), theirs, False",
        "yield candidates[0], theirs, False",
    ),
    Mutant(
        "the losing value is not kept",
        MERGE,
        "            if is_loss and rules.may_write(loser.side):\n",
        "            if not is_loss:\n",
    ),
    Mutant(
        "a merge forgets what only Outlook edited",
        MERGE,
        "            winner = Side.GROUPWARE if name in g_edited else Side.OUTLOOK\n",
        "            if name not in g_edited:\n                continue\n            winner = Side.GROUPWARE\n",
    ),
    Mutant(
        "a merge takes the loser for the winner's source",
        MERGE,
        "        source = groupware if winner is Side.GROUPWARE else outlook\n        if any",
        "        source = groupware\n        target = winner\n        if any",
    ),
    Mutant(
        "an update leaves out the body",
        MERGE,
        "        for name in _holdable(names, rules.capabilities[side])\n",
        "        for name in _holdable(names - {Field.BODY}, rules.capabilities[side])\n",
    ),
    Mutant(
        "the end of an event is not compared",
        PRINT,
        'return f"{form}|{span.start.timestamp()}|{span.end.timestamp()}|{span.zone}{rule}"',
        'return f"{form}|{span.start.timestamp()}|{span.zone}{rule}"',
        first="tests/core/test_fingerprint.py",
    ),
    Mutant(
        "the side that was edited keeps its old base",
        SETTLEMENT,
        "    latest = after or action.seen.get(side)\n",
        "    latest = after\n",
    ),
    Mutant(
        "the side that was written keeps its old base",
        SETTLEMENT,
        "_advanced(action, base, side, after.get(side), unsent, rules)",
        "_advanced(action, base, side, None, unsent, rules)",
    ),
    Mutant(
        "updates are not announced",
        SETTLEMENT,
        "replace(base, announced=digests_of(write.event, write.fields))",
        "base",
        first="test_world_in_which_processes_die",
    ),
    Mutant(
        "the echo of an unfinished update counts as agreed",
        PLAN,
        "    link = with_echoes(link, {G: groupware, O: outlook})\n",
        "",
        first="tests/e2e/test_taken_back.py",
    ),
    Mutant(
        "creates are not announced",
        APPLY,
        "        sending = [a for a in actions if any(w.verb is not Verb.DELETE for w in a.writes.values())]\n",
        "        sending = [a for a in actions if any(w.verb is Verb.UPDATE for w in a.writes.values())]\n",
        first="test_world_in_which_a_create_is_cut_off",
    ),
    Mutant(
        "a create that is over stays announced",
        SETTLEMENT,
        "return replace(link, intent=None) if created or refused or is_whole else link",
        "return link",
        first="test_world_in_which_a_create_is_cut_off",
    ),
    Mutant(
        "an old state delivered again counts as an edit",
        OBSERVE,
        "            asked.add(base.id)  # an older state delivered again (graph-calendar.md 5.2, replays)\n",
        "            continue\n",
        first="tests/engine/test_observe.py",
    ),
    Mutant(
        "what is missing from a listing is not asked for",
        OBSERVE,
        "is_missing = base.id in snapshot.missing or snapshot.is_complete\n",
        "is_missing = base.id in snapshot.missing\n",
    ),
    Mutant(
        "what Graph calls removed is not asked for",
        OBSERVE,
        "is_missing = base.id in snapshot.missing or snapshot.is_complete\n",
        "is_missing = snapshot.is_complete\n",
    ),
    Mutant(
        "what is missing from a listing counts as deleted",
        OBSERVE,
        "            shown.update(calendar.read(sorted(asked)))\n",
        "            shown.update({i: Removed(side, i) for i in asked})\n",
    ),
    Mutant(
        "cursors are stored before the work is done",
        PASS,
        "        plan, progress = self._apply(plan, calendars, rules, by_key, sharing)\n",
        "        self._save_cursors(found, window, None, fingerprint)\n"
        "        plan, progress = self._apply(plan, calendars, rules, by_key, sharing)\n",
        first="test_world_in_which_processes_die",
    ),
    Mutant(
        "an event that moved while we wrote is not planned again",
        APPLY,
        "                progress.again.add(outcome.key)\n",
        "                pass\n",
        # People of the worlds do not act in the middle of a pass.
        first="tests/e2e/test_services_down_people.py",
    ),
    # Series and shared events.
    Mutant(
        "a date moved past its neighbour stays in the series",
        DETACH,
        "            if is_early or is_late:\n",
        "            if False:\n",
        first="tests/core/test_detach.py",
    ),
    Mutant(
        "a date that takes place again is not detached",
        DETACH,
        "        loose = set(self._crossing(native)) | self._sticky(series, native, known)\n",
        "        loose = set(self._crossing(native))\n",
        first="tests/core/test_detach.py",
    ),
    Mutant(
        "an occurrence that is as its series again is no edit",
        PRINT,
        'if name not in now and is_detail(name) and announced.get(name) != ""',
        "if False",
        first="tests/core/test_parts.py",
    ),
    Mutant(
        "additional dates are forgotten",
        DETACH,
        "            loose | irregular | (",
        "            loose | (",
        first="test_quiet_world",
    ),
    Mutant(
        "a single date that is deleted in Outlook stays in the groupware",
        "sync/engine/detaching.py",
        "            self.event = without_occurrence(self.event, original)\n",
        "            pass\n",
        first="test_quiet_world",
    ),
    Mutant(
        "a guest's copy is taken for an event of one's own",
        "sync/engine/sharing.py",
        "        if claim is None and not self._is_ours_to_import(seen):\n",
        "        return seen\n        if claim is None and not self._is_ours_to_import(seen):\n",
        first="tests/e2e/test_meetings.py",
    ),
    Mutant(
        "a first link invites",
        MERGE,
        "(first_link and (who_part(name) or field_of(name) == Field.BLOCK))",
        "False",
        first="tests/e2e/test_meetings.py",
    ),
    Mutant(
        "mails are not held",
        "sync/core/guard.py",
        "    if mails > max(settings.max_mails, released_mails):\n",
        "    if False:\n",
        first="tests/e2e/test_meetings.py",
    ),
    Mutant(
        "the meeting is not claimed",
        "sync/engine/apply.py",
        "        self._sharing.note(action, after)\n",
        "",
        first="tests/e2e/test_meetings.py",
    ),
)


def plant(mutant: Mutant, folder: Path) -> None:
    for name in ("sync", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    path = folder / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: its text stands {text.count(mutant.old)} times in {mutant.file}")
    text = text.replace(mutant.old, mutant.new)
    if "Removed(" in mutant.new:
        text = text.replace("from sync.core.change import ", "from sync.core.change import Removed, ")
    path.write_text(text)


def tests_for(mutant: Mutant) -> tuple[str, ...]:
    if mutant.first.endswith(".py"):
        return (mutant.first,)
    return (mutant.first, *(name for name in TESTS if name != mutant.first))


def where(test: str) -> list[str]:
    return [test] if test.endswith(".py") else ["tests/e2e/test_world.py", "-k", test]


def notice(mutant: Mutant) -> tuple[Mutant, str | None, float]:
    """The name of the test that noticed, or None; and the seconds it took."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plant(mutant, folder)
        for test in tests_for(mutant):
            # Without shrinking: that a world fails is all we ask.
            environment = {**os.environ, "WORLD_EXAMPLES": EXAMPLES, "WORLD_SHRINK": "0"}
            done = subprocess.run(
                [*PYTEST, *where(test)],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 1:
                return mutant, test, time.monotonic() - started
            if done.returncode != 0:
                raise SystemExit(f"{mutant.name}: the tests did not run\n{done.stdout}\n{done.stderr}")
    return mutant, None, time.monotonic() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a mutant's name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    chosen = [m for m in MUTANTS if asked.only in m.name]
    missed = 0
    with ThreadPoolExecutor(asked.jobs) as pool:
        for mutant, test, seconds in pool.map(notice, chosen):
            missed += test is None
            print(
                f"{'noticed' if test else 'MISSED '}  {seconds:5.0f} s  {mutant.name}  {test or ''}",
                flush=True,
            )
    print(f"{len(chosen) - missed} of {len(chosen)} planted faults noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
