"""Whatever the code can say about a problem, people can read in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from sync.core.messages import MESSAGES
from sync.core.rules import Reason

SOURCE = Path(__file__).parent.parent.parent / "sync"
RAISED = re.compile(
    r"\b(?:TryLater|NeedsAdministrator|CannotSync|Moved|Gone|CursorExpired|LeaseLost|BadSetting|NoAnswer|HttpProblem)"
    r"\(\s*(?:\d+,\s*)?\"([a-z0-9-]+)\""
)


def codes() -> set[str]:
    found: set[str] = {reason.value for reason in Reason}
    for path in SOURCE.rglob("*.py"):
        if "sandbox" not in path.parts:
            found |= set(RAISED.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_code_that_is_raised_has_its_sentences() -> None:
    assert len(codes()) > 60  # the pattern still finds them
    assert sorted(codes() - MESSAGES.keys()) == []
