"""Reads whose event it is, who takes part, and which facilities it books."""

from __future__ import annotations

import json

from sync.sandbox.groupware.directory import Kind
from sync.sandbox.groupware.problems import Reason
from sync.sandbox.groupware.reader import NOT_IN_A_LINE, Json, Reader

MAX_PARTICIPANTS, MAX_FACILITIES = 1000, 100
RESPONSES = ("none", "accepted", "declined", "tentative")
IDENTITIES = ("userId", "organizationId", "email")


def read_owner(reader: Reader) -> str:
    value = reader.value("ownerId")
    if value is None:
        reader.refuse("/ownerId", Reason.REQUIRED)
    else:
        reader.entry("/ownerId", Kind.USER, value, reader.kept("ownerId"))
    return str(value)


def read_participants(reader: Reader, owner: str, has_facility: bool) -> list[Json]:
    """The owner alone if nobody is named. Who comes without an answer keeps the one given before."""
    if reader.value("participants") is None:
        return [{"userId": owner, "response": "none"}]
    items = reader.items("participants", MAX_PARTICIPANTS)
    if not reader.value("participants") and not has_facility:
        reader.refuse("/participants", Reason.REQUIRED)
    seen: set[str] = set()
    for where, item in items:
        key = _identity(item)
        if key in seen:
            reader.refuse(where, Reason.DUPLICATE)
        seen.add(key)
    answers = _answers(reader)
    return [_participant(reader, where, item, answers) for where, item in items]


def _participant(reader: Reader, where: str, item: Json, answers: dict[str, str]) -> Json:
    reader.members(where, item, frozenset({*IDENTITIES, "name", "response"}))
    named = [name for name in IDENTITIES if item.get(name) is not None]
    if len(named) != 1:
        detail = "A participant has exactly one of userId, organizationId and email."
        detail_ja = "参加者には userId、organizationId、email のいずれか一つを指定してください。"
        reader.refuse(where, Reason.FORMAT, detail, detail_ja)
        return {}
    if named == ["organizationId"]:
        id_ = item["organizationId"]
        kept = reader.kept("participants", "organizationId")
        reader.entry(f"{where}/organizationId", Kind.ORGANIZATION, id_, kept)
        return {"organizationId": id_}
    is_kept = reader.rules.switches.responses or reader.rules.is_person
    response = (item.get("response") if is_kept else None) or answers.get(_identity(item), "none")
    if response not in RESPONSES:
        reader.refuse(f"{where}/response", Reason.NOT_SUPPORTED)
    if named == ["userId"]:
        kept = reader.kept("participants", "userId")
        reader.entry(f"{where}/userId", Kind.USER, item["userId"], kept)
        return {"userId": item["userId"], "response": response}
    return {**_outsider(reader, where, item), "response": response}


def _identity(item: Json) -> str:
    return json.dumps([item.get(name) for name in IDENTITIES])


def _answers(reader: Reader) -> dict[str, str]:
    """What everyone on the event has answered so far (contract.yaml, "Responses")."""
    before = reader.rules.before or {}
    return {_identity(person): person.get("response", "none") for person in before.get("participants", ())}


def _outsider(reader: Reader, where: str, item: Json) -> Json:
    email = reader.text(f"{where}/email", item["email"], 320, NOT_IN_A_LINE)
    if isinstance(item["email"], str) and "@" not in email[1:-1]:
        reader.refuse(f"{where}/email", Reason.FORMAT)
    name = item.get("name")
    return {
        "email": email,
        "name": reader.text(f"{where}/name", "" if name is None else name, 255, NOT_IN_A_LINE),
    }


def read_facilities(reader: Reader) -> list[Json]:
    """Without states: `bookings` decides those."""
    found: list[Json] = []
    for where, item in reader.items("facilities", MAX_FACILITIES):
        reader.members(where, item, frozenset({"facilityId", "state"}))
        id_ = item.get("facilityId")
        reader.entry(f"{where}/facilityId", Kind.FACILITY, id_, reader.kept("facilities", "facilityId"))
        booking = {"facilityId": id_}
        if booking in found:
            reader.refuse(where, Reason.DUPLICATE)
        found.append(booking)
    return found
