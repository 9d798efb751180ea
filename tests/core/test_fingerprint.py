"""What counts as an edit of one event."""

from __future__ import annotations

from dataclasses import replace

from sync.core.event import FIELDS, Field, Timed
from sync.core.fingerprint import digests, edited
from tests.core.samples import at, meeting


def test_a_longer_event_is_an_edit_of_its_time() -> None:
    base = digests(meeting())
    longer = replace(meeting(), span=Timed(at(24, 10), at(24, 12)))
    assert edited(longer, base, FIELDS) == {Field.TIME}


def test_the_same_instants_in_another_form_of_the_same_zone_are_no_edit() -> None:
    assert edited(meeting(), digests(meeting()), FIELDS) == frozenset()
