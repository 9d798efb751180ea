"""Series in the calendars of others: exceptions, missing dates, and single dates answered or cancelled (3.3, 6.5)."""

from __future__ import annotations

from datetime import date

import pytest

from sync.sandbox.microsoft365.switches import SeriesVersions
from tests.sandbox.microsoft365.office import (
    DAILY,
    FIRST,
    FOURTH,
    GUEST,
    HANAKO,
    JIRO,
    SECOND,
    THIRD,
    Office,
    attendee,
    copy,
    copy_id,
    has_copy,
    on,
    statuses,
)
from tests.sandbox.microsoft365.world import Json, moment, refusal, shown

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def office() -> Office:
    return Office()


def series(office: Office, *people: str, **more: object) -> Json:
    return office.meet(*(people or (HANAKO,)), recurrence=DAILY, **more)


def cancelled(master: Json) -> list[str]:
    return [each[-10:] for each in master["cancelledOccurrences"]]


def dates(office: Office, master: Json) -> list[str]:
    """Days on which 花子's copy stands."""
    found = office.hanako.occurrences(copy_id(office.hanako, master), FIRST, OCTOBER)
    return [each["occurrenceId"][-10:] for each in found]


def test_a_series_is_one_series_in_every_calendar(office: Office) -> None:
    master = series(office)
    mine = copy(office.hanako, master)
    assert (mine["type"], mine["recurrence"]) == ("seriesMaster", master["recurrence"])
    assert mine["iCalUId"] == master["iCalUId"]
    hers, his = on(office.hanako, mine["id"], SECOND), on(office.taro, master["id"], SECOND)
    assert (hers["type"], hers["showAs"], hers["isOrganizer"]) == ("occurrence", "tentative", False)
    assert hers["iCalUId"] == his["iCalUId"] != master["iCalUId"]


def test_an_exception_of_the_organizer_is_one_in_the_copy(office: Office) -> None:
    master = series(office)
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(
        second, subject="この日だけ", start=moment("2026-09-11T15:00:00"), end=moment("2026-09-11T16:00:00")
    )
    hers = on(office.hanako, copy_id(office.hanako, master), SECOND)
    assert (hers["type"], hers["subject"]) == ("exception", "この日だけ")
    assert hers["start"]["dateTime"] == "2026-09-11T06:00:00.0000000"
    assert hers["originalStart"] == "2026-09-11T01:00:00Z"
    assert hers["@odata.etag"] not in ('W/""', copy(office.hanako, master)["@odata.etag"])
    (listed,) = copy(office.hanako, master)["exceptionOccurrences"]
    assert listed["id"] == hers["id"]
    office.change(master["id"], subject="全体の改題", location={"displayName": "支社"})
    hers = on(office.hanako, copy_id(office.hanako, master), SECOND)
    assert (hers["subject"], hers["location"]["displayName"]) == ("この日だけ", "支社")


def test_who_is_invited_later_gets_exceptions_and_missing_dates_too(office: Office) -> None:
    master = series(office)
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="この日だけ")
    office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(master['id'], THIRD)}")
    office.change(master["id"], attendees=[attendee(HANAKO), attendee(JIRO)])
    his = copy(office.jiro, master)
    assert [each["subject"] for each in his["exceptionOccurrences"]] == ["この日だけ"]
    assert cancelled(his) == ["2026-09-12"]
    assert his["exceptionOccurrences"][0]["changeKey"]


@pytest.mark.parametrize("follows", [True, False])
def test_a_date_with_attendees_of_its_own_follows_its_series_or_not(follows: bool) -> None:
    office = Office(exceptions_follow_attendees=follows)
    master = series(office, HANAKO)
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(second, attendees=[attendee(HANAKO), attendee("x@elsewhere.example")])
    office.change(master["id"], attendees=[attendee(JIRO)])
    there = {"x@elsewhere.example", *((JIRO,) if follows else (HANAKO,))}
    assert statuses(on(office.taro, master["id"], SECOND)).keys() == there
    assert statuses(on(office.taro, master["id"], THIRD)).keys() == {JIRO}


