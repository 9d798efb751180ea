from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
import requests

from sync.adapters.graph.answers import parse_retry_after
from sync.adapters.graph.batch import BATCH_TIMEOUT, Item, Reply, run
from sync.adapters.graph.client import GraphClient, Mailbox, query, segment
from sync.errors import BadSetting, CannotSync, Gone, NeedsAdministrator, SyncError, TryLater
from tests.adapters.graph.canned import (
    OID,
    Answering,
    Canned,
    FakeClock,
    FakeTokens,
    Json,
    Said,
    Sent,
    batch_of,
    make_client,
    refusal,
)

READING = 'IdType="ImmutableId", outlook.timezone="UTC", outlook.body-content-type="html"'


class Wire:
    """A mailbox whose Graph says what the test laid out."""

    def __init__(self, *answers: Answering) -> None:
        self.graph = Canned(*answers)
        self.clock = FakeClock()
        self.tokens = FakeTokens()
        self.client = make_client(self.graph, self.clock, self.tokens)
        self.mailbox: Mailbox = self.client.mailbox(OID)

    def run(self, *items: Item) -> list[Reply]:
        return list(run(self.mailbox, items))


def get(key: str) -> Item:
    return Item(key, "GET", f"/users/{OID}/events/{key}")


def ok(item: Json) -> Json:
    return {"status": 200, "body": {"id": item["url"].rsplit("/", 1)[1]}}


# One request.


def test_a_request_carries_token_preferences_and_an_id_of_its_own() -> None:
    wire = Wire(Said(200, {"value": []}))
    wire.mailbox.get("/users/x/events")
    wire.mailbox.get("/users/x/events")
    first, second = wire.graph.sent
    assert first.url == "https://graph.microsoft.com/v1.0/users/x/events"
    assert first.headers["Authorization"] == "Bearer t1"
    assert first.headers["Prefer"] == READING
    assert first.headers["client-request-id"] != second.headers["client-request-id"]
    assert wire.mailbox.requests == 2


def test_a_dead_token_is_renewed_once() -> None:
    wire = Wire(refusal(401, "InvalidAuthenticationToken"), Said(200, {"id": "x"}))
    assert wire.mailbox.get("/x") == {"id": "x"}
    assert [sent.headers["Authorization"] for sent in wire.graph.sent] == ["Bearer t1", "Bearer t2"]
    assert wire.tokens.dropped == ["t1"]
    assert wire.mailbox.requests == 2


def test_a_token_refused_twice_is_the_administrators_matter() -> None:
    wire = Wire(refusal(401, "InvalidAuthenticationToken"))
    with pytest.raises(NeedsAdministrator) as raised:
        wire.mailbox.get("/x")
    assert raised.value.code == "token-refused"
    assert len(wire.graph.sent) == 2


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com.evil.test/v1.0/x",
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com:8443/v1.0/x",
        "//evil.test/x",
    ],
)
def test_a_link_to_another_host_never_gets_the_token(link: str) -> None:
    wire = Wire(Said(200, {}))
    with pytest.raises(TryLater) as raised:
        wire.mailbox.get(link) if not link.startswith("//") else wire.mailbox.get(f"https:{link}")
    assert raised.value.code == "graph-answer-broken"
    assert wire.graph.sent == []


def test_plain_http_is_for_this_machine_only() -> None:
    clock = FakeClock()
    with pytest.raises(BadSetting):
        GraphClient(
            make_client(Canned(Said()), clock)._session, FakeTokens(), clock, base_url="http://graph.test"
        )


def test_throttling_waits_as_long_as_asked() -> None:
    wire = Wire(refusal(429, "ApplicationThrottled", Retry_After="7"), Said(200, {"id": "x"}))
    assert wire.mailbox.get("/x") == {"id": "x"}
    assert wire.clock.slept == [7]


def test_without_a_time_the_pauses_grow() -> None:
    wire = Wire(refusal(503, "ErrorServerBusy"))
    with pytest.raises(TryLater) as raised:
        wire.mailbox.get("/x")
    assert wire.clock.slept == [1, 2, 4, 8]
    assert len(wire.graph.sent) == 5
    assert raised.value.code == "graph-unavailable"


def test_a_long_retry_after_is_not_waited_for() -> None:
    wire = Wire(refusal(429, "TooManyRequests", Retry_After="600"))
    with pytest.raises(TryLater) as raised:
        wire.mailbox.get("/x")
    assert raised.value.retry_after == pytest.approx(600)
    assert wire.clock.slept == []
    assert len(wire.graph.sent) == 1


def test_another_mailbox_does_not_wait() -> None:
    wire = Wire(refusal(429, "ApplicationThrottled", Retry_After="30"), Said(200, {}))
    wire.mailbox.hold(30, 1)
    wire.client.mailbox("other").exchange("GET", "/x")
    assert wire.clock.slept == []


