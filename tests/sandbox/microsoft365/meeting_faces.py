"""What shows each switch about meetings, and what is seen at each setting; `test_both_ways` runs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sync.sandbox.microsoft365.switches import AttendeePatch, CancelledPrefix, UpdateMails
from tests.sandbox.microsoft365.office import (
    DAILY,
    GUEST,
    HANAKO,
    JIRO,
    SECOND,
    Office,
    attendee,
    copy,
    copy_id,
    has_copy,
    on,
    statuses,
)
from tests.sandbox.microsoft365.world import PROPERTY, moment, shown, timed

Face = Callable[..., Any]
A_MOMENT = timedelta(seconds=30)


def people_of_a_date_after_the_series(office: Office) -> list[str]:
    meeting = office.meet(HANAKO, recurrence=DAILY)
    office.change(
        office.taro.occurrence_id(meeting["id"], SECOND), attendees=[attendee(HANAKO), attendee(GUEST)]
    )
    office.change(meeting["id"], attendees=[attendee(HANAKO), attendee(JIRO)])
    return sorted(statuses(on(office.taro, meeting["id"], SECOND)))


def late_copy(office: Office) -> list[bool]:
    meeting = office.meet(HANAKO)
    before = has_copy(office.hanako, meeting)
    office.clock.advance(A_MOMENT)
    return [before, has_copy(office.hanako, meeting)]


def late_answer(office: Office) -> list[str]:
    meeting = office.meet(HANAKO)
    office.hanako.accept(copy_id(office.hanako, meeting))
    before = statuses(office.read(meeting["id"]))[HANAKO]
    office.clock.advance(A_MOMENT)
    return [before, statuses(office.read(meeting["id"]))[HANAKO]]


def people_of_a_copy(office: Office) -> list[str]:
    return list(statuses(copy(office.hanako, office.meet(HANAKO))))


def same_person_twice(office: Office) -> tuple[int, int, int]:
    meeting = office.meet(HANAKO, HANAKO.upper())
    return len(meeting["attendees"]), len(office.mails()), len(office.hanako.events())


def marker_of_a_copy(office: Office) -> bool:
    meeting = office.meet(HANAKO, singleValueExtendedProperties=[{"id": PROPERTY, "value": "k"}])
    expand = f"?$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    url = f"/users/{office.hanako.user.id}/events/{copy_id(office.hanako, meeting)}{expand}"
    return "singleValueExtendedProperties" in shown(office.get(url))


def mails_of_patches(office: Office) -> list[int]:
    """A new subject, the same one again, and a reminder."""
    meeting = office.meet(HANAKO)
    office.mails()
    counts = []
    for changes in ({"subject": "改題"}, {"subject": "改題"}, {"isReminderOn": False}):
        office.change(meeting["id"], **changes)
        counts.append(len(office.mails()))
    return counts


def mails_of_one_more(office: Office) -> list[tuple[str, str]]:
    meeting = office.meet(HANAKO)
    office.mails()
    office.change(meeting["id"], attendees=[attendee(HANAKO), attendee(GUEST)])
    return office.mails()


def cleared_attendees(office: Office) -> tuple[int, bool]:
    meeting = office.meet(HANAKO)
    office.mails()
    office.change(meeting["id"], attendees=[])
    return len(office.mails()), copy(office.hanako, meeting)["isCancelled"]


def answer_after_another_time(office: Office) -> tuple[str, str]:
    meeting = office.meet(HANAKO)
    office.hanako.accept(copy_id(office.hanako, meeting))
    office.change(meeting["id"], start=moment("2026-09-10T10:30:00"))
    mine = copy(office.hanako, meeting)
    return mine["responseStatus"]["response"], mine["showAs"]


def update_after_a_removal(office: Office) -> list[bool]:
    found = []
    for leave in (office.hanako.decline, office.hanako.delete):
        meeting = office.meet(HANAKO)
        leave(copy_id(office.hanako, meeting))
        office.change(meeting["id"], subject="改題")
        found.append(has_copy(office.hanako, meeting))
    return found


def declined_copy(office: Office) -> Any:
    meeting = office.meet(HANAKO)
    office.hanako.decline(copy_id(office.hanako, meeting))
    if not has_copy(office.hanako, meeting):
        return "gone"
    mine = copy(office.hanako, meeting)
    return mine["responseStatus"]["response"], mine["showAs"]


def deleted_copy(office: Office) -> tuple[str, int]:
    meeting = office.meet(HANAKO)
    office.mails()
    mine = copy_id(office.hanako, meeting)
    office.call("DELETE", f"/users/{office.hanako.user.id}/events/{mine}")
    return statuses(office.read(meeting["id"]))[HANAKO], office.tenant.outbox.count("response", step="DELETE")


def patched_copy(office: Office) -> int:
    mine = copy_id(office.hanako, office.meet(HANAKO))
    return office.patch(office.hanako, mine, subject="花子の題").status_code


def organizer_after_an_answer(office: Office) -> tuple[str, bool, int]:
    meeting = office.meet(HANAKO)
    _, link = office.delta(office.taro)
    office.hanako.accept(copy_id(office.hanako, meeting))
    after = office.read(meeting["id"])
    return (
        statuses(after)[HANAKO],
        after["@odata.etag"] != meeting["@odata.etag"],
        len(office.delta(office.taro, link)[0]),
    )


def one_date_answered(office: Office) -> tuple[str, str]:
    master = office.meet(HANAKO, recurrence=DAILY)
    mine = copy_id(office.hanako, master)
    office.hanako.accept(office.hanako.occurrence_id(mine, SECOND))
    his = on(office.taro, master["id"], SECOND)
    return his["type"], statuses(his)[HANAKO]


def cancelled_and_accepted(office: Office) -> int:
    meeting = office.meet(HANAKO)
    mine = copy_id(office.hanako, meeting)
    office.taro.cancel(meeting["id"])
    return office.act(office.hanako, mine, "accept").status_code


def subject_of_a_cancelled_one(office: Office) -> str:
    meeting = office.meet(HANAKO)
    office.taro.cancel(meeting["id"])
    return str(copy(office.hanako, meeting)["subject"])


def written_into_a_room(office: Office) -> int:
    return office.call("POST", f"/users/{office.room().user.id}/events", timed()).status_code


def old_address(office: Office) -> bool:
    office.tenant.rename_user(office.jiro.user.id, "suzuki@example.com")
    return has_copy(office.jiro, office.meet(JIRO))


MEETING_FACES: dict[str, tuple[Face, dict[Any, Any]]] = {
    "attendee_copies_delay": (late_copy, {0: [True, True], 30: [False, True]}),
    "responses_delay": (late_answer, {0: ["accepted"] * 2, 30: ["none", "accepted"]}),
    "exceptions_follow_attendees": (
        people_of_a_date_after_the_series,
        {True: sorted([GUEST, HANAKO, JIRO]), False: sorted([GUEST, HANAKO])},
    ),
    "copy_lists_organizer": (people_of_a_copy, {False: [HANAKO], True: ["taro@example.com", HANAKO]}),
    "same_attendee_twice_kept": (same_person_twice, {False: (1, 1, 1), True: (2, 1, 1)}),
    "extended_properties_travel": (marker_of_a_copy, {False: False, True: True}),
    "update_mails": (
        mails_of_patches,
        {
            UpdateMails.CONTENT: [1, 1, 0],
            UpdateMails.CHANGED: [1, 0, 0],
            UpdateMails.EVERYTHING: [1, 1, 1],
        },
    ),
    "attendees_patch_mails_all": (
        mails_of_one_more,
        {False: [("invitation", GUEST)], True: [("invitation", GUEST), ("update", HANAKO)]},
    ),
    "clearing_attendees_cancels": (cleared_attendees, {True: (1, True), False: (0, False)}),
    "new_time_resets_response": (
        answer_after_another_time,
        {False: ("accepted", "busy"), True: ("notResponded", "tentative")},
    ),
    "update_revives_removed_copy": (update_after_a_removal, {True: [True, True], False: [False, False]}),
    "declined_copy_removed": (declined_copy, {True: "gone", False: ("declined", "free")}),
    "delete_tells_organizer": (deleted_copy, {False: ("none", 0), True: ("declined", 1)}),
    "attendee_patch": (
        patched_copy,
        {AttendeePatch.LOCAL: 200, AttendeePatch.DENIED: 403, AttendeePatch.REFUSED: 400},
    ),
    "response_moves_organizer_etag": (
        organizer_after_an_answer,
        {True: ("accepted", True, 1), False: ("accepted", False, 0)},
    ),
    "date_response_makes_exception": (
        one_date_answered,
        {True: ("exception", "accepted"), False: ("occurrence", "none")},
    ),
    "cancelled_can_be_answered": (cancelled_and_accepted, {False: 400, True: 202}),
    "cancelled_prefix": (
        subject_of_a_cancelled_one,
        {CancelledPrefix.ENGLISH: "Canceled: 打合せ", CancelledPrefix.JAPANESE: "キャンセル済み: 打合せ"},
    ),
    "room_written_directly": (written_into_a_room, {True: 201, False: 403}),
    "rename_keeps_address": (old_address, {True: True, False: False}),
}
