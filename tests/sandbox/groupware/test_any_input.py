"""Whatever is sent, the answer is the contract's and never a defect."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.sandbox.groupware import TOKEN, Groupware
from sync.sandbox.groupware.validation import READ_ONLY, WRITABLE
from sync.sandbox.inprocess import InProcess
from tests.conformance.client import Client
from tests.conformance.contract import Contract
from tests.conformance.samples import timed
from tests.sandbox.groupware.conftest import SATO, URL

# Words that mean something to the server, so that the draws get past the first check.
WORDS = [
    "",
    "timed",
    "allDay",
    "startOnly",
    "busy",
    "tentative",
    "candidate",
    "private",
    SATO,
    "u-9",
    "f-1",
    "t-1",
]
WORDS += [
    "2026-12-07",
    "2026-12-07T10:00:00",
    "2199-12-31T23:59:59",
    "1900-01-01",
    "0001-01-01",
    "Asia/Tokyo",
    "UTC",
]
WORDS += [
    "PT0S",
    "PT1H",
    "PT999999H",
    "P1D",
    "-PT1H",
    "\ud800",
    "\x00",
    "FREQ=DAILY",
    "FREQ=YEARLY;BYMONTH=2",
]
WORDS += [
    "FREQ=DAILY;UNTIL=20270101T000000Z",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;INTERVAL=0",
]
WORDS += [
    "FREQ=MONTHLY;BYMONTHDAY=31;BYSETPOS=0",
    "FREQ=DAILY;;",
    "FREQ=DAILY;COUNT=-1",
    "FREQ=DAILY\nFREQ=DAILY",
]
KEYS = [
    "userId",
    "organizationId",
    "email",
    "name",
    "response",
    "facilityId",
    "minutesBefore",
    "rrule",
    "exdates",
]
KEYS += [
    "rdates",
    "overrides",
    "start",
    "end",
    "duration",
    "title",
    "participants",
    "facilities",
    "reminders",
    "status",
    "typeId",
    "2097-03-04T10:00:00",
    "2026-12-07T10:00:00",
    "2026-12-07",
    "x/~\ud800",
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
)
words = st.sampled_from(WORDS) | st.text(max_size=5)
values = st.recursive(
    scalars | words,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | words, below, max_size=3)
    ),
    max_leaves=6,
)
names = st.sampled_from([*WRITABLE, *READ_ONLY]) | words
rules = st.sampled_from([word for word in WORDS if word.startswith("FREQ")])
series = st.fixed_dictionaries(
    {"rrule": rules | words},
    optional={
        "exdates": st.lists(words, max_size=2),
        "rdates": st.lists(words, max_size=2),
        # The start of the event is an occurrence of whatever series.
        "overrides": st.dictionaries(
            words | st.just("2097-03-04T10:00:00"),
            st.dictionaries(st.sampled_from(KEYS), words | values, max_size=2),
            max_size=2,
        ),
    },
)
changes = st.dictionaries(names, values, max_size=5) | st.fixed_dictionaries({"recurrence": series})


@pytest.fixture(scope="module")
def groupware() -> Iterator[Groupware]:
    with Groupware(seed=1) as groupware:
        groupware.add_user("佐藤")
        groupware.add_facility("第1会議室")
        groupware.add_event_type("会議")
        yield groupware


@pytest.fixture(scope="module")
def api(groupware: Groupware) -> Iterator[Client]:
    with Client(URL, TOKEN, Contract()) as client:
        client.session.mount(URL, InProcess(groupware.app))
        yield client


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes)
def test_any_event_is_taken_or_refused(api: Client, drawn: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answer = api.call("POST", "/v1/events", {**timed(SATO), **drawn}, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 201:
        event = answer.json()
        assert api.try_patch(event, drawn).status_code < 500
        listed = {"from": "2026-12-07T00:00:00Z", "to": "2026-12-08T00:00:00Z"}
        assert api.call("GET", f"/v1/users/{SATO}/events", params=listed).status_code == 200
        assert api.session.get(URL + "/").status_code == 200
        api.delete(api.get(event["id"]))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "cursor", "limit", "timeZone", "user", "embed", "id"]), words
    )
)
def test_any_question_is_answered_or_refused(api: Client, params: dict[str, str]) -> None:
    params = {name: value.encode("utf-8", "replace").decode() for name, value in params.items()}
    for path in ("/v1/users", f"/v1/users/{SATO}/events", "/v1/events", "/v1/changes", "/v1/changes/latest"):
        assert api.call("GET", path, params=params).status_code < 500


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
def test_any_header_is_taken_or_refused(api: Client, text: str) -> None:
    names = ("If-Match", "If-None-Match", "Idempotency-Key", "X-Sync-Origin", "Prefer")
    for method, body in (("PUT", timed(SATO)), ("POST", timed(SATO)), ("DELETE", None)):
        path = "/v1/events" if method == "POST" else "/v1/events/e-none"
        for name in names:
            assert api.call(method, path, body, headers={name: text}).status_code < 500
