"""Whether an event can be held, and how it is written down when it is: every field present, defaults filled in.

One refusal names everything that is wrong, with JSON Pointers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.sandbox.groupware.fields import read_extensions, read_plain, read_uid
from sync.sandbox.groupware.problems import Findings, Reason
from sync.sandbox.groupware.reader import Json, Reader, Rules, escape_pointer
from sync.sandbox.groupware.series import read_recurrence
from sync.sandbox.groupware.when import read_times
from sync.sandbox.groupware.who import read_facilities, read_owner, read_participants

# fmt: off
READ_ONLY = ("id", "version", "candidates", "attachments", "createdBy", "createdAt", "updatedBy", "updatedAt")
WRITABLE = (
    "uid", "title", "typeId", "status", "showAs", "importance", "form", "start", "timeZone", "duration", "end",
    "recurrence", "ownerId", "participants", "facilities", "place", "placeDetail", "visibility", "memo",
    "reminders", "extensions",
)
# fmt: on


def normalise(written: Mapping[str, Any], rules: Rules) -> Json:
    """The writable fields as they are stored. Problem `validation` or `unsupported-recurrence` otherwise."""
    reader = Reader(written, rules)
    for name in written:
        if name not in WRITABLE and name not in READ_ONLY:
            reader.refuse(f"/{escape_pointer(name)}", Reason.UNKNOWN_FIELD)
    fields = {"uid": read_uid(reader), **read_plain(reader), **read_times(reader)}
    fields["extensions"] = read_extensions(reader)
    fields["ownerId"] = read_owner(reader)
    fields["facilities"] = read_facilities(reader)
    fields["participants"] = read_participants(reader, fields["ownerId"], bool(fields["facilities"]))
    # A rule can only be judged against a start that is right.
    reader.findings.raise_if_any()
    rule_findings = Findings()
    fields["recurrence"] = read_recurrence(reader, fields, rule_findings)
    reader.findings.raise_if_any()
    rule_findings.raise_if_any("unsupported-recurrence")
    return {name: fields[name] for name in WRITABLE}
