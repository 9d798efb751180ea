"""Runs the reference groupware: `python -m sync.sandbox.groupware --port 8100`."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sqlite3
import sys
from collections.abc import Sequence

from waitress.server import create_server  # type: ignore[import-untyped]

from sync.sandbox.faults import Faults
from sync.sandbox.groupware.access import SCOPES
from sync.sandbox.groupware.acts import Groupware
from sync.sandbox.groupware.hand_over import SyncService
from sync.sandbox.groupware.server import TOKEN
from sync.sandbox.groupware.switches import SHOW_AS, Switches

THREADS = 8
HOST = "127.0.0.1"


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM. 0 after a clean stop, 2 if the port is taken or the database unusable."""
    options = build_parser().parse_args(argv)
    listener = bind(options.host, options.port)
    if listener is None:
        return refuse(f"port {options.port} on {options.host} is taken; choose another with --port.")
    with listener:
        try:
            groupware = build(options)
        except sqlite3.Error as error:
            return refuse(f"cannot use the database {options.database}: {error}.")
        with groupware:
            serve(groupware, listener)
    return 0


def refuse(sentence: str) -> int:
    print(f"groupware: {sentence}", file=sys.stderr)
    return 2


def build(options: argparse.Namespace) -> Groupware:
    switches = Switches(
        show_as=tuple(options.show_as.split(",")),
        title_limit=options.title_limit,
        feed_duplicates=options.feed_duplicates,
        short_pages=options.short_pages,
        latency_seconds=options.latency_ms / 1000,
    )
    moods = {"none": Faults.none, "nasty": Faults.nasty, "hostile": Faults.hostile}
    tokens = {options.token: SCOPES}
    if options.read_token:
        tokens[options.read_token] = frozenset({"schedule.read"})
    service = None
    if options.sync_url:
        service = SyncService(
            options.sync_url.rstrip("/"), options.issuer, options.audience, options.access_secret
        )
    return Groupware(
        options.database,
        seed=options.seed,
        switches=switches,
        faults=moods[options.faults](options.seed),
        tokens=tokens,
        service=service,
    )


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="groupware", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--database", metavar="PATH", help="SQLite file; in memory without it")
    parser.add_argument("--token", default=TOKEN, help="bearer token with all scopes")
    parser.add_argument("--read-token", help="bearer token that may only read schedules")
    parser.add_argument("--seed", type=int, default=0, help="for ids and faults")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--faults", choices=["none", "nasty", "hostile"], default="none")
    parser.add_argument("--show-as", default=",".join(SHOW_AS), help="values held, separated by commas")
    parser.add_argument("--title-limit", type=int, default=1000)
    parser.add_argument("--feed-duplicates", action="store_true")
    parser.add_argument("--short-pages", action="store_true")
    sign_in = parser.add_argument_group("/sign-in, with Microsoft 365 by way of the sync service")
    sign_in.add_argument("--sync-url", help="the service's PUBLIC_URL; without it there is no such page")
    sign_in.add_argument("--issuer", default="groupware", help="our name: the service's ACCESS_ISSUER")
    sign_in.add_argument("--audience", default="groupware-outlook-sync", help="the service's ACCESS_AUDIENCE")
    sign_in.add_argument("--access-secret", default="", help="the key of our tokens, HS256")
    return parser


def bind(host: str, port: int) -> socket.socket | None:
    """A bound socket; None if somebody has the port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        return None
    return listener


def serve(groupware: Groupware, listener: socket.socket) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    # A request that waits for a thread is no news here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(groupware.app, sockets=[listener], threads=THREADS)
    # Both signals end waitress's loop the way Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A background shell hands down an ignored SIGINT; Ctrl-C must still end it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    host, port = listener.getsockname()
    print(f"groupware: http://{host}:{port}", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


if __name__ == "__main__":
    raise SystemExit(main())
