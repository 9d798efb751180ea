from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.event import Side
from sync.core.settings import Connection, Direction, PersonSettings, State
from sync.errors import TryLater
from sync.ports import GroupwareUser, Kept, PassState
from tests.web.company import Company


def test_people_come_page_by_page_in_order(company: Company) -> None:
    for number in range(25):
        company.services.connections.put(Connection("default", f"u{number:02}"))
    seen: list[str] = []
    path = "/api/users?limit=10"
    while True:
        answer = company.as_admin("GET", path).json
        seen += [user["id"] for user in answer["users"]]
        if answer["next"] is None:
            break
        # A person who leaves between two pages must not end the listing.
        company.services.connections.delete("default", answer["next"])
        path = f"/api/users?limit=10&after={answer['next']}"
    assert seen == ["boss", "suzuki", "tanaka", *(f"u{number:02}" for number in range(25))]


def test_the_list_shows_state_and_last_pass_and_can_be_narrowed(company: Company) -> None:
    company.services.connections.update(
        company.person("suzuki"), state=State.ERROR, error="user-missing", last_pass="p1"
    )
    answer = company.as_admin("GET", "/api/users?state=error", headers=[("Accept-Language", "en")])
    [user] = answer.json["users"]
    assert (user["id"], user["state"], user["lastPass"]) == ("suzuki", "error", "p1")
    assert user["problem"]["detail"] == "Microsoft 365 has no user with this UPN."
    assert user["problem"]["remedyJa"] == "ユーザー情報連携設定の UPN を確認してください。"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "field-range"),
        ("limit=501", "field-range"),
        ("limit=x", "field-type"),
        ("state=x", "field-choice"),
    ],
)
def test_a_mistake_in_the_query_names_the_parameter(company: Company, query: str, code: str) -> None:
    [entry] = company.as_admin("GET", f"/api/users?{query}").json["errors"]
    assert (entry["parameter"], entry["code"]) == (query.partition("=")[0], code)


def test_a_person_sees_what_holds_for_it_and_what_it_may_change(company: Company) -> None:
    company.settings(interval=15, may_override_direction=True, manual=False)
    user = company.as_person("GET", "/api/users/suzuki").json
    assert user["effective"] == {
        "sync": True,
        "direction": "both",
        "automatic": True,
        "interval": 15,
        "defaultReminder": 15,
        "manual": False,
    }
    assert user["mayOverride"] == {"sync": True, "direction": True, "automatic": False, "interval": False}


def test_a_person_sets_its_reminder_and_what_may_be_overridden(company: Company) -> None:
    company.settings(may_override_automatic=True)
    body = {"settings": {"sync": False, "interval": 30, "defaultReminder": None}}
    answer = company.as_person("PUT", "/api/users/suzuki", body)
    assert (answer.status, answer.json["effective"]["interval"]) == (200, 30)
    assert company.person("suzuki").settings == PersonSettings(False, None, None, 30, None)