@pytest.mark.parametrize("verb", ["DELETE", "cancel"])
def test_a_date_that_the_organizer_cancels_stays_as_a_cancelled_exception(office: Office, verb: str) -> None:
    master = series(office)
    second = office.taro.occurrence_id(master["id"], SECOND)
    if verb == "cancel":
        assert office.act(office.taro, second, "cancel", {"comment": "x"}).status_code == 202
    else:
        assert office.call("DELETE", f"{office.events}/{second}").status_code == 204
    assert cancelled(office.taro.series(master["id"])) == ["2026-09-11"]
    mine = copy(office.hanako, master)
    hers = on(office.hanako, mine["id"], SECOND)
    assert (hers["type"], hers["isCancelled"], hers["subject"]) == ("exception", True, "Canceled: 打合せ")
    assert (hers["showAs"], hers["importance"]) == ("free", "high")
    assert (mine["isCancelled"], cancelled(mine)) == (False, [])
    office.change(master["id"], subject="改題")
    assert on(office.hanako, mine["id"], SECOND)["isCancelled"]
    assert on(office.hanako, mine["id"], THIRD)["subject"] == "改題"
    office.hanako.delete(hers["id"])
    office.change(master["id"], subject="また改題")
    assert cancelled(copy(office.hanako, master)) == ["2026-09-11"]


def test_a_date_that_was_cancelled_before_the_series_is_cancelled_once(office: Office) -> None:
    master = series(office)
    office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(master['id'], SECOND)}")
    office.call("DELETE", f"{office.events}/{master['id']}")
    mine = copy_id(office.hanako, master)
    assert [on(office.hanako, mine, day)["subject"] for day in (FIRST, SECOND)] == ["Canceled: 打合せ"] * 2


def test_a_cancelled_series_is_cancelled_on_every_date(office: Office) -> None:
    master = series(office)
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="この日だけ", showAs="oof")
    office.call("DELETE", f"{office.events}/{master['id']}")
    mine = copy_id(office.hanako, master)
    assert [on(office.hanako, mine, day)["subject"] for day in (FIRST, SECOND)] == [
        "Canceled: 打合せ", "Canceled: この日だけ"
    ]  # fmt: skip
    for day in (FIRST, SECOND):
        hers = on(office.hanako, mine, day)
        assert (hers["isCancelled"], hers["showAs"], hers["importance"]) == (True, "free", "high")


def test_one_date_is_answered_alone(office: Office) -> None:
    master = series(office, HANAKO, JIRO)
    mine = copy_id(office.hanako, master)
    second = office.hanako.occurrence_id(mine, SECOND)
    assert office.act(office.hanako, second, "accept").status_code == 202
    hers = on(office.hanako, mine, SECOND)
    assert (hers["type"], hers["showAs"], hers["responseStatus"]["response"]) == (
        "exception",
        "busy",
        "accepted",
    )
    assert on(office.hanako, mine, THIRD)["responseStatus"]["response"] == "notResponded"
    assert statuses(on(office.taro, master["id"], SECOND)) == {HANAKO: "accepted", JIRO: "none"}
    assert statuses(office.read(master["id"])) == {HANAKO: "none", JIRO: "none"}
    office.change(master["id"], subject="改題")
    after = on(office.hanako, mine, SECOND)
    assert (after["subject"], after["responseStatus"]["response"], after["showAs"]) == (
        "改題",
        "accepted",
        "busy",
    )


def test_versions_move_for_what_changed_alone() -> None:
    office = Office(series_versions=SeriesVersions.ALONE)
    master = series(office)
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="この日だけ")
    mine = copy_id(office.hanako, master)

    def etags() -> list[str]:
        return [copy(office.hanako, master)["@odata.etag"], on(office.hanako, mine, SECOND)["@odata.etag"]]

    whole, date_ = etags()
    office.hanako.accept(office.hanako.occurrence_id(mine, SECOND))
    assert etags()[0] == whole
    assert etags()[1] != date_
    whole, date_ = etags()
    office.hanako.tentatively_accept(mine)
    assert etags()[0] != whole
    assert etags()[1] != date_


def test_an_answer_to_one_date_that_is_not_sent_stays_in_the_copy(office: Office) -> None:
    master = series(office)
    mine = copy_id(office.hanako, master)
    office.hanako.accept(office.hanako.occurrence_id(mine, SECOND), tell=False)
    office.change(master["id"], subject="改題")
    assert on(office.hanako, mine, SECOND)["responseStatus"]["response"] == "accepted"
    assert on(office.taro, master["id"], SECOND)["type"] == "occurrence"


