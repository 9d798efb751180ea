"""What real CalDAV servers do otherwise than the standards say, as data (groupware.md 3.1, 3.2, 3.4).

`SERVERS` is what the setting GROUPWARE_SERVER may name. A server that nobody named is treated with all care.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

# How long changes are taken from tokens before everything is compared again: a token that died unnoticed costs at
# most this much (groupware.md 3.4, consequence 2).
COMPARED_EVERY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quirks:
    """`ignores_if_none_match`: a create overwrites what has its address, so it must look first (SOGo, Zimbra).
    `tokens_lie`: a token that it does not know any more is answered as if it were good (SOGo, Open-Xchange), so
    changes are told by the calendar's ctag. `too_large_is_412`: what is too large breaks no named condition but fails
    like an edit (Radicale). `misses_times`: a query by time leaves out events of which it cannot work out when they
    are (Radicale: a rule that it cannot read, EXDATE without a rule), so everything is read and we look at the times.
    """

    ignores_if_none_match: bool = False
    tokens_lie: bool = False
    too_large_is_412: bool = False
    misses_times: bool = False


# A server that we know nothing of: its tokens are trusted for a day, its preconditions are not.
UNKNOWN: Final = Quirks(ignores_if_none_match=True)

SERVERS: Final[Mapping[str, Quirks]] = {
    "other": UNKNOWN,
    "radicale": Quirks(too_large_is_412=True, misses_times=True),
    "xandikos": Quirks(),
    "nextcloud": Quirks(),
    "sogo": Quirks(ignores_if_none_match=True, tokens_lie=True),
    "zimbra": Quirks(ignores_if_none_match=True),
    "open-xchange": Quirks(tokens_lie=True),
}
