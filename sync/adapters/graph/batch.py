"""Many requests in one: `POST /$batch` with up to twenty items, of which only the failed ones are sent again.

A batch that answers 200 says nothing about its items (graph-calendar.md 8). One batch is in flight at a time;
Exchange works on four of its items at once whatever we do, so a second one would only be throttled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.adapters.graph.answers import UNANSWERED, Answer, Json, parse_retry_after
from sync.adapters.graph.client import ATTEMPTS, IMMUTABLE_IDS, READING, Channel, encode
from sync.adapters.graph.errors import BROKEN_ANSWER, TIMEOUT, UNREACHABLE, is_transient
from sync.adapters.graph.throttle import IN_FLIGHT
from sync.errors import TryLater

ITEMS = 20
# A JSON request ends at about 4 MB (graph-calendar.md 1.2, assumed); below that with room for the outer object.
BYTES = 3_500_000
# Five rounds of four writes, each of which Exchange may take its time for.
BATCH_TIMEOUT = (5.0, 120.0)


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a batch. `key` comes back with the answer. The order within a batch is not kept."""

    key: str
    method: str
    path: str
    body: Mapping[str, object] | None = None
    if_match: str = ""

    def wire(self, number: int) -> Json:
        headers = {"Prefer": READING}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.if_match:
            headers["If-Match"] = self.if_match
        request: Json = {"id": str(number), "method": self.method, "url": self.path, "headers": headers}
        if self.body is not None:
            request["body"] = self.body
        return request


@dataclass(frozen=True, slots=True)
class Reply:
    """The last answer to an item. `was_ambiguous`: an earlier attempt may have been carried out all the same."""

    item: Item
    answer: Answer
    was_ambiguous: bool


@dataclass(slots=True)
class Attempted:
    item: Item
    size: int
    attempts: int = 0
    was_ambiguous: bool = False

    def note(self, answer: Answer) -> None:
        self.attempts += 1
        # 429 and 401 are refusals before the work; after any 5xx the work may have been done (6.1).
        self.was_ambiguous |= answer.status >= 500


def run(mailbox: Channel, items: Iterable[Item]) -> Iterator[Reply]:
    """Every item's final answer, as soon as it is known. Items are drawn only when there is room for them.

    `TryLater` when the service stays unwilling, after the answers that did come. An item that alone fails again
    and again with 5xx is final too: it is that item's problem, not the mailbox's.
    """
    return _Run(mailbox, iter(items)).replies()


class _Run:
    def __init__(self, mailbox: Channel, source: Iterator[Item]) -> None:
        self._mailbox = mailbox
        self._source = source
        self._waiting: deque[Attempted] = deque()

    def replies(self) -> Iterator[Reply]:
        while chunk := self._fill():
            answers = self._send(chunk)
            failed: list[tuple[Attempted, Answer]] = []
            for attempted, answer in zip(chunk, answers, strict=True):
                if may_be_repeated(attempted.item, answer):
                    attempted.note(answer)
                    failed.append((attempted, answer))
                else:
                    yield Reply(attempted.item, answer, attempted.was_ambiguous)
            if failed:
                yield from self._give_up(failed, tried=len(chunk))

    def _fill(self) -> list[Attempted]:
        """The next batch: what failed first, then new items, as many as fit."""
        chunk: list[Attempted] = []
        size = 0
        while len(chunk) < ITEMS and (attempted := self._next()) is not None:
            if chunk and size + attempted.size > BYTES:
                self._waiting.appendleft(attempted)
                break
            chunk.append(attempted)
            size += attempted.size
        return chunk

    def _next(self) -> Attempted | None:
        if self._waiting:
            return self._waiting.popleft()
        item = next(self._source, None)
        return None if item is None else Attempted(item, len(encode(item.wire(ITEMS))))

    def _give_up(self, failed: Sequence[tuple[Attempted, Answer]], tried: int) -> Iterator[Reply]:
        """Put back what may be tried again, after the longest wait that any of them asked for."""
        given_up = [(a, answer) for a, answer in failed if a.attempts >= ATTEMPTS]
        again = [a for a, _ in failed if a.attempts < ATTEMPTS]
        is_one_bad_apple = len(failed) < tried or tried == 1
        for attempted, answer in given_up:
            if not (is_one_bad_apple and is_own_failure(answer)):
                raise answer.error
            yield Reply(attempted.item, answer, attempted.was_ambiguous)
        if again:
            asked = [answer.retry_after for _, answer in failed if answer.retry_after is not None]
            if any(answer.status == 401 for _, answer in failed):
                self._mailbox.client.renew_token()
            self._mailbox.hold(max(asked, default=None), max(a.attempts for a in again))
            self._waiting.extendleft(reversed(again))

    def _send(self, chunk: Sequence[Attempted]) -> list[Answer]:
        """One answer for each item, in their order."""
        answer = self._post(chunk)
        if answer is UNANSWERED or is_transient(answer.status, answer.code):
            return [answer] * len(chunk)
        if answer.status in (400, 413):
            # The outer request was refused as a whole: find the item that is to blame, spare the others.
            if len(chunk) == 1:
                return [answer]
            half = len(chunk) // 2
            return self._send(chunk[:half]) + self._send(chunk[half:])
        if not answer.is_ok:
            raise answer.error
        by_number = parse_responses(answer, self._mailbox)
        return [by_number.get(str(number), UNANSWERED) for number in range(1, len(chunk) + 1)]

    def _post(self, chunk: Sequence[Attempted]) -> Answer:
        requests = [attempted.item.wire(number) for number, attempted in enumerate(chunk, 1)]
        self._mailbox.batch_items += len(chunk)
        try:
            return self._mailbox.exchange(
                "POST",
                "/$batch",
                # Items say for themselves what they prefer; the outer header is for services that look only there.
                prefer=IMMUTABLE_IDS,
                body=encode({"requests": requests}),
                weight=min(IN_FLIGHT, len(chunk)),
                timeout=BATCH_TIMEOUT,
            )
        except TryLater as error:
            if error.code in (TIMEOUT, UNREACHABLE, BROKEN_ANSWER):
                return UNANSWERED
            raise


def parse_responses(answer: Answer, mailbox: Channel) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    now = mailbox.client.clock.now()
    for response in answer.body.get("responses") or []:
        body = response.get("body")
        after = parse_retry_after(response.get("headers") or {}, now)
        found[str(response["id"])] = Answer(
            int(response["status"]), body if isinstance(body, dict) else {}, after
        )
    return found


def may_be_repeated(item: Item, answer: Answer) -> bool:
    if answer.status in (409, 412):
        # On a plain read it only says that Exchange works on the event (graph-calendar.md 6.3).
        return item.method == "GET"
    # 424: another item it depended on failed; 401: the token died between two items.
    return is_transient(answer.status, answer.code) or answer.status in (401, 424)


def is_own_failure(answer: Answer) -> bool:
    """A 5xx that this item got for itself; throttling, overload and lost answers are the mailbox's."""
    return answer is not UNANSWERED and answer.status in (409, 412, 424, 500, 502, 504)
