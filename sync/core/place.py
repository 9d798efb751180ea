"""A groupware's place and its detail as one line, as Outlook shows them, and the two of them out of such a line.

The place stands first: Outlook looks for the way to what its location begins with (both models show the name of the
place there, groupware.md 1). The detail follows in brackets: `本社 (5F)`; without a place it stands alone.
"""

from __future__ import annotations

from sync.core.text import canonical_place, cut, length

_OPENS, _CLOSES = " (", ")"


def joined_place(place: str, detail: str) -> str:
    """Canonical, as Outlook gives it back."""
    place, detail = canonical_place(place), canonical_place(detail)
    if not place or not detail:
        return place or detail
    return canonical_place(f"{place}{_OPENS}{detail}{_CLOSES}")


def fit_place(text: str, place_limit: int, detail_limit: int) -> str:
    """The line as it is shown after it was stored; cut where neither the place nor both can hold it."""
    if length(text) <= place_limit or _fitting(text, place_limit, detail_limit) is not None:
        return text
    return cut(text, place_limit)


def split_place(text: str, place: str, detail: str, place_limit: int, detail_limit: int) -> tuple[str, str]:
    """Place and detail that are shown as `text`; `place` and `detail` as they are now, word for word.

    Who edits one end of the line leaves the other as it is: the detail stays if the line still ends in it, the place
    if the line still begins with it. Anything else replaces both and is a place; a detail only where it is too long.
    """
    if text == joined_place(place, detail):
        return place, detail
    ending = f"{_OPENS}{canonical_place(detail)}{_CLOSES}"
    beginning = f"{canonical_place(place)}{_OPENS}"
    kept_detail = text.removesuffix(ending), detail
    kept_place = place, text.removeprefix(beginning).removesuffix(_CLOSES)
    for found in (kept_detail, kept_place) if detail else ():
        if all(found) and joined_place(*found) == text and _fits(found, place_limit, detail_limit):
            return found
    if length(text) <= place_limit:
        return text, ""
    return _fitting(text, place_limit, detail_limit) or (cut(text, place_limit), "")


def _fitting(text: str, place_limit: int, detail_limit: int) -> tuple[str, str] | None:
    """A place and a detail within their limits that are shown as `text`, the shortest place first."""
    at = text.find(_OPENS)
    while at > 0 and text.endswith(_CLOSES):
        found = text[:at], text[at + len(_OPENS) : -len(_CLOSES)]
        if all(found) and joined_place(*found) == text and _fits(found, place_limit, detail_limit):
            return found
        at = text.find(_OPENS, at + 1)
    return None


def _fits(found: tuple[str, str], place_limit: int, detail_limit: int) -> bool:
    return length(found[0]) <= place_limit and length(found[1]) <= detail_limit
