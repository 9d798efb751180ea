"""The service on this machine: what the Functions host does in Azure, with the same App.

uvicorn for HTTP, a thread for the timer, threads for the two queues. Which Graph, Entra, groupware and storage it
talks to is decided by the environment alone.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import uvicorn
from azure.core.exceptions import AzureError

from sync.app import App
from sync.core.messages import Language, sentence
from sync.errors import BadSetting, SyncError
from sync.sandbox.ports import PortTaken, listen
from sync.sandbox.queue_host import QueueRules, QueueTrigger, open_queue, read_rules

CANNOT_START = 2
PATIENCE = 10.0  # seconds that running passes get to finish

_logger = logging.getLogger("sandbox.app")


class CannotStart(Exception):
    """Raised while starting; its text is the one sentence that the person reads."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 after Ctrl-C or SIGTERM, 2 when it could not start."""
    options = build_parser().parse_args(argv)
    write_log_lines()
    try:
        listener = listen(options.port)
    except PortTaken as error:
        return refuse(f"{error}; choose another with --port.")
    with listener:
        try:
            app = open_app(os.environ, timedelta(seconds=options.timer_seconds))
            triggers = open_triggers(app, poll_seconds=options.poll_seconds)
        except CannotStart as error:
            return refuse(str(error))
        run(app, listener, triggers, options.timer_seconds)
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--timer-seconds", type=int, default=300, help="how often the timer runs")
    parser.add_argument(
        "--poll-seconds", type=float, help="longest wait for a message; from host.json if left out"
    )
    return parser


def refuse(text: str) -> int:
    print(f"app: {text}", file=sys.stderr)
    return CANNOT_START


def write_log_lines() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)


def open_app(environment: Mapping[str, str], ahead: timedelta) -> App:
    """The App with its web part built, so that what is missing shows now and not at the first request."""
    try:
        app = App(environment, ahead=ahead)
        _ = app.web
    except SyncError as error:
        raise CannotStart(explain(error)) from error
    return app


def explain(error: SyncError) -> str:
    name = error.detail.get("setting", "?")
    if isinstance(error, BadSetting) and error.code == "setting-missing":
        return f"the setting {name} is missing; see local.settings.example.json."
    if isinstance(error, BadSetting) and error.code == "setting-malformed":
        return f"the setting {name} cannot be used; expected is {error.detail.get('expected', 'something else')}."
    return f"{sentence(error.code, error.detail, Language.EN)} ({error})"


def open_triggers(app: App, poll_seconds: float | None = None) -> list[QueueTrigger]:
    """The queue of passes and its poison queue; made here where they are missing."""
    storage = app.config.storage.get("AzureWebJobsStorage", "").strip()
    if not storage:
        raise CannotStart("on one machine AzureWebJobsStorage has to be a connection string.")
    rules = read_rules()
    if poll_seconds is not None:
        rules = replace(rules, longest_wait=poll_seconds)
    try:
        triggers = build_triggers(app, storage, rules)
        triggers[0].make_queues()
    except ValueError as error:
        raise CannotStart("the setting AzureWebJobsStorage is no connection string.") from error
    except AzureError as error:
        raise CannotStart(
            "the storage named by AzureWebJobsStorage cannot be used; is Azurite running?"
        ) from error
    return triggers


def build_triggers(app: App, storage: str, rules: QueueRules) -> list[QueueTrigger]:
    passes, poison = open_queue(storage, app.config.queue), open_queue(storage, f"{app.config.queue}-poison")
    return [
        QueueTrigger(passes, poison, app.run_message, rules),
        QueueTrigger(poison, None, app.run_poison, rules),
    ]


def run(app: App, listener: socket.socket, triggers: Sequence[QueueTrigger], timer_seconds: float) -> None:
    """Serves until Ctrl-C or SIGTERM; passes that are running may finish for a while."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn takes both over while it serves, and hands them on when it has closed its connections.
        signal.signal(number, lambda *_: stop.set())
    # Daemons: a pass that takes too long dies with the process, which it survives in Azure as well.
    threads = [threading.Thread(target=tick, args=(app, stop, timer_seconds), daemon=True)]
    threads += [threading.Thread(target=trigger.run, args=(stop,), daemon=True) for trigger in triggers]
    for thread in threads:
        thread.start()
    config = uvicorn.Config(app.web, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    print(f"app: http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)


def tick(app: App, stop: threading.Event, every: float) -> None:
    """The timer: at once, then every so many seconds; a failed run is logged, the next one comes anyway."""
    while not stop.is_set():
        try:
            app.tick()
        except Exception:
            _logger.exception("the timer failed")
        stop.wait(every)


if __name__ == "__main__":
    raise SystemExit(main())
