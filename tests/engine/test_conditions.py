from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.settings import Direction, OrganizationSettings, ParticipantsMode, PersonSettings, effective
from sync.engine.conditions import rules_fingerprint

COMMON = OrganizationSettings()


def fingerprint(common: OrganizationSettings) -> str:
    return rules_fingerprint(common, effective(common, PersonSettings()))


@pytest.mark.parametrize(
    "change",
    [
        {"participants": ParticipantsMode.APPOINTMENTS},
        {"max_mails": 51},
        {"direction": Direction.TO_OUTLOOK},
        {"excluded_types": frozenset({"休み"})},
        {"categories": {"来客": "Visitors"}},
        {"past_events": False},
        {"time_zone": "Europe/Berlin"},
    ],
    ids=str,
)
def test_after_a_change_of_what_is_synced_everything_is_read_again(change: Any) -> None:
    assert fingerprint(replace(COMMON, **change)) != fingerprint(COMMON)


@pytest.mark.parametrize("change", [{"interval": 15}, {"manual": False}, {"max_deletes": 5}], ids=str)
def test_other_settings_leave_the_reading_where_it_is(change: Any) -> None:
    assert fingerprint(replace(COMMON, **change)) == fingerprint(COMMON)
