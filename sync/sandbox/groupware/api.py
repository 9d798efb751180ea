"""The contract's resources (contract.yaml), translated to `Schedule`, `Directory` and `Feed`."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, g, request

from sync.sandbox.faults import Shape
from sync.sandbox.groupware.access import Access
from sync.sandbox.groupware.bookings import HOME_ZONE
from sync.sandbox.groupware.directory import Directory, Kind
from sync.sandbox.groupware.feed import EVERYONE, RETENTION_DAYS, UPSERT, Feed, Item
from sync.sandbox.groupware.idempotency import Answer, Answers, digest_of
from sync.sandbox.groupware.misbehaviour import Misbehaviour
from sync.sandbox.groupware.problems import Reason, bad_parameter, cursor_expired
from sync.sandbox.groupware.schedule import By, Schedule
from sync.sandbox.groupware.switches import Switches, capabilities
from sync.sandbox.groupware.times import is_zone, window_of, zone
from sync.sandbox.groupware.wire import (
    MERGE_PATCH,
    Json,
    idempotency_key,
    if_match,
    instant,
    json_answer,
    limit,
    origin,
    page_answer,
    read_object,
    two_conditions,
    value_answer,
    wants_minimal,
)

READ, WRITE, DIRECTORY = "schedule.read", "schedule.write", "directory.read"
MOST_IDS = 100
# How many entries a server repeats that delivers at least once.
REPLAYED = 5


class Api:
    def __init__(
        self,
        schedule: Schedule,
        answers: Answers,
        access: Access,
        switches: Switches,
        misbehaviour: Misbehaviour,
    ) -> None:
        self.schedule, self.answers, self.access = schedule, answers, access
        self.switches, self.misbehaviour = switches, misbehaviour
        self.directory: Directory = schedule.directory
        self.feed: Feed = schedule.feed

    def install(self, app: Flask) -> None:
        event, events = "/v1/events/<event_id>", "/v1/users/<user_id>/events"
        self._route(app, "GET", "/v1/capabilities", None, self.capabilities)
        for kind in Kind:
            self._route(app, "GET", f"/v1/{kind}", DIRECTORY, partial(self.entries, kind))
        self._route(app, "GET", events, READ, self.user_events)
        self._route(app, "GET", "/v1/events", READ, self.find)
        self._route(app, "POST", "/v1/events", WRITE, self.create)
        self._route(app, "GET", event, READ, self.get)
        self._route(app, "PUT", event, WRITE, self.put)
        self._route(app, "PATCH", event, WRITE, self.patch)
        self._route(app, "DELETE", event, WRITE, self.delete)
        self._route(app, "GET", "/v1/changes", READ, self.changes)
        self._route(app, "GET", "/v1/changes/latest", READ, self.latest)

    def _route(
        self, app: Flask, method: str, rule: str, scope: str | None, serve: Callable[..., Response]
    ) -> None:
        def view(**where: str) -> Response:
            g.scopes = self.access.scopes(request, scope)
            return serve(**where)

        app.add_url_rule(rule, f"{method} {rule}", view, methods=[method])

    # --- server and directory ---

    def capabilities(self) -> Response:
        return value_answer(capabilities(self.switches, HOME_ZONE, g.scopes, RETENTION_DAYS))

    def entries(self, kind: Kind) -> Response:
        after = request.args.get("cursor", "")
        if after and not after.startswith("a."):
            raise cursor_expired()
        entries = [entry for entry in self.directory.entries(kind) if not after or entry["id"] > after[2:]]
        size = self._limit()
        page = [json.dumps(entry, ensure_ascii=False) for entry in entries[:size]]
        has_more = len(entries) > size
        return page_answer(page, f"a.{entries[size - 1]['id']}" if has_more else None, has_more)

    # --- events ---

    def user_events(self, user_id: str) -> Response:
        self.schedule.check_user(user_id)
        starts, ends = instant(request, "from"), instant(request, "to")
        if ends <= starts:
            detail_ja = "to は from より後の日時にしてください。"
            raise bad_parameter("to", Reason.END_BEFORE_START, "to is not after from.", detail_ja)
        zone_name = request.args.get("timeZone", HOME_ZONE)
        if not is_zone(zone_name):
            detail = "timeZone is not a name of the IANA time zone database."
            raise bad_parameter("timeZone", Reason.UNKNOWN_ZONE, detail, "タイムゾーン名が正しくありません。")
        after = request.args.get("cursor", "")
        if after and not after.startswith("a."):
            raise cursor_expired()
        if not after and self._oddly(self.switches.empty_pages, Shape.EMPTY_FIRST_PAGE):
            return page_answer([], "a.", True)
        window = window_of(starts, ends, zone(zone_name))
        documents, last = self.schedule.in_window(user_id, window, after[2:], self._limit())
        return page_answer(documents, f"a.{last}" if last else None, last is not None)

    def find(self) -> Response:
        ids, uids = request.args.getlist("id"), request.args.getlist("uid")
        if not 1 <= len(ids) + len(uids) <= MOST_IDS:
            detail = f"1 to {MOST_IDS} values of id and uid are required."
            detail_ja = f"id と uid を合わせて 1 ~ {MOST_IDS} 件指定してください。"
            raise bad_parameter("id", Reason.RANGE, detail, detail_ja)
        return json_answer(f'{{"items":[{",".join(self.schedule.documents(ids, uids))}]}}')

    def get(self, event_id: str) -> Response:
        event = self.schedule.get(event_id)
        if request.headers.get("If-None-Match") == f'"{event["version"]}"':
            return Response(status=304, headers={"ETag": f'"{event["version"]}"'})
        return self._event(event)

    def create(self) -> Response:
        key, by = idempotency_key(request), self._by()
        # Keys belong to a client; here one token is one client.
        client = request.headers["Authorization"]
        body = read_object(request)
        digest = digest_of(body)
        with self.answers.running(client, key):
            kept = self.answers.recall(client, key, digest)
            if kept is None:
                kept = self._create_once(client, key, digest, body, by)
                replayed = False
            else:
                replayed = True
        answer = json_answer(kept.document, 201, kept.version)
        answer.headers["Location"] = f"/v1/events/{kept.event_id}"
        if replayed:
            answer.headers["Idempotency-Replayed"] = "true"
        return answer

    def _create_once(self, client: str, key: str, digest: str, body: Json, by: By) -> Answer:
        with self.schedule.store.transaction():
            event = self.schedule.create(body, by)
            answer = Answer(event["id"], event["version"], json.dumps(event, ensure_ascii=False))
            self.answers.keep(client, key, digest, answer)
        return answer

    def put(self, event_id: str) -> Response:
        by = self._by()
        is_new = request.headers.get("If-None-Match") == "*"
        if is_new and "If-Match" in request.headers:
            raise two_conditions()
        if is_new:
            answer = self._event(self.schedule.create(read_object(request), by, event_id), 201)
            answer.headers["Location"] = f"/v1/events/{event_id}"
            return answer
        version = if_match(request)
        return self._written(self.schedule.replace(event_id, read_object(request), by, version))

    def patch(self, event_id: str) -> Response:
        version = if_match(request)
        return self._written(
            self.schedule.patch(event_id, read_object(request, MERGE_PATCH), self._by(), version)
        )

    def delete(self, event_id: str) -> Response:
        self.schedule.delete(event_id, self._by(), if_match(request))
        return Response(status=204)

    # --- feed ---

    def changes(self) -> Response:
        user = self._feed_user()
        cursor = request.args.get("cursor")
        if cursor is None:
            detail = "cursor is required; take it from /v1/changes/latest."
            raise bad_parameter("cursor", Reason.REQUIRED, detail, "cursor を指定してください。")
        embeds = request.args.get("embed") == "event"
        if "embed" in request.args and not embeds:
            raise bad_parameter("embed", Reason.NOT_SUPPORTED, "embed is event.", "embed は event のみです。")
        seq, size = self.feed.position(cursor, user), self._limit()
        with self.schedule.store.reading():
            items, after, has_more = self.feed.read(seq, size, user, coalesces=self.switches.coalesces)
            if (
                items
                and not cursor.endswith("~")
                and self._oddly(self.switches.empty_pages, Shape.EMPTY_FIRST_PAGE)
            ):
                return page_answer([], cursor + "~", True)
            items = self._repeated(items, seq, user)
            texts = [item.to_json(self._embedded(item, user, embeds), embeds) for item in items]
        return page_answer(texts, after, has_more)

    def latest(self) -> Response:
        return value_answer({"cursor": self.feed.latest(self._feed_user())})

    def _repeated(self, items: list[Item], seq: int, user: str) -> list[Item]:
        if self._oddly(self.switches.feed_replays, Shape.REPLAY):
            items = self.feed.before(seq, REPLAYED, user) + items
        if self._oddly(self.switches.feed_duplicates, Shape.DUPLICATE):
            items = [item for item in items for _ in range(2)]
        return items

    def _embedded(self, item: Item, user: str, embeds: bool) -> str | None:
        if not embeds or item.kind != UPSERT:
            return None
        return self.schedule.document(item.event_id, on_schedule_of=user or None)

    def _feed_user(self) -> str:
        user = request.args.get("user", EVERYONE)
        if "user" in request.args:
            self.schedule.check_user(user)
        return user

    # --- small things ---

    def _limit(self) -> int:
        size = limit(request, self.switches.page_default, self.switches.page_max)
        return max(1, size // 3) if self._oddly(self.switches.short_pages, Shape.SHORT_PAGE) else size

    def _oddly(self, always: bool, shape: Shape) -> bool:
        return always or self.misbehaviour.happens(shape)

    def _by(self) -> By:
        return By(origin=origin(request))

    def _written(self, event: Json) -> Response:
        if wants_minimal(request):
            return Response(status=204, headers={"ETag": f'"{event["version"]}"'})
        return self._event(event)

    def _event(self, event: Json, status: int = 200) -> Response:
        return json_answer(json.dumps(event, ensure_ascii=False), status, event["version"])
