"""`python -m sync.sandbox <part>`: each part of the sandbox alone, or all of them at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping, Sequence

CANNOT_START = 2

USAGE = """\
usage: python -m sync.sandbox <part> [options]

  microsoft365   a simulated Microsoft 365 tenant
  groupware      the reference groupware
  app            the service itself: web, timer and queue, against whatever the environment names
  demo           everything, with a sample company, two rounds of sync and a table of what was done
  serve          everything, with a sample company that is linked, until Ctrl-C

Each part explains its options with --help."""

Main = Callable[[Sequence[str]], int]


def microsoft365(argv: Sequence[str]) -> int:
    from sync.sandbox.microsoft365.server import main

    return main(argv)


def groupware(argv: Sequence[str]) -> int:
    from sync.sandbox.groupware.__main__ import main

    return main(argv)


def app(argv: Sequence[str]) -> int:
    from sync.sandbox.app_server import main

    return main(argv)


def demo(argv: Sequence[str]) -> int:
    from sync.sandbox.demo.story import main

    return main(argv)


def serve(argv: Sequence[str]) -> int:
    from sync.sandbox.demo.story import main

    return main(["--only-serve", *argv])


PARTS: Mapping[str, Main] = {
    "microsoft365": microsoft365,
    "groupware": groupware,
    "app": app,
    "demo": demo,
    "serve": serve,
}


def main(argv: Sequence[str]) -> int:
    if argv and argv[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    if not argv or argv[0] not in PARTS:
        print(USAGE, file=sys.stderr)
        return CANNOT_START
    # A shell that starts a command in the background lets it ignore Ctrl-C; a part always stops by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return PARTS[argv[0]](argv[1:])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
