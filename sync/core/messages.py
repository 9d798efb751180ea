"""What people read for a code: one sentence that says what happened, and one that says what to do.

A code and its detail travel through errors, Problems and passes; the words are chosen here, last, in the
reader's language. The words themselves stand in `words`, by what they are about. Details are names and
numbers, never content (see `errors.SyncError`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sync.core.words.diagnostics import DIAGNOSTICS
from sync.core.words.events import EVENTS
from sync.core.words.fields import FIELDS
from sync.core.words.message import Message
from sync.core.words.microsoft365 import MICROSOFT365
from sync.core.words.operations import OPERATIONS
from sync.core.words.reasons import REASONS
from sync.core.words.requests import REQUESTS
from sync.core.words.rooms import ROOMS
from sync.core.words.services import SERVICES
from sync.core.words.signin import SIGN_IN


class Language(StrEnum):
    JA = "ja"
    EN = "en"


# Details come from outside (a vendor's error code, a zone name): longer ones would drown the sentence.
LONGEST_DETAIL: Final = 200


def sentence(code: str, detail: Mapping[str, str], language: Language) -> str:
    """What happened. An unknown code is shown as it is, a missing detail as `?`; nothing here raises."""
    message = MESSAGES.get(code, _UNKNOWN)
    words = message.ja if language is Language.JA else message.en
    return words.format_map(_Details(detail, code))


def remedy(code: str, language: Language) -> str:
    """What to do about it; "" when nothing needs to be done."""
    message = MESSAGES.get(code, _UNKNOWN)
    return message.remedy_ja if language is Language.JA else message.remedy_en


class _Details(dict[str, str]):
    """Details as they may stand inside a sentence: one line, no control characters, not too long."""

    def __init__(self, detail: Mapping[str, str], code: str) -> None:
        super().__init__({name: _one_line(str(value)) for name, value in {"code": code, **detail}.items()})

    def __missing__(self, name: str) -> str:
        return "?"


def _one_line(text: str) -> str:
    # C: control, format (bidi overrides), surrogates; Zl, Zp: line and paragraph separators.
    kept = "".join(
        " " if (kind := unicodedata.category(char))[0] == "C" or kind in ("Zl", "Zp") else char
        for char in text[: LONGEST_DETAIL + 1]
    )
    return kept if len(kept) <= LONGEST_DETAIL else kept[:LONGEST_DETAIL] + "…"


_UNKNOWN: Final = Message(
    "問題が発生しました（コード: {code}）。",
    "A problem occurred (code: {code}).",
    "しばらくしても続く場合は、このコードを管理者に知らせてください。",
    "If it stays, tell the administrator this code.",
)

MESSAGES: Final[Mapping[str, Message]] = {
    **REASONS,
    **EVENTS,
    **ROOMS,
    **DIAGNOSTICS,
    **SERVICES,
    **MICROSOFT365,
    **OPERATIONS,
    **REQUESTS,
    **FIELDS,
    **SIGN_IN,
}