def test_a_lost_answer_is_asked_for_again() -> None:
    wire = Wire(requests.ConnectionError(), requests.ReadTimeout(), Said(200, {"id": "x"}))
    assert wire.mailbox.get("/x") == {"id": "x"}
    assert wire.clock.slept == [1, 2]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "ErrorItemNotFound", Gone),
        (404, "MailboxNotEnabledForRESTAPI", NeedsAdministrator),
        (403, "ErrorAccessDenied", NeedsAdministrator),
        (400, "ErrorInvalidRequest", CannotSync),
    ],
)
def test_what_will_not_get_better_is_not_repeated(status: int, code: str, kind: type[SyncError]) -> None:
    wire = Wire(refusal(status, code))
    with pytest.raises(kind):
        wire.mailbox.get("/x")
    assert len(wire.graph.sent) == 1


@pytest.mark.parametrize("content", [b"<html>proxy</html>", b'{"value": [', b"[]", b"\xff"])
def test_a_success_that_is_not_json_is_no_answer(content: bytes) -> None:
    wire = Wire(Said(200, content))
    with pytest.raises(TryLater) as raised:
        wire.mailbox.get("/x")
    assert raised.value.code == "graph-answer-broken"


def test_an_error_page_that_is_not_json_is_judged_by_its_status() -> None:
    wire = Wire(Said(403, b"<html>blocked</html>"))
    with pytest.raises(NeedsAdministrator):
        wire.mailbox.get("/x")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("-3", 0),
        ("Tue, 01 Sep 2026 00:01:00 GMT", 60),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: float | None) -> None:
    assert parse_retry_after({"retry-after": said}, datetime(2026, 9, 1, tzinfo=UTC)) == seconds


def test_ids_and_names_are_encoded_as_one_segment() -> None:
    assert segment("AAk-_/A+=") == "AAk-_%2FA%2B%3D"
    assert segment("o'neil#EXT#@x.test") == "o%27neil%23EXT%23%40x.test"
    assert query({"$filter": "a eq 'x&y'", "startDateTime": "+09:00"}) == (
        "$filter=a%20eq%20%27x%26y%27&startDateTime=%2B09%3A00"
    )


def test_the_log_names_calls_and_never_tokens_or_addresses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sync.graph")
    said = Said(200, {"id": "x", "subject": "秘密"}, {"request-id": "r-1"})
    wire = Wire(said)
    wire.mailbox.get(f"/users/{segment('someone@example.test')}/events")
    assert "r-1" in caplog.text
    for secret in ("t1", "秘密", "someone"):
        assert secret not in caplog.text


# Batches.


def test_a_batch_says_everything_in_each_item_and_on_itself() -> None:
    wire = Wire(batch_of(ok))
    wire.run(Item("k", "PATCH", "/users/u/events/E", {"subject": "会議"}, if_match='W/"v"'))
    sent = wire.graph.sent[0]
    assert sent.url == "https://graph.microsoft.com/v1.0/$batch"
    assert sent.headers["Prefer"] == 'IdType="ImmutableId"'
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.timeout == BATCH_TIMEOUT
    assert sent.items == [
        {
            "id": "1",
            "method": "PATCH",
            "url": "/users/u/events/E",
            "headers": {"Prefer": READING, "Content-Type": "application/json", "If-Match": 'W/"v"'},
            "body": {"subject": "会議"},
        }
    ]


def test_twenty_at_a_time_and_answers_in_any_order() -> None:
    def shuffled(sent: Sent) -> Said:
        answers = [{"id": item["id"], **ok(item)} for item in sent.items]
        return Said(200, {"responses": answers[::-1]})

    wire = Wire(shuffled)
    replies = wire.run(*(get(f"E{n}") for n in range(45)))
    assert [len(sent.items) for sent in wire.graph.sent] == [20, 20, 5]
    assert {reply.item.key: reply.answer.body["id"] for reply in replies} == {
        f"E{n}": f"E{n}" for n in range(45)
    }
    assert (wire.mailbox.requests, wire.mailbox.batch_items) == (3, 45)


def test_a_batch_stays_below_the_size_of_a_request() -> None:
    wire = Wire(batch_of(ok))
    body = {"body": {"content": "あ" * 300_000}}
    wire.run(*(Item(str(n), "PATCH", f"/users/u/events/{n}", body) for n in range(10)))
    assert [len(sent.items) for sent in wire.graph.sent] == [3, 3, 3, 1]


