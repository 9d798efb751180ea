"""Which write of an organizer mails whom (sections 3.3 and 6.5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sync.sandbox.microsoft365.event import Content
from sync.sandbox.microsoft365.meeting import People, address_of
from sync.sandbox.microsoft365.parsing import READ_ONLY
from sync.sandbox.microsoft365.switches import Switches, UpdateMails

# What a calendar's owner keeps to itself: such a PATCH mails nobody.
QUIET = frozenset(
    {
        "isReminderOn",
        "reminderMinutesBeforeStart",
        "categories",
        "showAs",
        "singleValueExtendedProperties",
    }
)
NOTHING = READ_ONLY | {"transactionId"}


@dataclass(frozen=True, slots=True)
class Mailing:
    """Addresses."""

    invited: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.invited or self.updated or self.dropped)


def mails_of_change(
    before: People, after: People, written: Collection[str], differs: bool, switches: Switches
) -> Mailing:
    """New ones are invited and removed ones get a cancellation; a PATCH of more than attendees updates the others.

    `written` are the names in the body, `differs` says whether the content of the event is another now.
    """
    content = {name for name in written if name not in NOTHING and not name.startswith("@odata.")}
    names_people = "attendees" in content
    content -= {"attendees"}
    if switches.update_mails is not UpdateMails.EVERYTHING:
        content -= QUIET
    tells_all = bool(content) and (differs or switches.update_mails is not UpdateMails.CHANGED)
    tells_all |= names_people and switches.attendees_patch_mails_all
    stayed = [key for key in after if key in before]
    if not tells_all:
        stayed = [key for key in stayed if after[key]["type"] != before[key]["type"]]
    dropped = [key for key in before if key not in after]
    if not after and not switches.clearing_attendees_cancels:
        dropped = []
    return Mailing(
        tuple(address_of(after[key]) for key in after if key not in before),
        tuple(address_of(after[key]) for key in stayed),
        tuple(address_of(before[key]) for key in dropped),
    )


def is_other_content(before: Content, after: Content) -> bool:
    """Apart from who is invited, and from what is the organizer's own."""
    return shared_part(before) != shared_part(after)


def shared_part(content: Content) -> Content:
    return replace(
        content,
        attendees=(),
        is_reminder_on=True,
        reminder_minutes=0,
        categories=(),
        show_as="",
        extended={},
    )