def test_what_is_left_out_stays_and_null_returns_to_the_common_value(company: Company) -> None:
    company.settings(may_override_direction=True)
    company.as_person("PUT", "/api/users/suzuki", {"settings": {"direction": "toOutlook"}})
    company.as_person("PUT", "/api/users/suzuki", {"settings": {"defaultReminder": 5}})
    assert company.person("suzuki").settings.direction is Direction.TO_OUTLOOK
    company.as_person("PUT", "/api/users/suzuki", {"settings": {"direction": None}})
    assert company.person("suzuki").settings.direction is None
    assert company.person("suzuki").settings.default_reminder == 5


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"upn": "a@b.test"}, "administrators-field", "upn"),
        ({"email": "a@b.test"}, "administrators-field", "email"),
        ({"enabled": False}, "administrators-field", "enabled"),
        ({"settings": {"sync": True}}, "not-overridable", "settings/sync"),
        ({"settings": {"direction": "both"}}, "not-overridable", "settings/direction"),
        ({"settings": {"automatic": None}}, "not-overridable", "settings/automatic"),
        ({"settings": {"defaultReminder": 5, "interval": 10}}, "not-overridable", "settings/interval"),
    ],
)
def test_a_person_is_told_which_field_it_may_not_change(
    company: Company, body: object, code: str, field: str
) -> None:
    company.settings(may_override_sync=False)
    before = company.person("suzuki")
    answer = company.as_person("PUT", "/api/users/suzuki", body)
    assert (answer.status, answer.code) == (403, code)
    assert f"「{field}」" in answer.json["detailJa"]
    assert answer.json["errors"][0]["pointer"] == f"/{field}"
    assert company.person("suzuki") == before


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"upn": "no address"}, "/upn", "field-format"),
        ({"upn": "a@b@c"}, "/upn", "field-format"),
        ({"upn": None}, "/upn", "field-type"),
        ({"enabled": "true"}, "/enabled", "field-type"),
        ({"settings": {"interval": 20}}, "/settings/interval", "field-choice"),
        ({"settings": {"defaultReminder": -1}}, "/settings/defaultReminder", "field-range"),
        ({"settings": {"defaultReminder": 1.5}}, "/settings/defaultReminder", "field-type"),
        ({"settings": {"direction": "sideways"}}, "/settings/direction", "field-choice"),
        ({"settings": {"default_reminder": 5}}, "/settings/default_reminder", "field-unknown"),
        ({"state": "active"}, "/state", "field-unknown"),
        ({"a/b~c": 1}, "/a~1b~0c", "field-unknown"),
        ({"settings": None}, "/settings", "field-type"),
        ({"upn": "\ud800@x.test"}, "/upn", "field-type"),
    ],
)
def test_a_mistake_in_a_person_is_named(company: Company, body: object, pointer: str, code: str) -> None:
    answer = company.as_admin("PUT", "/api/users/suzuki", body)
    assert answer.status == 422
    assert [(entry["pointer"], entry["code"]) for entry in answer.json["errors"]] == [(pointer, code)]


def test_an_administrator_links_a_person_of_the_groupware(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "mori@x.test", "enabled": True})
    assert (answer.status, answer.json["name"], answer.json["state"]) == (200, "森繁", "checking")


def test_who_is_not_in_the_groupware_cannot_be_linked(company: Company) -> None:
    assert company.as_admin("PUT", "/api/users/ghost", {"upn": "g@x.test"}).code == "user-unknown"


def test_a_person_cannot_link_itself(company: Company) -> None:
    company.directory.people.append(GroupwareUser("newbie", "新人", ""))
    token = company.token("newbie")
    answer = company.client.ask("PUT", "/api/users/newbie", {"settings": {}}, token=token)
    assert (answer.status, answer.code) == (404, "user-unknown")


def test_linking_waits_for_a_groupware_that_is_down(company: Company) -> None:
    company.directory.error = TryLater("groupware-unavailable")
    answer = company.as_admin("PUT", "/api/users/mori", {"upn": "mori@x.test"})
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "groupware-unavailable", "30")


