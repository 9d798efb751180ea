from __future__ import annotations

import pytest

from sync.core.settings import (
    ConflictRule,
    Direction,
    OrganizationSettings,
    ParticipantsMode,
    WindowSettings,
)
from sync.core.window import BaseRange
from sync.errors import TryLater
from tests.web.company import Company


def test_a_fresh_organization_shows_the_defaults(company: Company) -> None:
    answer = company.as_admin("GET", "/api/settings").json
    assert (answer["interval"], answer["timeZone"], answer["conflict"]) == (60, "Asia/Tokyo", "newest")
    assert answer["automaticWindow"] == {"base": "thisMonth", "pastDays": 7, "futureDays": 7}
    assert (answer["participants"], answer["maxMails"]) == ("meeting", 50)
    assert (answer["keepPassesDays"], answer["keepHistoryDays"]) == (90, 365)


def test_every_setting_is_stored(company: Company) -> None:
    body = {
        "sync": False,
        "mayOverrideSync": False,
        "direction": "toGroupware",
        "mayOverrideDirection": True,
        "excludedTypes": ["休み"],
        "pastEvents": False,
        "automatic": False,
        "interval": 10,
        "mayOverrideAutomatic": True,
        "automaticWindow": {"base": "today", "pastDays": 0, "futureDays": 366},
        "manual": False,
        "manualWindow": {"base": "thisWeek", "pastDays": 1, "futureDays": 2},
        "conflict": "outlook",
        "maxDeletes": 0,
        "maxDeletePercent": 1,
        "minDeletesForPercent": 3,
        "maxMails": 0,
        "participants": "appointments",
        "keepPassesDays": 7,
        "keepHistoryDays": 3650,
        "timeZone": "Europe/Berlin",
        "categories": {"来客": "Visitors"},
    }
    answer = company.as_admin("PUT", "/api/settings", body)
    assert answer.status == 200
    assert answer.json == body | {"warnings": []}
    assert company.services.organizations.get("default") == OrganizationSettings(
        sync=False,
        may_override_sync=False,
        direction=Direction.TO_GROUPWARE,
        may_override_direction=True,
        excluded_types=frozenset({"休み"}),
        past_events=False,
        automatic=False,
        interval=10,
        may_override_automatic=True,
        automatic_window=WindowSettings(BaseRange.TODAY, 0, 366),
        manual=False,
        manual_window=WindowSettings(BaseRange.THIS_WEEK, 1, 2),
        conflict=ConflictRule.OUTLOOK,
        max_deletes=0,
        max_delete_percent=1,
        min_deletes_for_percent=3,
        max_mails=0,
        participants=ParticipantsMode.APPOINTMENTS,
        keep_passes_days=7,
        keep_history_days=3650,
        time_zone="Europe/Berlin",
        categories={"来客": "Visitors"},
    )
    assert company.as_admin("GET", "/api/settings").json == answer.json


def test_what_is_left_out_stays_as_it_was(company: Company) -> None:
    company.settings(interval=15, manual_window=WindowSettings(BaseRange.TODAY, 1, 2))
    company.as_admin("PUT", "/api/settings", {"manualWindow": {"pastDays": 30}})
    settings = company.services.organizations.get("default")
    assert settings == OrganizationSettings(interval=15, manual_window=WindowSettings(BaseRange.TODAY, 30, 2))


def test_an_unknown_event_type_is_stored_with_a_warning(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/settings", {"excludedTypes": ["休み", "出張"]})
    assert answer.json["excludedTypes"] == ["休み", "出張"]
    [warning] = answer.json["warnings"]
    assert (warning["code"], warning["pointer"]) == ("type-unknown", "/excludedTypes/1")
    assert "出張" in warning["detailJa"]


def test_settings_can_be_changed_while_the_groupware_is_down(company: Company) -> None:
    company.directory.error = TryLater("groupware-unavailable")
    answer = company.as_admin("PUT", "/api/settings", {"excludedTypes": ["休み"], "interval": 30})
    assert [warning["code"] for warning in answer.json["warnings"]] == ["types-unchecked"]
    assert company.services.organizations.get("default").interval == 30


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"interval": 20}, "/interval", "field-choice"),
        ({"interval": True}, "/interval", "field-choice"),
        ({"automaticWindow": {"pastDays": -1}}, "/automaticWindow/pastDays", "field-range"),
        ({"automaticWindow": {"futureDays": 367}}, "/automaticWindow/futureDays", "field-range"),
        ({"automaticWindow": {"base": "year"}}, "/automaticWindow/base", "field-choice"),
        ({"automaticWindow": {"days": 1}}, "/automaticWindow/days", "field-unknown"),
        ({"maxDeletePercent": 0}, "/maxDeletePercent", "field-range"),
        ({"maxDeletePercent": 101}, "/maxDeletePercent", "field-range"),
        ({"maxDeletes": -1}, "/maxDeletes", "field-range"),
        ({"maxDeletes": "20"}, "/maxDeletes", "field-type"),
        ({"maxMails": -1}, "/maxMails", "field-range"),
        ({"maxMails": 100_001}, "/maxMails", "field-range"),
        ({"maxMails": 1.5}, "/maxMails", "field-type"),
        ({"keepPassesDays": 6}, "/keepPassesDays", "field-range"),
        ({"keepPassesDays": 3651}, "/keepPassesDays", "field-range"),
        ({"keepPassesDays": None}, "/keepPassesDays", "field-type"),
        ({"keepHistoryDays": 29}, "/keepHistoryDays", "field-range"),
        ({"keepHistoryDays": 3651}, "/keepHistoryDays", "field-range"),
        ({"participants": "Meeting"}, "/participants", "field-choice"),
        ({"participants": None}, "/participants", "field-choice"),
        ({"timeZone": "Asia/Edo"}, "/timeZone", "time-zone-unknown"),
        ({"timeZone": "Asia"}, "/timeZone", "time-zone-unknown"),
        ({"timeZone": "../../etc/passwd"}, "/timeZone", "time-zone-unknown"),
        ({"timeZone": "localtime"}, "/timeZone", "time-zone-unknown"),
        ({"timeZone": ""}, "/timeZone", "time-zone-unknown"),
        ({"excludedTypes": "休み"}, "/excludedTypes", "field-type"),
        ({"excludedTypes": [""]}, "/excludedTypes/0", "field-length"),
        ({"excludedTypes": ["x"] * 101}, "/excludedTypes", "field-length"),
        ({"categories": {"来客": 1}}, "/categories/来客", "field-type"),
        ({"categories": {"": "x"}}, "/categories/", "field-length"),
        ({"timeZone": "\ud800"}, "/timeZone", "field-type"),
        ({"conflict": "loudest"}, "/conflict", "field-choice"),
        ({"sync": None}, "/sync", "field-type"),
        ({"attachments": True}, "/attachments", "field-unknown"),
    ],
)
def test_a_mistake_in_a_setting_changes_nothing(
    company: Company, body: object, pointer: str, code: str
) -> None:
    answer = company.as_admin("PUT", "/api/settings", body)
    assert answer.status == 422
    assert [(entry["pointer"], entry["code"]) for entry in answer.json["errors"]] == [(pointer, code)]
    assert company.services.organizations.get("default") == OrganizationSettings()


def test_all_mistakes_are_named_at_once(company: Company) -> None:
    body = {"interval": 1, "timeZone": "x", "maxDeletes": -1}
    answer = company.as_admin("PUT", "/api/settings", body, headers=[("Accept-Language", "en")])
    assert len(answer.json["errors"]) == 3
    assert answer.json["detail"] == "The request has 3 mistake(s)."
