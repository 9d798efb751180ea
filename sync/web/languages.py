"""Which of the two languages a caller reads (Accept-Language, RFC 9110 12.5.4)."""

from __future__ import annotations

from sync.core.messages import Language


def language_of(accept_language: str | None) -> Language:
    """Japanese, unless the caller ranks English above it or names only other languages."""
    if not accept_language or not accept_language.strip():
        return Language.JA
    weights: dict[str, float] = {}
    for part in accept_language[:1000].split(","):
        name, _, parameters = part.partition(";")
        primary = name.strip().lower().partition("-")[0]
        if primary:
            weights[primary] = max(_weight(parameters), weights.get(primary, 0.0))
    others = weights.get("*", 0.0)
    japanese, english = weights.get("ja", others), weights.get("en", others)
    return Language.JA if japanese > 0 and japanese >= english else Language.EN


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value.strip())
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
