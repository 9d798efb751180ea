"""What the reference only assumes about the live service, as named switches.

The default is the reference's assumption; a client has to survive every other setting too. `section` names the place
in the reference, `alternatives` the other settings worth running.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any


class SameTransaction(StrEnum):
    """A POST whose transactionId is known, with other content."""

    FIRST = "first"  # 201 with the first event, unchanged
    ERROR = "error"  # 409


class TransactionAfterDelete(StrEnum):
    """A POST whose transactionId belongs to an event that was deleted."""

    ANEW = "anew"  # a new event
    DELETED = "deleted"  # 201 with the dead event's id
    ERROR = "error"  # 409


class TooLong(StrEnum):
    CUT = "cut"
    REFUSE = "refuse"


class Semicolon(StrEnum):
    KEEP = "keep"  # one location
    SPLIT = "split"  # one entry of `locations` per part


class ZoneName(StrEnum):
    WINDOWS = "windows"
    IANA = "iana"


class ForeignId(StrEnum):
    """The id of another mailbox."""

    NOT_FOUND = "notFound"
    ROUTING_HINT = "routingHint"


class UnknownUser(StrEnum):
    """Nobody of that name in the path of a mailbox."""

    INVALID_USER = "invalidUser"
    RESOURCE_NOT_FOUND = "resourceNotFound"


class PageTooLarge(StrEnum):
    CLAMP = "clamp"
    REFUSE = "refuse"


def switch(default: Any, section: str, meaning: str, *alternatives: Any) -> Any:
    """A dataclass field; a boolean needs no alternatives, an enum has its other members."""
    if not alternatives:
        others = (
            [not default] if isinstance(default, bool) else [m for m in type(default) if m is not default]
        )
        alternatives = tuple(others)
    return field(
        default=default, metadata={"section": section, "meaning": meaning, "alternatives": alternatives}
    )


# ruff: noqa: RUF009 (`switch` answers a dataclass field)
@dataclass(frozen=True, slots=True)
class Switches:
    if_match_honoured: bool = switch(True, "6.3", "If-Match with an old etag answers 412")
    transaction_id_conflict: SameTransaction = switch(SameTransaction.FIRST, "6.2", "other content, same key")
    transaction_id_after_delete: TransactionAfterDelete = switch(
        TransactionAfterDelete.ANEW, "6.2", "same key after the event was deleted"
    )
    location_semicolon: Semicolon = switch(Semicolon.KEEP, "1.3", "`;` in a lone displayName")
    long_subject: TooLong = switch(TooLong.CUT, "1.2", "a subject of more than 255 characters")
    long_location: TooLong = switch(TooLong.CUT, "1.2", "a location name of more than 255 characters")
    missing_subject_reads_null: bool = switch(
        True, "1.1", "an event without subject reads null, not an empty text"
    )
    delete_again_404: bool = switch(True, "6.1", "a second DELETE answers 404, not 204")
    prefer_timezone_sticky: bool = switch(
        False, "5.1", "a delta round remembers the zone of its first request"
    )
    batch_item_prefer_needed: bool = switch(True, "8", "Prefer of the outer request does not reach the items")
    body_preference_in_delta: bool = switch(True, "5.1", "outlook.body-content-type works on delta")
    delta_all_day_window_uses_instants: bool = switch(
        True, "1.4", "delta tests all-day events by real instants"
    )
    delta_top_ignored: bool = switch(True, "5.1", "$top has no effect on delta")
    large_page: PageTooLarge = switch(PageTooLarge.CLAMP, "4", "a page size above 1000")
    window_edge_inclusive: bool = switch(True, "4", "an event that ends at the start of the window is listed")
    tombstone_has_type: bool = switch(True, "5.2", "@removed items carry @odata.type")
    dead_series_buries_occurrences: bool = switch(
        False, "5.2", "a deleted series has one tombstone per occurrence as well"
    )
    iana_zone_read_back: ZoneName = switch(ZoneName.WINDOWS, "2", "the name an IANA zone is read back with")
    text_from_html_rewraps: bool = switch(True, "1.3", "text made from HTML has its lines wrapped anew")
    trailing_whitespace_kept: bool = switch(False, "1.3", "blanks at the end of body lines survive")
    sub_minute_kept: bool = switch(True, "1.3", "seconds of start and end survive")
    unknown_categories_kept: bool = switch(True, "1.1", "categories that the mailbox does not know are kept")
    negative_reminder_refused: bool = switch(True, "1.2", "a negative reminder answers 400")
    empty_all_day_refused: bool = switch(
        True, "1.4", "an all-day event that ends where it starts answers 400"
    )
    all_day_shows_free: bool = switch(False, "1.1", "an all-day event without showAs reads free, not busy")
    read_only_ignored: bool = switch(True, "6.1", "read-only properties in a body are ignored, not refused")
    just_created_missing_from_lists: int = switch(0, "4", "how many lists miss a new event", 1, 3)
    etag_differs_from_change_key: bool = switch(False, "1.1", "the etag holds another text than changeKey")
    preference_applied_shows_id_type: bool = switch(True, "7", "Preference-Applied confirms IdType")
    foreign_id: ForeignId = switch(ForeignId.NOT_FOUND, "4", "an id of another mailbox")
    unknown_user: UnknownUser = switch(UnknownUser.INVALID_USER, "6.4", "nobody of that name")
    throttled_as_503: bool = switch(False, "9", "MailboxConcurrency answers 503 instead of 429")
    short_months_use_last_day: bool = switch(
        True, "3.1", "dayOfMonth 31 falls on the last day of short months"
    )

    @classmethod
    def all_defaults(cls) -> Switches:
        return cls()

    @classmethod
    def all_flipped(cls) -> Switches:
        """Every switch at its first alternative."""
        return cls(**{f.name: f.metadata["alternatives"][0] for f in fields(cls)})

    @classmethod
    def single_flips(cls) -> Iterator[tuple[str, Switches]]:
        """`("name=value", switches)` for each alternative of each switch, all others at their default."""
        for f in fields(cls):
            for value in f.metadata["alternatives"]:
                changes: dict[str, Any] = {f.name: value}
                yield f"{f.name}={value}", replace(cls(), **changes)

    @classmethod
    def describe(cls) -> dict[str, dict[str, Any]]:
        """The table of switches: section, meaning, default, alternatives."""
        return {
            f.name: {
                "section": f.metadata["section"],
                "meaning": f.metadata["meaning"],
                "default": f.default,
                "alternatives": list(f.metadata["alternatives"]),
            }
            for f in fields(cls)
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Switches:
        """Raises KeyError for an unknown name, ValueError for an unknown setting."""
        types: dict[str, Any] = {f.name: type(f.default) for f in fields(cls)}
        return cls(**{name: types[name](value) for name, value in values.items()})
