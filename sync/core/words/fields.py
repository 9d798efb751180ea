"""What is wrong with one field of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.core.words.message import Message

FIELDS: Final[Mapping[str, Message]] = {
    "field-unknown": Message(
        "「{field}」という項目はありません。",
        'There is no field "{field}".',
        "項目の名前（大文字と小文字）を確認するか、取り除いてください。",
        "Check its spelling and case, or leave it out.",
    ),
    "field-missing": Message(
        "「{field}」がありません。", '"{field}" is missing.', "値を入れてください。", "Give it a value."
    ),
    "field-type": Message(
        "「{field}」の型が違います（{expected}）。",
        '"{field}" has the wrong type (expected: {expected}).',
        "引用符の有無など、値の書き方を確認してください。",
        "Check how the value is written, for example its quotes.",
    ),
    "field-range": Message(
        "「{field}」は {least} から {most} までの数です。",
        '"{field}" is a number from {least} to {most}.',
        "範囲の中の数を入れてください。",
        "Give a number inside the range.",
    ),
    "field-choice": Message(
        "「{field}」に選べる値は {choices} です。",
        '"{field}" is one of {choices}.',
        "いずれかを入れてください。",
        "Give one of these.",
    ),
    "field-length": Message(
        "「{field}」の長さ（件数）は {least} から {most} までです。",
        'The length of "{field}" is from {least} to {most}.',
        "長さ（件数）を範囲に収めてください。",
        "Keep it inside these limits.",
    ),
    "field-format": Message(
        "「{field}」の書き方が正しくありません。",
        '"{field}" is not written as expected.',
        "API の説明 (/api/openapi.json) の例を見てください。",
        "See the example in /api/openapi.json.",
    ),
    "date-malformed": Message(
        "「{field}」は YYYY-MM-DD の日付です（1900年から2199年）。",
        '"{field}" is a date written YYYY-MM-DD (years 1900 to 2199).',
        "例: 2026-11-21",
        "Example: 2026-11-21",
    ),
    "window-half": Message(
        "from と to は両方を指定します。",
        "from and to are given together.",
        "両方を指定するか、両方を省略してください。",
        "Give both, or neither.",
    ),
    "window-order": Message(
        "from は to より前の日付です。",
        "from is a day before to.",
        "to は範囲の最後の翌日です。1日だけの場合は翌日を指定してください。",
        "to is the day after the last one that is synced: for one day, give the next day.",
    ),
    "window-too-long": Message(
        "範囲は {days} 日までです。",
        "The dates may span {days} days at most.",
        "範囲を短くしてください。",
        "Give a shorter range.",
    ),
    "time-zone-unknown": Message(
        "タイムゾーン「{zone}」はありません。",
        'There is no time zone "{zone}".',
        "IANA の名前で指定してください（例: Asia/Tokyo）。",
        "Give an IANA name, for example Asia/Tokyo.",
    ),
}
