"""The errors of Graph that the simulator can answer (section 6.4), one builder each."""

from __future__ import annotations


class GraphError(Exception):
    """Raised anywhere below a request; becomes the JSON error body with this status."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def item_not_found() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def malformed_id() -> GraphError:
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def incorrect_routing() -> GraphError:
    return GraphError(400, "ErrorIncorrectRoutingHint", "The item id belongs to another mailbox.")


def invalid_request(message: str) -> GraphError:
    return GraphError(400, "ErrorInvalidRequest", message)


def invalid_parameter(message: str) -> GraphError:
    return GraphError(400, "ErrorInvalidParameter", message)


def property_validation() -> GraphError:
    return GraphError(400, "ErrorPropertyValidationFailure", "At least one property failed validation.")


def body_read(message: str) -> GraphError:
    return GraphError(400, "RequestBodyRead", message)


def unreadable_json() -> GraphError:
    return GraphError(400, "UnableToReadJsonRequestPayload", "Unable to read JSON request payload.")


def bad_request(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def unknown_zone(name: str) -> GraphError:
    """Section 2; the text is the observed one, also for an empty name."""
    return GraphError(
        400,
        "TimeZoneNotSupportedException",
        f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'.",
    )


def all_day_not_midnight(which: str) -> GraphError:
    """Section 1.4; `which` is Start or End."""
    return invalid_request(f"The Event.{which} property for an all-day event needs to be set to midnight.")


def window_missing() -> GraphError:
    """Section 4."""
    return invalid_parameter(
        "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime."
    )


def window_too_wide() -> GraphError:
    """Section 4."""
    return invalid_request(
        "Your request can't be completed. The range between the start and end dates is greater than the allowed "
        "range. Maximum number of days: 1825"
    )


def irresolvable_conflict() -> GraphError:
    """Section 6.3."""
    return GraphError(
        412,
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the request does not "
        "match the current change key for the item.",
    )


def duplicate_transaction() -> GraphError:
    """Section 6.2 leaves the code open; this one was reported by github.com/alcionai/corso/issues/2490."""
    return GraphError(
        409,
        "ErrorDuplicateTransactionId",
        "Your request can't be completed. The TransactionId specified in the request has already been used to create "
        "a different event.",
    )


def occurrence_crossing_boundary() -> GraphError:
    """Section 3.3."""
    return GraphError(
        400,
        "ErrorOccurrenceCrossingBoundary",
        "Modified occurrence is crossing or overlapping adjacent occurrence.",
    )


def occurrence_too_long() -> GraphError:
    """Section 3.4: the name that EWS has for it (section 6.4)."""
    return GraphError(
        400,
        "ErrorOccurrenceTimeSpanTooBig",
        "The occurrences of this series are longer than the time between them.",
    )


def occurrence_is_deleted() -> GraphError:
    """Section 6.4: the name that EWS has for it."""
    return GraphError(
        400,
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
        "The occurrence was deleted from the recurrence.",
    )


def not_the_organizer() -> GraphError:
    """Section 6.1."""
    return invalid_request(
        "Your request can't be completed. You need to be an organizer to cancel a meeting."
    )


def organizer_cannot_respond() -> GraphError:
    """The text as clients quote it."""
    return invalid_request(
        "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer."
    )


def response_not_requested() -> GraphError:
    """The text as clients quote it; only where a response would be sent."""
    return invalid_request(
        "Your request can't be completed. The meeting organizer hasn't requested a response."
    )


def cancelled_cannot_be_answered() -> GraphError:
    return invalid_request(
        "Your request can't be completed. You can't respond to this meeting because it has been canceled."
    )


def sync_state_not_found(generation: int, highest: int, restart: str) -> GraphError:
    """Section 5.3; `restart` is the address of a fresh round."""
    return GraphError(
        410,
        "SyncStateNotFound",
        f"The sync state generation is not found; generation={generation};[highest={highest}]",
        {"Location": restart},
    )


def invalid_token(message: str = "Access token is empty or invalid.") -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": "Bearer"})


def access_denied() -> GraphError:
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def directory_denied() -> GraphError:
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def user_not_found(name: str) -> GraphError:
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )


def invalid_user(name: str) -> GraphError:
    return GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")


def resource_not_found() -> GraphError:
    return GraphError(404, "ResourceNotFound", "Resource could not be discovered.")


def no_mailbox() -> GraphError:
    return GraphError(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def too_many_at_once(retry_after: float, as_503: bool) -> GraphError:
    """Section 9; the 503 form was seen as well."""
    return GraphError(
        503 if as_503 else 429,
        "ApplicationThrottled",
        "Application is over its MailboxConcurrency limit.",
        {"Retry-After": f"{retry_after:g}"},
    )


def too_many_requests(retry_after: float) -> GraphError:
    """Section 9."""
    return GraphError(
        429, "TooManyRequests", "Too many requests for this mailbox.", {"Retry-After": f"{retry_after:g}"}
    )


def too_large() -> GraphError:
    """Section 1.2: the body of a JSON request ends at about 4 MB."""
    return GraphError(413, "RequestEntityTooLarge", "The request body is too large.")


def no_such_route(path: str) -> GraphError:
    return bad_request(f"Resource not found for the segment '{path}'.")