def test_nobody_is_switched_on_without_a_upn(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/users/tanaka", {"enabled": True})
    assert (answer.status, answer.code, answer.json["errors"][0]["pointer"]) == (422, "upn-missing", "/upn")
    assert company.as_admin("PUT", "/api/users/suzuki", {"upn": ""}).code == "upn-missing"
    assert not company.person("tanaka").enabled


def test_a_mailbox_belongs_to_one_person(company: Company) -> None:
    answer = company.as_admin("PUT", "/api/users/tanaka", {"upn": "SUZUKI@x.test"})
    assert (answer.status, answer.code) == (409, "upn-taken")
    rivals = company.as_admin("PUT", "/api/users/tanaka", {"upn": "suzuki@rival.test"})
    assert rivals.status == 200


def test_a_changed_upn_is_checked_again_and_keeps_the_bound_mailbox(company: Company) -> None:
    company.services.connections.put(replace(company.person("suzuki"), mailbox="oid-1"))
    company.services.connections.update(company.person("suzuki"), state=State.ACTIVE)
    company.as_admin("PUT", "/api/users/suzuki", {"upn": "Suzuki@x.test"})
    assert company.person("suzuki").state is State.ACTIVE
    company.as_admin("PUT", "/api/users/suzuki", {"upn": "ichiro@x.test"})
    person = company.person("suzuki")
    assert (person.state, person.mailbox) == (State.CHECKING, "oid-1")


def test_switching_off_ends_the_state(company: Company) -> None:
    company.services.connections.update(company.person("suzuki"), state=State.ERROR, error="user-missing")
    answer = company.as_admin("PUT", "/api/users/suzuki", {"enabled": False})
    assert (answer.json["state"], answer.json["problem"], answer.json["effective"]["sync"]) == (
        "off",
        None,
        False,
    )


def test_many_people_are_switched_at_once_each_with_a_result(company: Company) -> None:
    company.services.connections.put(Connection("default", "kato", upn="kato@x.test"))
    body = {"users": ["kato", "tanaka", "nobody", "suzuki", "kato"], "enabled": True}
    results = company.as_admin("POST", "/api/users/bulk", body).json["results"]
    assert [(one["user"], one["ok"], (one["problem"] or {}).get("code")) for one in results] == [
        ("kato", True, None),
        ("tanaka", False, "upn-missing"),
        ("nobody", False, "user-unknown"),
        ("suzuki", True, None),
    ]
    assert (company.person("kato").enabled, company.person("kato").state) == (True, State.CHECKING)


def test_a_storage_that_fails_for_one_does_not_stop_the_others(company: Company) -> None:
    connections = company.services.connections
    get = connections.get

    def failing(organization: str, user: str) -> Connection | None:
        if user == "boss":
            raise TryLater("storage-unavailable")
        return get(organization, user)

    connections.get = failing  # type: ignore[method-assign]
    body = {"users": ["boss", "suzuki"], "enabled": False}
    results = company.as_admin("POST", "/api/users/bulk", body).json["results"]
    assert [one["ok"] for one in results] == [False, True]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"users": [], "enabled": True}, "/users", "field-length"),
        ({"users": ["u"] * 501, "enabled": True}, "/users", "field-length"),
        ({"users": ["a", 7], "enabled": True}, "/users/1", "field-type"),
        ({"users": ["a"]}, "/enabled", "field-missing"),
    ],
)
def test_a_mistake_in_a_bulk_request_is_named(
    company: Company, body: object, pointer: str, code: str
) -> None:
    answer = company.as_admin("POST", "/api/users/bulk", body)
    assert [(entry["pointer"], entry["code"]) for entry in answer.json["errors"]] == [(pointer, code)]


def test_a_persons_passes_come_newest_first(company: Company) -> None:
    first = company.pass_of("suzuki", PassState.DONE)
    company.clock.advance(60)
    second = company.pass_of("suzuki", PassState.HELD)
    answer = company.as_person("GET", "/api/users/suzuki/passes").json["passes"]
    assert [one["id"] for one in answer] == [second, first]
    assert len(company.as_person("GET", "/api/users/suzuki/passes?limit=1").json["passes"]) == 1


def test_parked_events_are_explained_and_their_times_are_the_persons_own(company: Company) -> None:
    company.park()
    [own] = company.as_person("GET", "/api/users/suzuki/problems").json["problems"]
    assert "Mars/Olympus" in own["problem"]["detailJa"]
    assert own["problem"]["remedyEn"] == "Open the event and choose a common time zone."
    assert (own["outlookId"], own["groupwareId"], own["attempts"]) == ("AAMk1", None, 2)
    assert own["starts"] is not None
    [shown] = company.as_admin("GET", "/api/users/suzuki/problems").json["problems"]
    assert shown == own | {"starts": None, "ends": None}


def test_a_person_reads_the_values_that_lost(company: Company) -> None:
    kept = Kept(
        "default", "suzuki", "p1", company.clock.now(), Side.OUTLOOK, "AAMk1", "o:1", "title", '"旧題"'
    )
    company.services.history.keep([kept, replace(kept, field="body", value="not json")])
    values = company.as_person("GET", "/api/users/suzuki/history").json["values"]
    assert [(one["field"], one["value"]) for one in values] == [("title", "旧題"), ("body", "not json")]


@pytest.mark.parametrize("rest", ["", "/passes", "/problems"])
def test_a_person_nobody_linked_is_not_found(company: Company, rest: str) -> None:
    assert company.as_admin("GET", f"/api/users/nobody{rest}").code == "user-unknown"


def test_user_ids_may_hold_anything_a_groupware_allows(company: Company) -> None:
    for user in ("鈴木 一郎", "a%b", "o'brien", "x+y@z", "bulk"):
        company.services.connections.put(Connection("default", user, name="found"))
        path = "/api/users/" + "".join(f"%{byte:02X}" for byte in user.encode())
        assert company.as_admin("GET", path).json["name"] == "found"
