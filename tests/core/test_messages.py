from __future__ import annotations

import string
from pathlib import Path

import pytest

from sync.core.messages import LONGEST_DETAIL, MESSAGES, Language, remedy, sentence

JA, EN = Language.JA, Language.EN


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", MESSAGES)
def test_both_languages_use_the_same_details(code: str) -> None:
    message = MESSAGES[code]
    assert message.ja
    assert message.en
    assert names_in(message.ja) == names_in(message.en)
    assert bool(message.remedy_ja) == bool(message.remedy_en)


@pytest.mark.parametrize("code", MESSAGES)
def test_japanese_is_japanese_and_english_is_english(code: str) -> None:
    assert any("ぁ" <= char <= "ヿ" for char in sentence(code, {}, JA))
    assert sentence(code, {}, EN).isascii()
    assert remedy(code, EN).isascii()


def test_details_stand_in_the_sentence() -> None:
    detail = {"count": "30", "limit": "20"}
    assert sentence("guard-deletes", detail, JA) == (
        "30 件の予定が削除されるため、同期を保留しました（上限 20 件）。"
    )
    assert sentence("guard-deletes", detail, EN) == (
        "The pass is held because it would delete 30 events (limit 20)."
    )


@pytest.mark.parametrize("code", [*MESSAGES, "never-heard-of", "{0}", ""])
@pytest.mark.parametrize("language", Language)
def test_a_missing_detail_never_raises(code: str, language: Language) -> None:
    assert sentence(code, {}, language)


def test_an_unknown_code_is_shown() -> None:
    assert "never-heard-of" in sentence("never-heard-of", {}, EN)
    assert remedy("never-heard-of", JA)


def test_a_detail_is_a_value_and_never_a_pattern() -> None:
    said = sentence("unknown-zone", {"zone": "{count} {0.__class__}"}, EN)
    assert "{count} {0.__class__}" in said


def test_a_detail_stays_on_one_line_and_short() -> None:
    said = sentence("unknown-zone", {"zone": "a\r\nb\u202ec\u2028" + "x" * 10_000}, EN)
    assert "a  b c x" in said
    assert len(said) < LONGEST_DETAIL + 100


def test_an_error_keeps_its_own_code_in_the_sentence() -> None:
    assert "real" in sentence("real", {"code": "real"}, EN)


def test_every_code_the_web_app_uses_has_its_words() -> None:
    import re

    web = Path(__file__).parents[2] / "sync" / "web"
    used = set()
    for file in web.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        used |= set(re.findall(r'(?:HttpProblem\(\d+, |mistake\(|_refused\(|Mistake\()"([a-z-]+)"', text))
    assert used
    assert used <= MESSAGES.keys()
