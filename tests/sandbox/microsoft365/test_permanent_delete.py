"""permanentDelete, and a marker that is overwritten with nothing: sections 1.5 and 6.1 of the reference."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft365.office import FIRST, HANAKO, SECOND, Office, copy, copy_id, has_copy, on
from tests.sandbox.microsoft365.world import PROPERTY, item, refusal, shown

DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-09-10", "numberOfOccurrences": 4},
}
EXPAND = f"?$expand=singleValueExtendedProperties($filter=id eq '{PROPERTY}')"


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_appointment_is_gone_for_good(office: Office) -> None:
    event = office.create()
    assert office.act(office.taro, event["id"], "permanentDelete").status_code == 204
    assert refusal(office.get(f"{office.events}/{event['id']}")) == (404, "ErrorItemNotFound")
    assert office.act(office.taro, event["id"], "permanentDelete").status_code == 404
    assert office.tenant.requests.count("POST", "/users/{user}/events/{event}/permanentDelete") == 2


def test_a_delta_round_tells_of_it(office: Office) -> None:
    event = office.create()
    _, link = office.delta(office.taro)
    office.act(office.taro, event["id"], "permanentDelete")
    items, _ = office.delta(office.taro, link)
    assert [each["@removed"]["reason"] for each in items] == ["deleted"]


def test_guests_hear_nothing_and_keep_their_copies(office: Office) -> None:
    meeting = office.meet()
    office.mails()
    office.act(office.taro, meeting["id"], "permanentDelete")
    assert office.mails() == []
    found = copy(office.hanako, meeting)
    assert (found["isCancelled"], found["subject"]) == (False, "打合せ")


def test_it_mails_cancellations_where_the_switch_says_so() -> None:
    office = Office(permanent_delete_mails=True)
    meeting = office.meet(HANAKO)
    office.mails()
    office.act(office.taro, meeting["id"], "permanentDelete")
    assert office.mails() == [("cancellation", HANAKO)]
    assert copy(office.hanako, meeting)["isCancelled"] is True


def test_copies_are_cancelled_without_mail_where_the_switch_says_so() -> None:
    office = Office(permanent_delete_cancels_copies=True)
    meeting = office.meet(HANAKO)
    office.mails()
    office.act(office.taro, meeting["id"], "permanentDelete")
    assert office.mails() == []
    assert copy(office.hanako, meeting)["isCancelled"] is True


def test_a_guest_who_deletes_the_copy_tells_nobody(office: Office) -> None:
    meeting = office.meet(HANAKO)
    office.mails()
    office.act(office.hanako, copy_id(office.hanako, meeting), "permanentDelete")
    assert office.mails() == []
    assert not has_copy(office.hanako, meeting)
    assert office.read(meeting["id"])["attendees"][0]["status"]["response"] == "none"


def test_one_date_of_a_series_goes_alone(office: Office) -> None:
    master = office.create(recurrence=DAILY)
    day = on(office.taro, master["id"], SECOND)["id"]
    assert office.act(office.taro, day, "permanentDelete").status_code == 204
    dates = {
        each["occurrenceId"][-10:]
        for each in office.taro.occurrences(master["id"], FIRST, FIRST.replace(day=20))
    }
    assert dates == {"2026-09-10", "2026-09-12", "2026-09-13"}


def test_a_batch_deletes_for_good_too(office: Office) -> None:
    event = office.create()
    answer = office.batch(item(1, "POST", f"{office.events}/{event['id']}/permanentDelete"))
    assert shown(answer)["responses"][0]["status"] == 204
    assert office.taro.events() == []


def test_a_marker_is_taken_off_by_an_empty_text(office: Office) -> None:
    event = office.create(singleValueExtendedProperties=[{"id": PROPERTY, "value": "m1"}])
    blank = [{"id": PROPERTY, "value": ""}]
    assert office.change(event["id"], singleValueExtendedProperties=blank).status_code == 200
    found = office.read(event["id"], EXPAND)["singleValueExtendedProperties"]
    assert [each["value"] for each in found] == [""]
    search = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'm1')"
    assert shown(office.get(f"{office.events}?$filter={search}"))["value"] == []


def test_an_empty_marker_is_gone_where_the_switch_says_so() -> None:
    office = Office(empty_extended_property_kept=False)
    event = office.create(singleValueExtendedProperties=[{"id": PROPERTY, "value": "m1"}])
    office.change(event["id"], singleValueExtendedProperties=[{"id": PROPERTY, "value": ""}])
    assert "singleValueExtendedProperties" not in office.read(event["id"], EXPAND)