def test_another_time_forgets_what_was_answered_to_single_dates(office: Office) -> None:
    master = series(office)
    mine = copy_id(office.hanako, master)
    office.hanako.accept(office.hanako.occurrence_id(mine, SECOND), tell=False)
    office.change(master["id"], start=moment("2026-09-10T10:30:00"))
    hers = on(office.hanako, mine, SECOND)
    assert (hers["type"], hers["responseStatus"]["response"]) == ("occurrence", "notResponded")


def test_a_longer_series_brings_removed_dates_back(office: Office) -> None:
    master = series(office)
    office.hanako.delete(office.hanako.occurrence_id(copy_id(office.hanako, master), FOURTH))
    office.change(master["id"], recurrence={**DAILY, "range": {**DAILY["range"], "numberOfOccurrences": 5}})
    assert len(dates(office, master)) == 5


def test_answers_to_a_date_are_kept_by_a_new_list_for_it(office: Office) -> None:
    master = series(office)
    office.hanako.accept(office.hanako.occurrence_id(copy_id(office.hanako, master), SECOND))
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(second, attendees=[attendee(HANAKO), attendee(GUEST)])
    assert statuses(on(office.taro, master["id"], SECOND)) == {HANAKO: "accepted", GUEST: "none"}


def test_an_answer_to_the_series_counts_for_every_date(office: Office) -> None:
    master = series(office)
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="この日だけ", showAs="oof")
    mine = copy_id(office.hanako, master)
    office.hanako.tentatively_accept(office.hanako.occurrence_id(mine, THIRD))
    office.hanako.accept(mine)
    for day, show_as in ((FIRST, "busy"), (SECOND, "oof"), (THIRD, "busy")):
        hers = on(office.hanako, mine, day)
        assert (hers["showAs"], hers["responseStatus"]["response"]) == (show_as, "accepted")
        assert statuses(on(office.taro, master["id"], day)) == {HANAKO: "accepted"}


def test_a_declined_or_deleted_date_is_gone_from_the_copy_alone(office: Office) -> None:
    master = series(office)
    mine = copy_id(office.hanako, master)
    office.act(office.hanako, office.hanako.occurrence_id(mine, SECOND), "decline")
    office.hanako.delete(office.hanako.occurrence_id(mine, THIRD))
    assert cancelled(copy(office.hanako, master)) == ["2026-09-11", "2026-09-12"]
    assert cancelled(office.taro.series(master["id"])) == []
    assert statuses(on(office.taro, master["id"], SECOND)) == {HANAKO: "declined"}
    assert statuses(on(office.taro, master["id"], THIRD)) == {HANAKO: "none"}
    office.change(master["id"], subject="改題")
    assert dates(office, master) == ["2026-09-10", "2026-09-13"]
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="それでも")
    assert dates(office, master) == ["2026-09-10", "2026-09-11", "2026-09-13"]
    office.change(master["id"], location={"displayName": "支社"})
    assert dates(office, master) == ["2026-09-10", "2026-09-11", "2026-09-13"]


def test_a_removed_date_stays_away_where_updates_do_not_revive() -> None:
    office = Office(update_revives_removed_copy=False)
    master = series(office)
    office.hanako.delete(office.hanako.occurrence_id(copy_id(office.hanako, master), SECOND))
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="それでも")
    assert "2026-09-11" not in dates(office, master)


def test_another_pattern_is_another_series_in_the_copies_too(office: Office) -> None:
    master = series(office)
    mine = copy_id(office.hanako, master)
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="この日だけ")
    office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(master['id'], THIRD)}")
    office.hanako.delete(office.hanako.occurrence_id(mine, FOURTH))
    office.change(master["id"], start=moment("2026-09-10T13:00:00"), end=moment("2026-09-10T14:00:00"))
    assert len(dates(office, master)) == 4
    assert copy(office.hanako, master)["exceptionOccurrences"] == []
    assert on(office.hanako, mine, SECOND)["start"]["dateTime"] == "2026-09-11T04:00:00.0000000"


