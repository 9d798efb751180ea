"""What else stands in a resource, and what becomes of it when the property beside it changes.

Everything that the neutral event does not have stays where it is. Only what repeats the changed property in other
words goes, since it would contradict it.
"""

from __future__ import annotations

from typing import Final

from sync.core.event import Field

# Of texts: another representation of the old text (RFC 5545 3.2.1).
STALE_PARAMETERS: Final = ("ALTREP",)
# The same in HTML, as Outlook and Thunderbird write it, and as RFC 9073 6.5 does.
STALE_PROPERTIES: Final = {Field.BODY: ("X-ALT-DESC", "STYLED-DESCRIPTION")}
# What a changed occurrence does not have in common with its series.
OF_SERIES_ONLY: Final = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")
