"""Reads single fields of a written event and notes what is wrong with them, in English and Japanese."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.sandbox.groupware.directory import WORDS, Directory, Kind
from sync.sandbox.groupware.problems import Findings, Reason
from sync.sandbox.groupware.switches import Switches

Json = dict[str, Any]

# One line of text, and text of several lines (line feed, carriage return and tab allowed).
NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
REFERENCES = {
    Kind.USER: Reason.UNKNOWN_USER,
    Kind.ORGANIZATION: Reason.UNKNOWN_ORGANIZATION,
    Kind.FACILITY: Reason.UNKNOWN_FACILITY,
    Kind.EVENT_TYPE: Reason.UNKNOWN_TYPE,
}
SENTENCES: Mapping[Reason, tuple[str, str]] = {
    Reason.REQUIRED: ("{} is required.", "{} を入力してください。"),
    Reason.TYPE: ("{} has the wrong type.", "{} の型が正しくありません。"),
    Reason.FORMAT: ("{} cannot be read.", "{} の形式が正しくありません。"),
    Reason.RANGE: ("{} is out of range.", "{} が範囲外です。"),
    Reason.TOO_LONG: ("{} is too long.", "{} が長すぎます。"),
    Reason.TOO_MANY: ("{} has too many entries.", "{} の件数が多すぎます。"),
    Reason.NOT_SUPPORTED: ("{} is not supported here.", "{} は対応していません。"),
    Reason.NOT_ALLOWED: (
        "{} is not allowed in this form of event.",
        "{} はこの形式の予定では指定できません。",
    ),
    Reason.UNKNOWN_FIELD: ("{} is not a field of an event.", "{} という項目はありません。"),
    Reason.UNKNOWN_ZONE: ("{} is not an IANA time zone.", "{} は IANA タイムゾーン名ではありません。"),
    Reason.UNKNOWN_TYPE: ("{} is not an event type in use.", "{} の予定種別はありません。"),
    Reason.UNKNOWN_USER: ("{} is not a user.", "{} のユーザーはいません。"),
    Reason.UNKNOWN_ORGANIZATION: ("{} is not an organization.", "{} の組織はありません。"),
    Reason.UNKNOWN_FACILITY: ("{} is not a facility.", "{} の設備はありません。"),
    Reason.CONTROL_CHARACTER: ("{} contains a control character.", "{} に制御文字が含まれています。"),
    Reason.END_BEFORE_START: ("The end is not after the start.", "終了は開始より後にしてください。"),
    Reason.DUPLICATE: ("{} is there twice.", "{} が重複しています。"),
    Reason.NO_OCCURRENCE: (
        "{} names no occurrence of the series.",
        "{} に当たる回は、この繰り返しにありません。",
    ),
    Reason.READ_ONLY: ("{} cannot be changed.", "{} は変更できません。"),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a write is held against. `before` is the event as it was; what it already names may stay, even if
    the person left or the type is no longer offered. `is_person`: made on the groupware's own screens."""

    switches: Switches
    directory: Directory
    is_person: bool = False
    before: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Reader:
    """One written event, or one occurrence of it at the JSON Pointer `root`, under one set of rules. A refused field
    reads as something harmless; the caller asks `findings` at the end."""

    written: Mapping[str, Any]
    rules: Rules
    findings: Findings = field(default_factory=Findings)
    root: str = ""

    def value(self, name: str) -> Any:
        """Null and absent are the same."""
        return self.written.get(name)

    def refuse(self, where: str, reason: Reason, detail: str = "", detail_ja: str = "") -> None:
        english, japanese = SENTENCES[reason]
        where = self.root + where
        name = where.lstrip("/")
        self.findings.add(where, reason, detail or english.format(name), detail_ja or japanese.format(name))

    def text(self, where: str, value: object, limit: int, forbidden: re.Pattern[str]) -> str:
        if not isinstance(value, str):
            self.refuse(where, Reason.TYPE)
            return ""
        if forbidden.search(value):
            self.refuse(where, Reason.CONTROL_CHARACTER)
        elif utf16_length(value) > limit:
            name = where.lstrip("/")
            detail_ja = f"{name} は {limit} 文字以内で入力してください。"
            self.refuse(where, Reason.TOO_LONG, f"{name} is longer than {limit} characters.", detail_ja)
        return value

    def line(self, name: str, limit: int) -> str:
        value = self.value(name)
        return "" if value is None else self.text(f"/{name}", value, limit, NOT_IN_A_LINE)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.value(name)
        if value is None:
            return default
        if value not in allowed and not self.keeps(name):
            values = ", ".join(allowed)
            detail_ja = f"{name} は {values} のいずれかです。"
            self.refuse(f"/{name}", Reason.NOT_SUPPORTED, f"{name} must be one of {values}.", detail_ja)
        return str(value)

    def items(self, name: str, most: int) -> list[tuple[str, Json]]:
        """The objects of an array, each with its place."""
        value = self.value(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            self.refuse(f"/{name}", Reason.TOO_MANY if isinstance(value, list) else Reason.TYPE)
            return []
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self.refuse(f"/{name}/{index}", Reason.TYPE)
        return [(f"/{name}/{index}", item) for index, item in enumerate(value) if isinstance(item, dict)]

    def members(self, where: str, item: Mapping[str, Any], known: frozenset[str]) -> None:
        for name in item:
            if name not in known:
                self.refuse(f"{where}/{escape_pointer(name)}", Reason.UNKNOWN_FIELD)

    def entry(self, where: str, kind: Kind, id_: object, kept: frozenset[object]) -> None:
        """A reference into the directory; a new one only to what exists and is in use."""
        found = self.rules.directory.find(kind, id_)
        if not isinstance(id_, str):
            self.refuse(where, Reason.TYPE)
        elif (found is None or not found["active"]) and id_ not in kept:
            english, japanese = WORDS[kind]
            detail = f"There is no {english} {id_[:64]!r}, or it is no longer in use."
            self.refuse(
                where, REFERENCES[kind], detail, f"{japanese} {id_[:64]!r} がないか、使用されていません。"
            )

    def size(self, where: str, value: Json) -> int:
        """In bytes as JSON; lone surrogates, which JSON can carry and UTF-8 cannot, are refused."""
        try:
            return len(json.dumps(value, ensure_ascii=False).encode())
        except UnicodeEncodeError:
            self.refuse(where, Reason.CONTROL_CHARACTER)
            return 0

    def keeps(self, name: str) -> bool:
        """The field has the value that the event already had."""
        return self.rules.before is not None and self.rules.before[name] == self.value(name)

    def kept(self, name: str, member: str = "") -> frozenset[object]:
        """What the event already named: in the field, or in `member` of the field's items."""
        before = self.rules.before
        if before is None:
            return frozenset()
        return frozenset(item.get(member) for item in before[name]) if member else frozenset({before[name]})


def utf16_length(text: str) -> int:
    """UTF-16 code units, the unit of `limits`. Only for text without lone surrogates."""
    return len(text) + (0 if text.isascii() else sum(character > "\uffff" for character in text))


def escape_pointer(name: str) -> str:
    """RFC 6901, and readable in any log."""
    return name.encode("utf-8", "replace").decode()[:64].replace("~", "~0").replace("/", "~1")
