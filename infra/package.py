"""Builds the package that is published: what git knows, without what .funcignore names.

`python3 infra/package.py TARGET.zip`; prints the number of files and the size. Equal sources make equal bytes.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Dates before 1980 cannot be said in a zip; the files' own would make every package another.
EPOCH = (1980, 1, 1, 0, 0, 0)


def package_files() -> list[str]:
    """Paths from the root, sorted. .funcignore is read as git reads its own ignore files."""
    ignored = git("ls-files", "-z", "--cached", "--ignored", "--exclude-from=.funcignore")
    return sorted(git("ls-files", "-z", "--cached") - ignored)


def git(*arguments: str) -> set[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)
    return {name for name in done.stdout.decode().split("\0") if name}


def build(target: Path) -> tuple[int, int]:
    """Number of files, and bytes of the zip."""
    names = package_files()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in names:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            package.writestr(entry, (ROOT / name).read_bytes())
    return len(names), target.stat().st_size


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 infra/package.py TARGET.zip")
    count, size = build(Path(sys.argv[1]))
    sys.stdout.write(f"{count} files, {size:,} bytes\n")
