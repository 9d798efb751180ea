"""The whole demonstration with a CalDAV server as the groupware, as `ONCE=1 make demo GROUPWARE=caldav` runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from sync.sandbox.demo import samples
from sync.sandbox.demo.company import PEOPLE

ROOT = Path(__file__).parents[2]


def test_both_sides_are_equal_at_the_end(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PORT_")}
    done = subprocess.run(
        [sys.executable, "-m", "sync.sandbox", "demo", "--once", "--groupware", "caldav"],
        cwd=ROOT,
        env={**environment, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0, done.stdout
    assert list(tmp_path.iterdir()) == [], "something was left behind"
    found = re.search(r"一致 equal: (\d+), 不一致 different: (\d+)", done.stdout)
    assert found is not None
    assert int(found[1]) > 350
    assert int(found[2]) == 0
    assert "書き込み writes: 0;" in done.stdout
    adopted = (samples.ON_BOTH + samples.ON_BOTH_UNLIKE) * len(PEOPLE)
    total = re.search(r"^合計 total +(.*)$", done.stdout, re.MULTILINE)
    assert total is not None
    assert int(total[1].split()[6]) >= adopted