def test_a_series_that_becomes_a_single_event_and_back(office: Office) -> None:
    master = series(office)
    office.change(master["id"], recurrence=None)
    assert copy(office.hanako, master)["type"] == "singleInstance"
    office.change(master["id"], recurrence=DAILY)
    assert len(dates(office, master)) == 4


def test_who_is_invited_to_one_date_has_only_that_one(office: Office) -> None:
    master = series(office)
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(second, attendees=[attendee(HANAKO), attendee(JIRO)], subject="この日だけ")
    (his,) = office.jiro.events()
    assert (his["type"], his["subject"]) == ("singleInstance", "この日だけ")
    assert his["start"]["dateTime"] == "2026-09-11T01:00:00.0000000"
    assert his["iCalUId"] == on(office.taro, master["id"], SECOND)["iCalUId"]
    office.jiro.accept(his["id"])
    assert statuses(on(office.taro, master["id"], SECOND)) == {HANAKO: "none", JIRO: "accepted"}
    office.change(second, subject="改題")
    (his,) = office.jiro.events()
    assert (his["subject"], his["responseStatus"]["response"]) == ("改題", "accepted")
    office.call("DELETE", f"{office.events}/{second}")
    (his,) = office.jiro.events()
    assert (his["isCancelled"], his["subject"]) == (True, "Canceled: 改題")


def test_a_guest_of_two_dates_answers_and_loses_them_one_by_one(office: Office) -> None:
    master = series(office)
    for day, show_as in ((SECOND, "oof"), (THIRD, "free")):
        both = [attendee(HANAKO), attendee(JIRO)]
        office.change(office.taro.occurrence_id(master["id"], day), attendees=both, showAs=show_as)
    office.change(
        office.taro.occurrence_id(master["id"], SECOND), showAs="workingElsewhere", subject="この日だけ"
    )
    second, _ = sorted(office.jiro.events(), key=lambda each: each["start"]["dateTime"])
    office.jiro.accept(second["id"])
    after = office.jiro.events()
    assert sorted(each["showAs"] for each in after) == ["tentative", "workingElsewhere"]
    assert statuses(on(office.taro, master["id"], SECOND))[JIRO] == "accepted"
    assert statuses(on(office.taro, master["id"], THIRD))[JIRO] == "none"
    office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(master['id'], SECOND)}")
    assert [each["isCancelled"] for each in office.jiro.events()] == [True, False]
    office.call("DELETE", f"{office.events}/{master['id']}")
    subjects = [each["subject"] for each in office.jiro.events()]
    assert subjects == ["Canceled: この日だけ", "Canceled: 打合せ"]


def test_the_end_of_a_series_reaches_the_guest_of_one_date(office: Office) -> None:
    master = series(office)
    office.change(
        office.taro.occurrence_id(master["id"], SECOND), attendees=[attendee(JIRO), attendee(GUEST)]
    )
    office.mails()
    office.call("DELETE", f"{office.events}/{master['id']}")
    assert sorted(office.mails()) == [("cancellation", each) for each in (GUEST, HANAKO, JIRO)]
    (his,) = office.jiro.events()
    assert his["isCancelled"]


def test_the_guest_of_one_date_who_is_invited_to_all_has_one_series(office: Office) -> None:
    master = series(office)
    office.change(
        office.taro.occurrence_id(master["id"], SECOND), attendees=[attendee(HANAKO), attendee(JIRO)]
    )
    office.change(master["id"], attendees=[attendee(HANAKO), attendee(JIRO)])
    assert [each["type"] for each in office.jiro.events()] == ["seriesMaster"]
    mine = copy_id(office.jiro, master)
    assert len(office.jiro.occurrences(mine, FIRST, OCTOBER)) == 4


def test_who_is_taken_off_one_date_has_it_cancelled(office: Office) -> None:
    master = series(office, HANAKO, JIRO)
    second = office.taro.occurrence_id(master["id"], SECOND)
    mine = copy_id(office.hanako, master)
    office.hanako.accept(office.hanako.occurrence_id(mine, SECOND))
    office.change(second, attendees=[attendee(JIRO)])
    assert on(office.hanako, mine, SECOND)["isCancelled"]
    assert not on(office.jiro, copy_id(office.jiro, master), SECOND)["isCancelled"]
    office.change(master["id"], subject="改題")
    assert on(office.hanako, mine, SECOND)["isCancelled"]
    office.change(second, attendees=[attendee(JIRO), attendee(HANAKO)])
    back = on(office.hanako, mine, SECOND)
    assert (back["isCancelled"], back["subject"], back["showAs"]) == (False, "改題", "tentative")
    assert back["responseStatus"]["response"] == "notResponded"


