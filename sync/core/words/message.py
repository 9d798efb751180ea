"""One code in words."""

from __future__ import annotations

from typing import Final, NamedTuple


class Message(NamedTuple):
    """A placeholder `{name}` takes `detail[name]`. A remedy takes none: it is always the same."""

    ja: str
    en: str
    remedy_ja: str = ""
    remedy_en: str = ""


RETRIED_JA: Final = "自動で再試行します。操作は不要です。"
RETRIED_EN: Final = "It is retried automatically. Nothing needs to be done."
