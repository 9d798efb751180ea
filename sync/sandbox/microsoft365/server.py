"""The simulator as a process of its own, on loopback, served by waitress."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import flask
import waitress  # type: ignore[import-untyped]

from sync.sandbox.faults import Faults
from sync.sandbox.microsoft365.app import create_app
from sync.sandbox.microsoft365.identity_endpoint import ROUTE
from sync.sandbox.microsoft365.people import add_people
from sync.sandbox.microsoft365.tenant import Tenant

HOST = "127.0.0.1"
# More than the four that one mailbox may have at once, or the limit could never be met.
THREADS = 24
CANNOT_START = 2


class BadPeopleFile(Exception):
    """Raised while starting: the file of --users is not there or is not what `people` reads."""


class PortTaken(Exception):
    """Raised by `open_server`; tell the person and stop."""


def open_server(app: flask.Flask, port: int, threads: int = THREADS) -> Any:
    """A waitress server that listens already; `run` answers until KeyboardInterrupt or SystemExit."""
    try:
        return waitress.create_server(app, host=HOST, port=port, threads=threads, ident=None)
    except OSError as error:
        raise PortTaken(
            f"Port {port} cannot be used ({error.strerror}): is another simulator running?"
        ) from error


def serve(app: flask.Flask, port: int, threads: int = THREADS) -> None:
    run(open_server(app, port, threads))


def run(server: Any) -> None:
    try:
        server.run()
    finally:
        server.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 after Ctrl-C or SIGTERM, 2 when it could not start."""
    options = build_parser().parse_args(argv)
    signal.signal(signal.SIGTERM, stop)
    # A background shell hands down an ignored SIGINT; Ctrl-C must still end it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        tenant = build_tenant(options)
        server = open_server(create_app(tenant), options.port)
    except (PortTaken, BadPeopleFile) as error:
        print(error, file=sys.stderr)
        return CANNOT_START
    if not options.quiet:
        announce(tenant, options.port)
    with suppress(KeyboardInterrupt):
        run(server)
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="microsoft365", description="A simulated Microsoft 365 tenant.")
    parser.add_argument("--port", type=int, default=8365)
    parser.add_argument("--seed", type=int, default=0, help="of every id and every fault")
    parser.add_argument("--tenant", help="tenant id; from the seed if left out")
    parser.add_argument("--users", type=Path, metavar="FILE.json", help="people and app registrations")
    parser.add_argument("--latency-ms", type=float, default=0, help="waited in every request to Graph")
    parser.add_argument(
        "--retry-after", type=float, default=1, help="seconds that a throttled caller is told"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    mood = parser.add_mutually_exclusive_group()
    mood.add_argument("--nice", action="store_true", help="no faults at all")
    mood.add_argument("--hostile", action="store_true", help="also errors after the work, and lost answers")
    return parser


def build_tenant(options: argparse.Namespace) -> Tenant:
    faults = Faults.nasty(options.seed, options.retry_after)
    if options.nice:
        faults = Faults.none(options.seed)
    if options.hostile:
        faults = Faults.hostile(options.seed, options.retry_after)
    wanted = read_people(options.users) if options.users else {}
    tenant = Tenant(
        options.tenant or wanted.get("tenantId"),
        faults=faults,
        seed=options.seed,
        latency_seconds=options.latency_ms / 1000,
    )
    try:
        add_people(tenant, wanted)
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise BadPeopleFile(f"The people in {options.users} cannot be used: {error}.") from error
    if not tenant.applications:
        tenant.add_application()
    return tenant


def read_people(file: Path) -> dict[str, Any]:
    try:
        wanted = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadPeopleFile(f"{file} cannot be read: {error}.") from error
    if not isinstance(wanted, dict):
        raise BadPeopleFile(f"{file} does not hold a JSON object.")
    return wanted


def announce(tenant: Tenant, port: int) -> None:
    application = next(iter(tenant.applications.values()))
    secret = f", secret {application.secrets[0].value}" if application.secrets else ""
    print(f"Microsoft 365 simulator on http://{HOST}:{port} (control: /_simulator/)")
    print(f"  tenant {tenant.id}, {len(tenant.users)} users")
    print(f"  client {application.client_id}{secret}", flush=True)
    if any(each.principal_id for each in tenant.applications.values()):
        print(
            f"  IDENTITY_ENDPOINT=http://{HOST}:{port}{ROUTE} IDENTITY_HEADER={tenant.login.identity_header}",
            flush=True,
        )


def stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)
