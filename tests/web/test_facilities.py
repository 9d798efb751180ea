from __future__ import annotations

import pytest

from sync.core.people import People
from sync.core.settings import Connection
from sync.errors import TryLater
from tests.web.company import Company


def linked(company: Company) -> dict[str, str]:
    return dict(company.services.facilities.rooms("default"))


def put(company: Company, facility: str, address: object) -> object:
    return company.as_admin("PUT", f"/api/facilities/{facility}", {"address": address}).json


def test_all_facilities_of_the_groupware_are_listed(company: Company) -> None:
    put(company, "room-b", "room-b@x.test")
    assert company.as_admin("GET", "/api/facilities").json == {
        "facilities": [
            {"id": "room-a", "name": "第1会議室", "address": "", "isListed": True},
            {"id": "room-b", "name": "第2会議室", "address": "room-b@x.test", "isListed": True},
        ]
    }


def test_a_facility_is_linked_changed_and_unlinked(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/facilities/room-a", {"address": "Room.A@x.test"})
    assert answer.status == 200
    assert answer.json == {"id": "room-a", "name": "第1会議室", "address": "Room.A@x.test", "isListed": True}
    assert company.as_admin("GET", "/api/facilities/room-a").json == answer.json
    put(company, "room-a", "a@x.test")
    assert linked(company) == {"room-a": "a@x.test"}
    gone = company.as_admin("PUT", "/api/facilities/room-a", {"address": ""})
    assert (gone.status, gone.json["address"], linked(company)) == (200, "", {})
    assert company.as_admin("PUT", "/api/facilities/room-a", {"address": ""}).status == 200


def test_an_address_belongs_to_one_facility_and_the_other_is_named(company: Company) -> None:
    put(company, "room-a", "room@x.test")
    answer = company.as_admin("PUT", "/api/facilities/room-b", {"address": "ROOM@x.test"})
    assert (answer.status, answer.code) == (409, "facility-address-taken")
    assert "「第1会議室」" in answer.json["detailJa"]
    assert [(entry["pointer"], entry["code"]) for entry in answer.json["errors"]] == [
        ("/address", "facility-address-taken")
    ]
    assert linked(company) == {"room-a": "room@x.test"}


def test_a_facility_keeps_its_address_when_its_letter_case_is_corrected(company: Company) -> None:
    put(company, "room-a", "room@x.test")
    assert company.as_admin("PUT", "/api/facilities/room-a", {"address": "Room@x.test"}).status == 200
    assert linked(company) == {"room-a": "Room@x.test"}


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_the_groupware_does_not_list_is_not_found(company: Company, method: str) -> None:
    body = {"address": "x@x.test"} if method == "PUT" else None
    answer = company.as_admin(method, "/api/facilities/room-z", body)
    assert (answer.status, answer.code) == (404, "facility-unknown")
    assert linked(company) == {}


def test_a_facility_that_left_the_groupware_can_be_seen_and_unlinked_only(company: Company) -> None:
    """It would keep its address from every other facility."""
    put(company, "room-a", "room@x.test")
    del company.directory.things["room-a"]
    shown = company.as_admin("GET", "/api/facilities").json["facilities"]
    assert [(one["id"], one["name"], one["isListed"]) for one in shown] == [
        ("room-b", "第2会議室", True),
        ("room-a", "", False),
    ]
    taken = company.as_admin("PUT", "/api/facilities/room-b", {"address": "room@x.test"})
    assert "「room-a」" in taken.json["detailJa"]
    assert company.as_admin("PUT", "/api/facilities/room-a", {"address": "new@x.test"}).status == 404
    assert company.as_admin("PUT", "/api/facilities/room-a", {"address": ""}).status == 200
    assert company.as_admin("PUT", "/api/facilities/room-b", {"address": "room@x.test"}).status == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"address": "no address"}, "/address", "field-format"),
        ({"address": "a@b@c"}, "/address", "field-format"),
        ({"address": "@x.test"}, "/address", "field-format"),
        ({"address": "a\u200b@x.test"}, "/address", "field-format"),
        ({"address": "a" * 250 + "@x.test"}, "/address", "field-length"),
        ({"address": None}, "/address", "field-type"),
        ({}, "/address", "field-missing"),
        ({"address": "a@x.test", "name": "x"}, "/name", "field-unknown"),
    ],
)
def test_a_mistake_in_an_address_changes_nothing(
    company: Company, body: object, pointer: str, code: str
) -> None:
    put(company, "room-a", "room@x.test")
    answer = company.as_admin("PUT", "/api/facilities/room-a", body)
    assert answer.status == 422
    assert [(entry["pointer"], entry["code"]) for entry in answer.json["errors"]] == [(pointer, code)]
    assert linked(company) == {"room-a": "room@x.test"}


def test_facilities_wait_for_a_groupware_that_is_down(company: Company) -> None:
    company.directory.error = TryLater("groupware-unavailable")
    for method, path, body in (
        ("GET", "/api/facilities", None),
        ("GET", "/api/facilities/room-a", None),
        ("PUT", "/api/facilities/room-a", {"address": "a@x.test"}),
    ):
        assert company.as_admin(method, path, body).code == "groupware-unavailable"
    assert linked(company) == {}


def test_another_organization_links_the_same_room_for_itself(company: Company) -> None:
    put(company, "room-a", "room@x.test")
    token = company.token("spy", "admin", "rival")
    shown = company.client.ask("GET", "/api/facilities", token=token).json["facilities"]
    assert [one["address"] for one in shown] == ["", ""]
    answer = company.client.ask("PUT", "/api/facilities/room-b", {"address": "room@x.test"}, token=token)
    assert answer.status == 200
    assert linked(company) == {"room-a": "room@x.test"}


# -- passes of this process know the change at once -----------------------------------------------------------


def people(company: Company) -> People:
    return company.services.people.of("default")


def test_a_linked_room_is_known_to_the_next_pass(company: Company) -> None:
    assert people(company).facility_of("room@x.test") is None
    put(company, "room-a", "room@x.test")
    assert people(company).facility_of("room@x.test") == "room-a"
    put(company, "room-a", "")
    assert people(company).facility_of("room@x.test") is None


def test_people_and_settings_that_were_changed_are_known_to_the_next_pass(company: Company) -> None:
    company.services.connections.put(
        Connection("default", "kato", upn="kato@x.test", mailbox="oid-1", enabled=True)
    )
    assert people(company).user_of("kato@x.test") == "kato"
    company.as_admin("PUT", "/api/users/kato", {"email": "k.kato@x.test"})
    assert people(company).user_of("k.kato@x.test") == "kato"
    company.as_admin("POST", "/api/users/bulk", {"users": ["kato"], "enabled": False})
    assert people(company).linked == {}
    company.as_admin("PUT", "/api/users/kato", {"enabled": True})
    assert list(people(company).linked) == ["kato"]
    company.as_admin("PUT", "/api/settings", {"sync": False})
    assert people(company).linked == {}
