"""$batch: up to 20 requests in one (section 8).

Items without dependsOn run four at a time whatever mailbox they are for, so a batch takes up to four places of a
mailbox while it runs; with dependsOn it takes one. What gets no place is answered 429 alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sync.sandbox.faults import Call, Shape
from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.tokens import Access
from sync.sandbox.microsoft365.wire import Answer, Request, parse_url

if TYPE_CHECKING:
    from sync.sandbox.microsoft365.graph import Graph

Json = dict[str, Any]
ROUTE = "/$batch"
MOST_ITEMS = 20
AT_A_TIME = 4
METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
CALL = Call("POST", ROUTE, ROUTE, writes=True)


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    request: Request
    depends_on: str | None = None
    mailbox: str | None = None


def answer(graph: Graph, outer: Request, access: Access) -> Answer:
    items = parse_items(graph, outer)
    serial = any(item.depends_on for item in items)
    step = 1 if serial else AT_A_TIME
    waves = [items[at : at + step] for at in range(0, len(items), step)]
    granted = take_slots(graph, access, waves)
    try:
        graph.wait()
        responses = run(graph, access, waves, granted)
    finally:
        for mailbox, slots in granted.items():
            graph.tenant.throttle.give_back(access.client_id, mailbox, slots)
    if not serial and graph.tenant.faults.happens(Shape.SHUFFLED_BATCH, CALL):
        graph.tenant.faults.random.shuffle(responses)
    return Answer(200, {"responses": responses})


def run(graph: Graph, access: Access, waves: list[list[Item]], granted: dict[str, int]) -> list[Json]:
    statuses: dict[str, int] = {}
    responses = []
    for wave in waves:
        running: Counter[str] = Counter()
        for item in wave:
            if item.depends_on and statuses[item.depends_on] >= 400:
                response = failed_dependency(item)
            else:
                mailbox = item.mailbox or ""
                running[mailbox] += 1
                has_slot = not mailbox or running[mailbox] <= granted[mailbox]
                response = build_response(item.id, graph.item(item.request, access, has_slot))
            statuses[item.id.lower()] = response["status"]
            responses.append(response)
    return responses


def take_slots(graph: Graph, access: Access, waves: list[list[Item]]) -> dict[str, int]:
    """What each mailbox grants for the whole time of the batch."""
    wanted: Counter[str] = Counter()
    for wave in waves:
        wanted |= Counter(item.mailbox for item in wave if item.mailbox)
    return {
        mailbox: graph.tenant.throttle.take(access.client_id, mailbox, n) for mailbox, n in wanted.items()
    }


def build_response(item_id: str, answered: Answer) -> Json:
    response: Json = {"id": item_id, "status": answered.status, "headers": dict(answered.headers)}
    if answered.body is not None:
        response["headers"]["Content-Type"] = "application/json"
        response["body"] = answered.body
    return response


def failed_dependency(item: Item) -> Json:
    error = {"code": "FailedDependency", "message": "The request this one depends on failed."}
    return build_response(item.id, Answer(424, {"error": error}))


def parse_items(graph: Graph, outer: Request) -> list[Item]:
    """A malformed batch is refused as a whole."""
    sent = outer.body().get("requests")
    if not isinstance(sent, list) or not sent:
        raise errors.bad_request("A batch has a collection of requests.")
    if len(sent) > MOST_ITEMS:
        raise errors.bad_request(f"Number of batch request steps exceeds the maximum value of {MOST_ITEMS}.")
    items = [parse_item(graph, outer, value) for value in sent]
    ids = [item.id.lower() for item in items]
    if len(set(ids)) < len(ids):
        raise errors.bad_request("Request ids are unique, without regard to case.")
    check_dependencies(items)
    return items


def parse_item(graph: Graph, outer: Request, value: Any) -> Item:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        raise errors.bad_request("Every request has an id that is a string.")
    method, url = str(value.get("method", "")).upper(), value.get("url")
    if method not in METHODS or not isinstance(url, str) or "://" in url:
        raise errors.bad_request("Every request has a method and a relative url.")
    path, query = parse_url(url)
    if path == ROUTE:
        raise errors.bad_request("Batches cannot be nested.")
    headers = {str(name).lower(): str(text) for name, text in (value.get("headers") or {}).items()}
    body = value.get("body")
    if body is not None and "content-type" not in headers:
        raise errors.bad_request("A request with a body has a Content-Type header.")
    if not graph.tenant.switches.batch_item_prefer_needed and "prefer" in outer.headers:
        headers.setdefault("prefer", outer.headers["prefer"])
    depends_on = value.get("dependsOn") or []
    if not isinstance(depends_on, list) or len(depends_on) > 1:
        raise errors.bad_request("A request depends on one other at most.")
    request = Request(method, path, outer.root, query, headers, body, in_batch=True)
    before = str(depends_on[0]).lower() if depends_on else None
    return Item(value["id"], request, before, graph.mailbox_of(request))


def check_dependencies(items: list[Item]) -> None:
    """All parallel, each on the one before, or all on one; nothing else."""
    needed = [item.depends_on for item in items]
    if not any(needed):
        return
    serial = [None, *(item.id.lower() for item in items[:-1])]
    on_one = [None, *[items[0].id.lower()] * (len(items) - 1)]
    if needed not in (serial, on_one):
        raise errors.bad_request("The dependsOn pattern of this batch is not supported.")
