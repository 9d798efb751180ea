"""The reference groupware as a WSGI application: the contract, the control surface and a page to look at."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sync.sandbox.faults import Faults
from sync.sandbox.groupware.access import SCOPES, Access
from sync.sandbox.groupware.api import Api
from sync.sandbox.groupware.control import Control
from sync.sandbox.groupware.counters import Counters
from sync.sandbox.groupware.directory import Directory
from sync.sandbox.groupware.feed import Feed
from sync.sandbox.groupware.hand_over import HandOvers, SyncService
from sync.sandbox.groupware.idempotency import Answers
from sync.sandbox.groupware.misbehaviour import Misbehaviour, template
from sync.sandbox.groupware.page import Page
from sync.sandbox.groupware.problems import Problem
from sync.sandbox.groupware.schedule import Schedule
from sync.sandbox.groupware.sign_in import SignIn
from sync.sandbox.groupware.store import Store
from sync.sandbox.groupware.switches import Switches
from sync.sandbox.groupware.wire import problem_answer

TOKEN = "sandbox-groupware-token"
MAX_BODY = 16 * 1024 * 1024

HTTP_PROBLEMS = {
    404: ("not-found", "There is no such resource.", "該当するリソースがありません。"),
    405: ("method-not-allowed", "This method is not offered here.", "このメソッドは使用できません。"),
    413: ("too-large", "The body is larger than 16 MiB.", "本文が 16 MiB を超えています。"),
}


def create_app(
    store: Store,
    *,
    tokens: Mapping[str, frozenset[str]] | None = None,
    switches: Switches | None = None,
    faults: Faults | None = None,
    counters: Counters | None = None,
    schedule: Schedule | None = None,
    has_control: bool = True,
    service: SyncService | None = None,
    hand_overs: HandOvers | None = None,
) -> Flask:
    """`tokens` gives the scopes of each bearer token; by default one that may do everything. `schedule` may be
    handed in by a caller who acts on the same database. `has_control` adds `/_groupware` and the page: both are
    open to whoever reaches the port. `service` adds `/sign-in`, for people who come through Microsoft 365."""
    switches = switches or (schedule.switches if schedule else Switches())
    faults, counters = faults or Faults.none(), counters or Counters()
    schedule = schedule or build_schedule(store, switches)
    app = Flask("groupware", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    misbehaviour = Misbehaviour(faults, switches, schedule)
    misbehaviour.install(app)
    access = Access(tokens or {TOKEN: SCOPES})
    Api(schedule, Answers(store), access, switches, misbehaviour).install(app)
    if has_control:
        Control(schedule, switches, counters, faults).install(app)
        Page(schedule).install(app)
    if service is not None:
        clock = store.clock
        SignIn(service, schedule.directory, clock, hand_overs or HandOvers(service, clock)).install(app)
    _install_errors(app)
    _install_counting(app, counters)
    return app


def build_schedule(store: Store, switches: Switches) -> Schedule:
    return Schedule(store, Directory(store), Feed(store), switches)


def _install_errors(app: Flask) -> None:
    def refused(problem: Problem) -> Response:
        return problem_answer(problem)

    def http(error: HTTPException) -> Response:
        known = HTTP_PROBLEMS.get(error.code or 500)
        if known is None:
            return problem_answer(
                Problem("malformed", "The request cannot be read.", "要求を解釈できません。")
            )
        return problem_answer(Problem(*known))

    def broken(error: Exception) -> Response:
        # The one place that may catch everything: a defect must answer in the contract's shape.
        app.logger.exception("defect", exc_info=error)
        detail = "A defect of the reference groupware; see its log."
        return problem_answer(Problem("server-error", detail, "サーバー内部のエラーです。"))

    app.register_error_handler(Problem, refused)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, broken)


def _install_counting(app: Flask, counters: Counters) -> None:
    def count(answer: Response) -> Response:
        route = template(request.url_rule.rule) if request.url_rule else "(unknown)"
        if route.startswith(("/v1/", "(")):
            counters.add(request.method, route, answer.status_code)
        return answer

    # Functions of after_request run in reverse order: this one first, so it would count what was done, not what
    # is answered. `insert` puts it behind the faults.
    app.after_request_funcs.setdefault(None, []).insert(0, count)
