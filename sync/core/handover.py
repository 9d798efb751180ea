"""Where a person may be sent after signing in: a page of the groupware, and nowhere else. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import unquote

LONGEST_PATH: Final = 1000
LONGEST_STATE: Final = 500
# One for the address, one for a server that decodes twice; a path that is still not plain then is an attack.
DECODINGS: Final = 3


def is_return_path(path: str) -> bool:
    """Whether `path` names a page on the host that it is put behind: it begins with one "/", and no reading of it
    (browsers take "\\" for "/" and drop tabs and line ends, servers decode) makes another host of it."""
    if not 0 < len(path) <= LONGEST_PATH:
        return False
    for _ in range(DECODINGS):
        if not _is_local(path):
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False


def _is_local(path: str) -> bool:
    return path.startswith("/") and not path.startswith(("//", "/\\")) and _is_visible(path)


def is_state(state: str) -> bool:
    """Whether the groupware's own state can be given back as it came. It is opaque, and may not be left out: without
    it the groupware could not tell whether the browser that it is handed began at its own sign-in page."""
    return 0 < len(state) <= LONGEST_STATE and _is_visible(state)


def _is_visible(text: str) -> bool:
    """No control, format or separator characters, and no half surrogates."""
    return not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in text)