def test_attendees_of_the_series_reach_dates_with_a_list_of_their_own(office: Office) -> None:
    master = series(office)
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(second, attendees=[attendee(HANAKO), attendee(GUEST)])
    before = on(office.taro, master["id"], SECOND)["@odata.etag"]
    office.change(master["id"], attendees=[attendee(JIRO)])
    after = on(office.taro, master["id"], SECOND)
    assert set(statuses(after)) == {GUEST, JIRO}
    assert after["@odata.etag"] != before


def test_a_local_change_of_one_date_is_lost_with_the_next_update(office: Office) -> None:
    master = series(office)
    mine = copy_id(office.hanako, master)
    second = office.hanako.occurrence_id(mine, SECOND)
    assert office.patch(office.hanako, second, subject="花子の題").status_code == 200
    assert on(office.hanako, mine, SECOND)["subject"] == "花子の題"
    assert on(office.taro, master["id"], SECOND)["subject"] == "打合せ"
    office.change(master["id"], location={"displayName": "支社"})
    assert on(office.hanako, mine, SECOND)["subject"] == "打合せ"


def test_an_attendee_cannot_cancel_one_date(office: Office) -> None:
    master = series(office)
    second = office.hanako.occurrence_id(copy_id(office.hanako, master), SECOND)
    assert refusal(office.act(office.hanako, second, "cancel")) == (400, "ErrorInvalidRequest")


def test_the_delta_of_the_attendee_sends_the_series_again(office: Office) -> None:
    master = series(office)
    items, link = office.delta(office.hanako)
    assert [each["type"] for each in items] == ["seriesMaster"] + ["occurrence"] * 4
    office.change(office.taro.occurrence_id(master["id"], SECOND), subject="この日だけ")
    items, link = office.delta(office.hanako, link)
    assert sorted(each["type"] for each in items) == ["exception"] + ["occurrence"] * 3 + ["seriesMaster"]
    office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(master['id'], SECOND)}")
    items, _ = office.delta(office.hanako, link)
    (gone,) = [each for each in items if each["type"] == "exception"]
    assert gone["isCancelled"]
    shown_again = shown(office.get(f"/users/{office.hanako.user.id}/events/{gone['id']}"))
    assert shown_again["subject"] == "Canceled: この日だけ"


def test_a_series_of_the_series_without_guests_has_no_copies(office: Office) -> None:
    master = office.create(recurrence=DAILY)
    assert not has_copy(office.hanako, master)


def test_who_was_taken_off_the_series_can_be_invited_to_one_date(office: Office) -> None:
    master = series(office, HANAKO, JIRO)
    office.change(master["id"], attendees=[attendee(JIRO)])
    second = office.taro.occurrence_id(master["id"], SECOND)
    office.change(second, attendees=[attendee(JIRO), attendee(HANAKO)], subject="この日だけ")
    found = {each["type"]: (each["subject"], each["isCancelled"]) for each in office.hanako.events()}
    assert found == {"seriesMaster": ("Canceled: 打合せ", True), "singleInstance": ("この日だけ", False)}
    office.call("DELETE", f"{office.events}/{second}")
    mine = copy_id(office.hanako, master)
    assert on(office.hanako, mine, SECOND)["subject"] == "Canceled: 打合せ"
    assert [each["isCancelled"] for each in office.hanako.events()] == [True, True]


def test_a_date_that_takes_place_after_all_is_no_longer_cancelled() -> None:
    office = Office(unchanged_pattern_drops_exceptions=True)
    master = series(office)
    office.call("DELETE", f"{office.events}/{office.taro.occurrence_id(master['id'], SECOND)}")
    mine = copy_id(office.hanako, master)
    assert on(office.hanako, mine, SECOND)["isCancelled"]
    office.change(master["id"], recurrence=DAILY)
    assert not on(office.hanako, mine, SECOND)["isCancelled"]
