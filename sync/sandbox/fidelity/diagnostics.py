"""What the report says about an event besides its outcome: every code in one place, with its words and why.

Three kinds. A *note* changes nothing a person sees (the same dates, entered in another way). A *loss* is something
that did not arrive; it makes the event "degraded". Everything else is a *fault* and makes it "wrong": codes of
the service that are not listed here, occurrences that differ, events that never settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.core.capabilities import Diagnostic
from sync.core.messages import Language, sentence


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`detail` names what it is about (a zone, a property); never content."""

    code: str
    detail: str = ""


class Outcome(StrEnum):
    IDENTICAL = "identical"
    DEGRADED = "degraded"
    WRONG = "wrong"


NOTES: Mapping[str, str] = {
    "superseded": "an older revision of the same event is in the file; the newest counts (RFC 5546 2.1.5)",
    "empty-rule": "a recurrence rule without any text; it says nothing",
    "rule-of-an-edit": "an edited occurrence repeats the series' rule; the series' own counts (RFC 5545 3.8.4.4)",
    "rule-as-dates": "the groupware holds no such rule; entered as the same dates one by one",
    "zone-as-instants": "a zone of the file's own that is like no IANA zone; entered as the same instants",
    "zone-recognised": "a zone of the file's own with the rules of an IANA zone; entered in that zone",
    "split-series": "an edit of 'this and all following'; entered as the series that a groupware splits it into",
    "own-event": "an occurrence that a groupware's series cannot hold; entered as an event of its own",
    "no-occurrence": "every occurrence is taken out of it; neither calendar shows any",
    "compared-in-part": "so many occurrences that only the first ones were compared",
}

# Lost on the way into the groupware: what the file says cannot be said there, or by nobody.
NOT_ENTERED: Mapping[str, str] = {
    "unreadable-file": "no reader can understand it: the file around it cannot be parsed",
    "not-an-event": "it has no start (RFC 5545 3.6.1)",
    "broken-property": "no reader can understand it: a property has no valid value",
    "repeated-property": "no reader can understand it: a property that may stand once stands twice",
    "mixed-date-and-time": "start and end, one a day and one a time, do not fit together (RFC 5545 3.6.1)",
    "mixed-zones": "times with and without a zone in one event, which say no instant together (RFC 5545 3.8.2.2)",
    "end-before-start": "it ends before it starts (RFC 5545 3.8.2.2)",
    "unknown-zone": "its time zone is neither described in the file nor known",
    "year-out-of-range": "outside the years 1900 to 2199 that the groupware holds",
    "rule-unreadable": "a recurrence rule that no reader can understand (RFC 5545 3.3.10)",
    "other-calendar-scale": "a rule in another calendar than the Gregorian (RFC 7529)",
    "rule-never-true": "a rule that no day fulfils",
    "nothing-takes-place": "the rule ends before the event starts",
    "cancelled": "called off: a groupware has no such events, so it is not there",
    "cancelled-occurrence": "an occurrence is called off: it is taken out of the series",
    "taken-out": "an edited occurrence that the series takes out as well",
    "duplicate-uid": "a second event with the same identifier; the first counts (RFC 5545 3.8.4.7)",
}
# Of events that are put into a CalDAV calendar as they are (`caldav`): left alone, and shown with this reason.
NOT_READ: Mapping[str, str] = {
    "server-refused": "the CalDAV server takes no such resource",
    "left-alone": "the service cannot read it, and says so by name",
}
CHANGED: Mapping[str, str] = {
    "floating-time": "a time without a zone; it is now tied to the groupware's home zone",
    "empty-day": "a day that ends where it starts; shown as that one day",
    "title-spacing": "line breaks, control characters or outer blanks of the title are gone",
}
# What the service says it cannot carry over (`core.capabilities.Diagnostic`, and codes of parked events).
SERVICE: Mapping[str, str] = {
    Diagnostic.TITLE_CUT: "the title is longer than Outlook's 255 characters",
    Diagnostic.PLACE_CUT: "the place is longer than Outlook's 255 characters",
    Diagnostic.BODY_CUT: "the text is longer than Outlook takes",
    Diagnostic.ZONE_RENAMED: "Outlook knows the time zone under another name; the same instants",
    Diagnostic.FORM_NARROWED: "Outlook has no such form of entry",
    Diagnostic.SHOW_AS_NARROWED: "Outlook has no such availability",
    Diagnostic.VISIBILITY_NARROWED: "Outlook has no such visibility",
    Diagnostic.IMPORTANCE_DROPPED: "Outlook has no such importance",
    Diagnostic.DATE_ANSWER: "the groupware keeps no answer for a single date",
    "series-as-singles": "Outlook has no such rule: every occurrence is there, as a single event",
    "occurrence-detached": "an occurrence that Outlook's series cannot hold is there as a single event",
    "no-rule": "irregular dates: every occurrence is there, as a single event",
    # A request above Exchange's limit; nothing can be done but shortening the text (graph-calendar.md 1.2).
    "too-large": "larger than Microsoft 365 takes in one request",
}
# The expander is a program too; what it is known to read against the standard, with the evidence.
EXPANDER: Mapping[str, str] = {
    # On a night when the clocks change, RFC 5545 3.8.5.3 gives all occurrences the same exact duration (DTEND), or
    # the hours of a DURATION (3.3.6). The library adds the difference of the wall times (`Series.between`).
    "expander-wall-length": "where clocks change the expander ends it by the wall clock, the standard by its length",
    "not-comparable": "the independent expander gives up on it; entered, but nothing to compare with",
}
FAULTS: Mapping[str, str] = {
    "occurrences-differ": "Outlook shows other occurrences than the expander",
    "titles-differ": "Outlook shows another title",
    "never-settles": "every pass writes it again",
    "pass-failed": "the pass ended with an error",
    "unlinked": "Outlook shows an event that belongs to none of the file",
    "reader-failed": "the reader of calendar files has an error",
    "not-compared": "entered, but in no stretch of time that was looked at",
    "groupware-refused": "the groupware refuses what was entered",
}

LOSSES: Mapping[str, str] = {**NOT_ENTERED, **NOT_READ, **CHANGED, **SERVICE, **EXPANDER}


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    codes = {finding.code for finding in findings} - NOTES.keys()
    if codes - LOSSES.keys():
        return Outcome.WRONG
    return Outcome.DEGRADED if codes else Outcome.IDENTICAL


def words(finding: Finding) -> str:
    known = {**NOTES, **LOSSES, **FAULTS}.get(finding.code)
    said = known or sentence(finding.code, {}, Language.EN)
    return f"{said} ({finding.detail})" if finding.detail else said
