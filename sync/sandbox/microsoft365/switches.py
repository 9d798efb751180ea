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


class SeriesVersions(StrEnum):
    """Whose etag and changeKey move when one date of a series changes."""

    WITH_MASTER = "withMaster"  # the exception's and the master's
    ALONE = "alone"  # the exception's
    WHOLE_SERIES = "wholeSeries"  # those of the other exceptions too, and all of them with the master


class AttendeePatch(StrEnum):
    """What PATCH of time or text does to the copy of somebody who is not the organizer."""

    LOCAL = "local"  # 200; lost with the organizer's next update
    DENIED = "denied"  # 403
    REFUSED = "refused"  # 400


class UpdateMails(StrEnum):
    """Which PATCH of a meeting mails all its attendees."""

    CONTENT = "content"  # one with anything but attendees and the organizer's own settings
    CHANGED = "changed"  # such a one, if it says something new
    EVERYTHING = "everything"  # every one with anything but attendees


class TokenWithoutConsent(StrEnum):
    """What the token endpoint answers an application of this tenant that nobody consented to."""

    NO_ROLES = "noRoles"  # a token, and Graph refuses it
    REFUSED = "refused"  # 65001


class CancelledPrefix(StrEnum):
    ENGLISH = "Canceled: "
    JAPANESE = "キャンセル済み: "


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
    unfit_start_moves: bool = switch(
        True, "3.2", "a start that the pattern does not hit moves to the first date it hits; else 400"
    )
    overlapping_occurrences_refused: bool = switch(
        True,
        "3.4",
        "a series whose occurrences overlap, and a date that would overlap its neighbours, answer 400",
    )
    exception_keeps_id: bool = switch(True, "3.3", "an occurrence keeps its id when it becomes an exception")
    exceptions_follow_master: bool = switch(
        True, "3.3", "a change of the master reaches the fields that an exception does not override"
    )
    exceptions_follow_attendees: bool = switch(
        True,
        "3.3",
        "who is added to or removed from a series is so on dates with attendees of their own as well",
    )
    equal_values_override: bool = switch(
        False, "3.3", "a value that is written to an occurrence overrides even if it is the series' own"
    )
    series_versions: SeriesVersions = switch(
        SeriesVersions.WITH_MASTER, "3.3", "the versions that move when one date changes"
    )
    moved_neighbours_bound: bool = switch(
        False, "3.3", "a moved neighbour bounds by where it stands too, not only by its date in the pattern"
    )
    pattern_change_drops_exceptions: bool = switch(
        True, "3.3", "a changed recurrence, start or end of the master drops exceptions and cancelled dates"
    )
    unchanged_pattern_drops_exceptions: bool = switch(
        False, "3.3", "so does a recurrence, start or end that is sent but says what stands there already"
    )
    recurrence_can_be_removed: bool = switch(
        True, "3.3", "PATCH of recurrence null makes a series a single event; else 400"
    )
    occurrence_recurrence_refused: bool = switch(
        True, "3.3", "PATCH of recurrence on an occurrence answers 400, else it is ignored"
    )
    deleted_occurrence_not_found: bool = switch(
        True, "6.4", "the id of a deleted date answers 404 ErrorItemNotFound, not 400 with the name of EWS"
    )
    instances_of_single_refused: bool = switch(
        True, "4", "/instances of what is no master answers 400, not an empty list"
    )
    exceptions_expanded_by_select: bool = switch(
        True, "1.1", "$select of the master also cuts its expanded exceptions; else they are shown in full"
    )
    delta_exceptions_full: bool = switch(True, "5.2", "delta shows exceptions in full, not as skeletons")
    delta_omits_old_masters: bool = switch(
        False, "5.2", "delta leaves out the master of a series that began before the window"
    )
    attendee_copies_delay: int = switch(0, "6.5", "seconds until an attendee's mailbox knows of a write", 30)
    responses_delay: int = switch(0, "6.5", "seconds until the organizer's event knows of an answer", 30)
    copy_lists_organizer: bool = switch(False, "6.5", "attendees of a copy begin with the organizer")
    same_attendee_twice_kept: bool = switch(
        False, "6.5", "one person given twice in attendees stays there twice; invited once all the same"
    )
    extended_properties_travel: bool = switch(
        False, "1.5", "copies have the extended properties of the organizer's event"
    )
    update_mails: UpdateMails = switch(UpdateMails.CONTENT, "6.5", "which PATCH mails all attendees")
    attendees_patch_mails_all: bool = switch(
        False, "6.5", "PATCH of attendees mails all of them, not only the changed ones"
    )
    clearing_attendees_cancels: bool = switch(
        True, "6.5", "attendees [] sends cancellations, else nobody hears of it"
    )
    new_time_resets_response: bool = switch(
        False, "6.5", "another time or pattern makes the copies unanswered again"
    )
    update_revives_removed_copy: bool = switch(
        True, "6.5", "who declined or deleted its copy gets a new one with the next update"
    )
    declined_copy_removed: bool = switch(
        True, "6.5", "decline moves the copy to Deleted Items, else it stays as free"
    )
    delete_tells_organizer: bool = switch(False, "6.5", "an attendee's DELETE declines")
    attendee_patch: AttendeePatch = switch(AttendeePatch.LOCAL, "6.5", "PATCH of an attendee's copy")
    response_moves_organizer_etag: bool = switch(
        True, "6.5", "an answer gives the organizer's event a new etag and a place in its delta"
    )
    date_response_makes_exception: bool = switch(
        True, "6.5", "an answer to one date makes an exception at the organizer, else it is not kept there"
    )
    cancelled_can_be_answered: bool = switch(False, "6.5", "a cancelled meeting can be accepted, else 400")
    cancelled_prefix: CancelledPrefix = switch(
        CancelledPrefix.ENGLISH, "6.5", "what stands before the subject of a cancelled meeting"
    )
    room_written_directly: bool = switch(
        True, "6.7", "POST to a room's own calendar makes an event without any check, else 403"
    )
    rename_keeps_address: bool = switch(True, "13", "who gets another address is still found by the old one")
    empty_extended_property_kept: bool = switch(
        True,
        "1.5",
        "an extended property that was overwritten with an empty text is still read; else it is gone",
    )
    permanent_delete_mails: bool = switch(
        False, "6.1", "permanentDelete of a meeting mails cancellations to the guests, as DELETE does"
    )
    permanent_delete_cancels_copies: bool = switch(
        False, "6.1", "permanentDelete without mails cancels the guests' copies all the same; else they stay"
    )
    token_without_consent: TokenWithoutConsent = switch(
        TokenWithoutConsent.NO_ROLES, "12.4", "a token for an application of this tenant without consent"
    )
    consent_delay: int = switch(0, "12.2", "seconds until a consent shows in new tokens", 300)
    policy_delay: int = switch(
        0, "12.5", "seconds until another access policy or role of Exchange takes hold", 3600
    )
    v1_denial_has_state: bool = switch(
        False, "12.2", "an administrator's refusal on the v1 consent page brings `state` back"
    )
    sign_in_errors_redirect: bool = switch(
        True, "12.3", "a refused sign-in goes back to the redirect URI; else it ends on a page of Entra"
    )
    federation_error_names_claim: bool = switch(
        True, "12.4", "the number says which claim no federated credential fits; else 70021 for all of them"
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