def test_only_what_failed_is_sent_again_after_the_longest_wait() -> None:
    waits = {"b": "3", "c": "9"}

    def first(item: Json) -> Json:
        key = item["url"][-1]
        if key in waits:
            return {"status": 429, "headers": {"Retry-After": waits[key]}, "body": {"error": {"code": "x"}}}
        return ok(item)

    wire = Wire(batch_of(first), batch_of(ok))
    replies = wire.run(get("a"), get("b"), get("c"))
    assert [[item["url"][-1] for item in sent.items] for sent in wire.graph.sent] == [
        ["a", "b", "c"],
        ["b", "c"],
    ]
    assert wire.clock.slept == [9]
    assert [reply.item.key for reply in replies] == ["a", "b", "c"]
    assert not any(reply.was_ambiguous for reply in replies)


def test_new_items_fill_the_batch_that_repeats_failed_ones() -> None:
    def busy(item: Json) -> Json:
        return {"status": 503, "body": {}} if item["id"] == "1" else ok(item)

    wire = Wire(batch_of(busy), batch_of(ok))
    wire.run(*(get(f"E{n}") for n in range(39)))
    assert [len(sent.items) for sent in wire.graph.sent] == [20, 20]


def test_what_came_is_told_before_the_service_is_given_up() -> None:
    def half(item: Json) -> Json:
        return ok(item) if item["url"].endswith("a") else {"status": 429, "body": {"error": {"code": "T"}}}

    wire = Wire(batch_of(half))
    replies = run(wire.mailbox, [get("a"), get("b")])
    assert next(replies).item.key == "a"
    with pytest.raises(TryLater) as raised:
        next(replies)
    assert raised.value.code == "graph-throttled"
    assert len(wire.graph.sent) == 5


def test_one_item_that_always_fails_does_not_stop_the_others() -> None:
    def poisoned(item: Json) -> Json:
        return {"status": 500, "body": {"error": {"code": "X"}}} if item["url"].endswith("bad") else ok(item)

    wire = Wire(batch_of(poisoned))
    replies = wire.run(get("bad"), *(get(f"E{n}") for n in range(60)))
    statuses = {reply.item.key: reply.answer.status for reply in replies}
    assert statuses.pop("bad") == 500
    assert set(statuses.values()) == {200}


def test_when_all_of_a_batch_fail_it_is_the_service() -> None:
    wire = Wire(batch_of(lambda item: {"status": 500, "body": {}}))
    with pytest.raises(TryLater):
        wire.run(get("a"), get("b"))


@pytest.mark.parametrize(
    "lost",
    [
        requests.ReadTimeout(),
        requests.ConnectionError(),
        refusal(504, "GatewayTimeout"),
        Said(200, b"<html>"),
    ],
)
def test_a_lost_batch_is_repeated_and_remembered_as_ambiguous(lost: Answering) -> None:
    wire = Wire(lost, batch_of(ok))
    replies = wire.run(get("a"), get("b"))
    assert all(reply.was_ambiguous for reply in replies)
    assert wire.clock.slept == [1]


def test_a_throttled_batch_was_not_carried_out() -> None:
    wire = Wire(refusal(429, "TooManyRequests", Retry_After="5"), batch_of(ok))
    assert not any(reply.was_ambiguous for reply in wire.run(get("a"), get("b")))
    assert wire.clock.slept == [5]


def test_an_item_without_an_answer_is_sent_again() -> None:
    wire = Wire(Said(200, {"responses": []}), batch_of(ok))
    (reply,) = wire.run(get("a"))
    assert reply.answer.is_ok
    assert reply.was_ambiguous


@pytest.mark.parametrize("status", [400, 413])
def test_a_batch_refused_as_a_whole_is_halved_until_the_culprit_stands_alone(status: int) -> None:
    def refuse_bad(sent: Sent) -> Said:
        if any(item["url"].endswith("bad") for item in sent.items):
            return refusal(status, "BadRequest")
        return batch_of(ok)(sent)

    wire = Wire(refuse_bad)
    replies = wire.run(get("a"), get("b"), get("bad"), get("c"))
    assert {reply.item.key: reply.answer.status for reply in replies} == {
        "a": 200,
        "b": 200,
        "bad": status,
        "c": 200,
    }


def test_a_dead_token_inside_a_batch_is_renewed() -> None:
    wire = Wire(batch_of(lambda item: {"status": 401, "body": {"error": {"code": "X"}}}), batch_of(ok))
    (reply,) = wire.run(get("a"))
    assert reply.answer.is_ok
    assert [sent.headers["Authorization"] for sent in wire.graph.sent] == ["Bearer t1", "Bearer t2"]


def test_a_lone_surrogate_does_not_stop_the_batch() -> None:
    wire = Wire(batch_of(ok))
    wire.run(Item("k", "PATCH", "/x", {"subject": "a\ud800b"}))
    assert wire.graph.sent[0].items[0]["body"] == {"subject": "a?b"}
