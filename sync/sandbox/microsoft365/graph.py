"""Graph itself: takes a request through token, limits, faults, handler and counters to its answer."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass

from sync.sandbox.faults import Call, Effect, Kind
from sync.sandbox.microsoft365 import batch, errors
from sync.sandbox.microsoft365.context import Context
from sync.sandbox.microsoft365.errors import GraphError
from sync.sandbox.microsoft365.permissions import check_permission
from sync.sandbox.microsoft365.routes import Route, find_route
from sync.sandbox.microsoft365.tenant import Tenant
from sync.sandbox.microsoft365.tokens import Access
from sync.sandbox.microsoft365.wire import Answer, Request, build_error

LARGEST_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """`dropped` says that the caller is to get no answer at all."""

    answer: Answer
    request_id: str
    dropped: bool = False


class Graph:
    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._numbers = itertools.count(1)

    def answer(self, request: Request) -> Outcome:
        """One HTTP request."""
        request_id = self.request_id()
        if request.path == "/$batch":
            call = Call("POST", batch.ROUTE, batch.ROUTE, writes=True)
        else:
            call = self.describe(request)
        effect = self.tenant.faults.decide(call)
        try:
            if isinstance(request.content, bytes) and len(request.content) > LARGEST_BODY:
                raise errors.too_large()
            access = self.admit(request)
            if call.route == batch.ROUTE:
                answer = self._batch(request, access, effect)
            else:
                answer = self._single(request, call, access, effect)
        except GraphError as error:
            answer = self.refuse(error, request, request_id)
        self.tenant.requests.note(call.method, call.route, answer.status)
        return Outcome(answer, request_id, effect is not None and effect.drops)

    def item(self, request: Request, access: Access, has_slot: bool) -> Answer:
        """One item of a batch; `has_slot` is False when the mailbox is full."""
        call = self.describe(request)
        effect = self.tenant.faults.decide(call)
        try:
            self.count(request, access)
            if not has_slot:
                raise self.too_many_at_once()
            answer = self._work(request, call, access, effect)
        except GraphError as error:
            answer = self.refuse(error, request, self.request_id())
        self.tenant.requests.note(call.method, call.route, answer.status, in_batch=True)
        return answer

    def describe(self, request: Request) -> Call:
        try:
            route, _ = find_route(request.method, request.path)
        except GraphError:
            return Call(request.method, "?", request.path, in_batch=request.in_batch)
        return Call(
            request.method, route.template, request.path, route.writes, route.reads_cursor, request.in_batch
        )

    def admit(self, request: Request) -> Access:
        """Section 6.4, 401; the application behind the token has to exist still."""
        access = self.tenant.tokens.check(request.headers.get("authorization", ""), self.tenant.clock.now())
        application = self.tenant.find_application(access.client_id)
        if application is None or not application.enabled:
            raise errors.invalid_token("The application of this token is not known.")
        return access

    def mailbox_of(self, request: Request) -> str | None:
        """Object id of the mailbox whose limits count; None for the directory and for unknown people."""
        try:
            route, parameters = find_route(request.method, request.path)
        except GraphError:
            return None
        user = self.tenant.find_user(parameters["user"]) if route.in_mailbox else None
        return user.id if user else None

    def _batch(self, request: Request, access: Access, effect: Effect | None) -> Answer:
        refuse_before(effect)
        answer = batch.answer(self, request, access)
        refuse_after(effect)
        return answer

    def _single(self, request: Request, call: Call, access: Access, effect: Effect | None) -> Answer:
        mailbox = self.mailbox_of(request)
        self.count(request, access)
        if mailbox is None:
            self.wait()
            return self._work(request, call, access, effect)
        if not self.tenant.throttle.take(access.client_id, mailbox):
            raise self.too_many_at_once()
        try:
            self.wait()
            return self._work(request, call, access, effect)
        finally:
            self.tenant.throttle.give_back(access.client_id, mailbox, 1)

    def _work(self, request: Request, call: Call, access: Access, effect: Effect | None) -> Answer:
        refuse_before(effect)
        route, parameters = find_route(request.method, request.path)
        answer = self._handle(route, Context(self.tenant, request, call, access, parameters))
        refuse_after(effect)
        return answer

    def _handle(self, route: Route, context: Context) -> Answer:
        check_permission(route, context)
        # What a write sends to other mailboxes arrives after its answer: section 1.3, a new attendee reads "none".
        with self.tenant.post.held():
            return route.handler(context)

    def count(self, request: Request, access: Access) -> None:
        """Section 9: every request counts, in a batch or not, refused or not."""
        mailbox = self.mailbox_of(request)
        throttle = self.tenant.throttle
        if mailbox and not throttle.count(access.client_id, mailbox, self.tenant.clock.now().timestamp()):
            raise errors.too_many_requests(throttle.limits.retry_after)

    def too_many_at_once(self) -> GraphError:
        return errors.too_many_at_once(
            self.tenant.throttle.limits.retry_after, self.tenant.switches.throttled_as_503
        )

    def wait(self) -> None:
        """The simulated way through the network; a batch pays it once."""
        if self.tenant.latency_seconds > 0:
            time.sleep(self.tenant.latency_seconds)

    def refuse(self, error: GraphError, request: Request, request_id: str) -> Answer:
        return build_error(
            error, request_id, request.headers.get("client-request-id"), self.tenant.clock.now()
        )

    def request_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012x}"


def refuse_before(effect: Effect | None) -> None:
    if effect is None:
        return
    if effect.kind is Kind.SLOW:
        time.sleep(effect.seconds)
    elif effect.fails and not effect.commits:
        raise to_error(effect)


def refuse_after(effect: Effect | None) -> None:
    if effect is not None and effect.commits:
        raise to_error(effect)


def to_error(effect: Effect) -> GraphError:
    headers = {} if effect.retry_after is None else {"Retry-After": f"{effect.retry_after:g}"}
    return GraphError(effect.status, effect.code, effect.message, headers)
