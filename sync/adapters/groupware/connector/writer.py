"""Carries out one Write over the connector API, and says what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sync.adapters.groupware.connector.client import Client, NoAnswer, Refused, error_of, json_of, segment
from sync.adapters.groupware.connector.directory import ConnectorDirectory
from sync.adapters.groupware.connector.events import Events
from sync.adapters.groupware.connector.fields import fields_to
from sync.adapters.groupware.connector.mapping import capabilities_from
from sync.adapters.groupware.connector.people import people_to, peopled
from sync.adapters.groupware.connector.residue import FORM, SERIES
from sync.adapters.groupware.connector.series_writing import (
    Context,
    Current,
    merge_diff,
    recurrence_to,
    says_null,
)
from sync.adapters.groupware.connector.times import changed_times
from sync.core.change import Removed, Residue, Seen
from sync.core.event import Event, Field, Form, Recurrence, Timed
from sync.core.fingerprint import digests_of
from sync.core.parts import is_detail, with_parts
from sync.core.who import who_texts
from sync.core.write import Verb, Write
from sync.errors import CannotSync, Gone, Moved, SyncError
from sync.ports import Outcome

Json = dict[str, Any]


class Writer:
    def __init__(self, client: Client, directory: ConnectorDirectory, events: Events, user: str) -> None:
        self._client = client
        self._directory = directory
        self._events = events
        self._user = user

    def write(self, write: Write) -> Outcome:
        try:
            match write.verb:
                case Verb.CREATE:
                    return Outcome(write.key, self._create(write))
                case Verb.UPDATE:
                    return Outcome(write.key, self._update(write))
                case Verb.DELETE:
                    self._delete(write)
                    return Outcome(write.key)
        except (CannotSync, Moved, Gone) as error:
            return Outcome(write.key, error=error)
        except NoAnswer:
            return Outcome(write.key, error=CannotSync("groupware-failing", {"status": "none"}))
        except Refused as refused:
            meant = error_of(refused)
            if isinstance(meant, CannotSync | Moved | Gone):
                return Outcome(write.key, error=self._named(meant))
            raise meant from refused

    def _named(self, error: CannotSync | Moved | Gone) -> CannotSync | Moved | Gone:
        """The facility that was refused by its name, if the groupware tells."""
        facility = error.detail.get("facility")
        if facility is not None:
            # Its id says enough; why the event was refused must not be lost over a name.
            with suppress(SyncError):
                error.detail["facility"] = self._directory.facilities().get(facility, facility)
        return error

    # -- creating -----------------------------------------------------------------------------------------

    def _create(self, write: Write) -> Seen:
        assert write.event is not None
        body = self._new(write.event) | {"ownerId": self._user}
        if write.uid:
            body["uid"] = write.uid
        try:
            answer = self._client.send(
                "POST", "/v1/events", body=body, headers={"Idempotency-Key": write.token}
            )
        except Refused as refused:
            if refused.kind == "uid-conflict" and refused.body.get("existingId"):
                return self._existing(str(refused.body["existingId"]))
            if refused.kind == "idempotency-key-reused" and write.uid:
                # The first try carried an older state of the event; it is there, and an update follows.
                found = self._events.find([write.uid])
                if write.uid in found:
                    return found[write.uid]
            raise
        shown = self._events.must_see(json_of(answer))
        if answer.headers.get("Idempotency-Replayed") == "true":
            # The first answer again: the event may have been edited since.
            now = self._events.read([shown.id])[shown.id]
            if isinstance(now, Seen):
                return now
        return shown

    def _new(self, event: Event) -> Json:
        types = self._types_for(event)
        body = fields_to(event, self._fields, {}, self._directory.capabilities(), types, {})
        body |= people_to(event, who_texts(event))
        recurrence = recurrence_to(body, event, None, self._context(types, {}))
        return body if recurrence is None else body | {"recurrence": recurrence}

    def _existing(self, event_id: str) -> Seen:
        """Our own earlier create, or a record that others made of the same Outlook event."""
        found = self._events.read([event_id])[event_id]
        if isinstance(found, Seen):
            return found
        raise CannotSync("uid-taken")

    # -- changing -----------------------------------------------------------------------------------------

    def _update(self, write: Write) -> Seen:
        assert write.event is not None
        capabilities = self._directory.capabilities()
        if _needs_current(write) or (Field.PLACE in write.fields and _has_detail(capabilities)):
            return self._update_read(write)
        types = self._types_for(write.event)
        body = fields_to(write.event, write.fields, write.residue, capabilities, types, {})
        return self._send(write, "PATCH", body, self._condition(write), write.event)

    def _update_read(self, write: Write) -> Seen:
        """Read, and changed only in what is to be changed."""
        assert write.event is not None
        item, seen = self._events.current(write.id)
        if write.version and seen.version != write.version:
            raise Moved("event-moved")
        wanted = peopled(with_parts(seen.event, write.event, write.fields), write.event)
        types = {**self._events.types_of(item), **self._types_for(wanted)}
        residue = {FORM: item.get("form")}
        body = fields_to(wanted, write.fields, residue, self._directory.capabilities(), types, item)
        body = changed_times(item, body) | people_to(wanted, write.fields)
        current = Current(item, seen.event)
        after = recurrence_to({**item, **body}, wanted, current, self._context(types, residue))
        if after is None:
            body |= {"recurrence": None} if item.get("recurrence") is not None else {}
        elif says_null(current.recurrence, after):
            return self._send(write, "PUT", {**item, **body, "recurrence": after}, seen.version, wanted)
        elif changes := merge_diff(current.recurrence, after):
            body["recurrence"] = changes
        return self._send(write, "PATCH", body, seen.version, wanted) if body else seen

    def _send(self, write: Write, method: str, body: Json, version: str, wanted: Event) -> Seen:
        media_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"If-Match": f'"{version}"', "Content-Type": media_type}
        try:
            answer = self._client.send(method, f"/v1/events/{segment(write.id)}", body=body, headers=headers)
        except Refused as refused:
            current = refused.body.get("current")
            if refused.kind == "version-conflict" and refused.tries > 1 and isinstance(current, dict):
                seen = self._events.seen({"id": write.id, **current})
                if isinstance(seen, Seen) and _shows(seen.event, wanted, write.fields):
                    return seen  # the first try had succeeded, only its answer was lost
            raise
        return self._events.must_see(json_of(answer))

    def _delete(self, write: Write) -> None:
        try:
            headers = {"If-Match": f'"{self._condition(write)}"'}
            self._client.send("DELETE", f"/v1/events/{segment(write.id)}", headers=headers)
        except Refused as refused:
            if refused.kind != "not-found":  # gone is what was wanted
                raise

    def _condition(self, write: Write) -> str:
        if write.version:
            return write.version
        found = self._events.read([write.id])[write.id]
        if isinstance(found, Removed):
            raise Gone("gone")
        return found.version

    # -- what this groupware holds ------------------------------------------------------------------------

    @property
    def _fields(self) -> frozenset[Field]:
        return capabilities_from(self._directory.capabilities()).fields

    def _types_for(self, event: Event) -> Mapping[str, str]:
        """Event type id -> name, if a type is to be written."""
        contents = (event, *(one.event for one in (event.recurrence or Recurrence("")).overrides))
        return self._directory.event_types() if any(one.event_type for one in contents) else {}

    def _context(self, types: Mapping[str, str], residue: Residue) -> Context:
        def express(event: Event, name: Field, before: Mapping[str, Any]) -> Json:
            return fields_to(event, {name}, residue, self._directory.capabilities(), types, before)

        return Context(express, self._fields, types)


def _needs_current(write: Write) -> bool:
    """Whether the event must be read first: who takes part, its dates, or the rule they follow, are to change."""
    assert write.event is not None
    if any(is_detail(name) for name in write.fields):
        return True
    is_series = write.event.recurrence is not None or bool(write.residue.get(SERIES))
    return Field.TIME in write.fields and is_series


def _has_detail(capabilities: Mapping[str, Any]) -> bool:
    """Whether a place may have a detail, so that only the event itself tells which of the two was edited."""
    return bool(capabilities["limits"]["placeDetailMaxLength"])


def _shows(now: Event, wanted: Event, fields: Iterable[str]) -> bool:
    return digests_of(_formless(now), fields) == digests_of(_formless(wanted), fields)


def _formless(event: Event) -> Event:
    """The form is the groupware's own choice."""
    series = event.recurrence
    if series is not None:
        overrides = tuple(replace(one, event=_formless(one.event)) for one in series.overrides)
        series = replace(series, overrides=overrides)
    return replace(
        event, form=Form.TIMED if isinstance(event.span, Timed) else Form.ALL_DAY, recurrence=series
    )
