"""Time zones and days that users of other products report about (the number is the row of the collection).

Tested with the other strange times (test_bad_input_zones.py): F77, F79, F80, F83.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.sandbox.microsoft365.switches import Switches, ZoneName
from tests.e2e.office import (
    assert_still,
    days,
    edit_groupware,
    groupware,
    in_groupware,
    in_outlook,
    instants,
    office,
    outlook,
    passed,
    twin,
    wide,
)

AFTERNOON = "T16:00:00"


@pytest.mark.parametrize("read_back", ZoneName)
@pytest.mark.parametrize("day", ["2026-10-20", "2026-12-15", "2027-03-27", "2027-03-29"])
def test_f76_four_in_brussels_is_four_in_brussels_in_summer_and_winter(day: str, read_back: ZoneName) -> None:
    """The label that Outlook has names the zone in which the wall time was meant."""
    brussels = ZoneInfo("Europe/Brussels")
    start = f"{day}{AFTERNOON}"
    begins = datetime.fromisoformat(start).replace(tzinfo=brussels).astimezone(UTC)
    with office(
        settings=wide(time_zone="Europe/Brussels"), switches=Switches(iana_zone_read_back=read_back)
    ) as world:
        event = in_groupware(world, start=start, timeZone="Europe/Brussels")
        mine = in_outlook(
            world, "来客", start=start, end=f"{day}T17:00:00", time_zone="Romance Standard Time"
        )
        passed(world)
        assert instants(world, event) == (begins, begins + timedelta(hours=1))
        assert outlook(world, event)["originalStartTimeZone"] in ("Romance Standard Time", "Europe/Brussels")
        shown = groupware(world, mine)
        wall = datetime.fromisoformat(shown["start"]).replace(tzinfo=ZoneInfo(shown["timeZone"]))
        assert wall.astimezone(UTC) == begins
        assert shown["start"] == start, "the same wall time as in Outlook"
        world.mailbox.edit(twin(world, event), subject="改題")
        edit_groupware(world, shown["id"], title="改題")
        passed(world)
        assert instants(world, mine)[0] == instants(world, event)[0] == begins
        assert groupware(world, event)["start"] == start
        assert groupware(world, event)["timeZone"] == "Europe/Brussels"
        assert_still(world)


def test_f82_an_event_without_times_stays_without_times_in_the_groupware() -> None:
    """Outlook has no such thing and shows the day; that never makes it a whole day in the groupware."""
    with office() as world:
        event = in_groupware(world, "締切", form="noTime", start="2026-11-18", end="2026-11-19")
        passed(world)
        assert days(world, event) == ("2026-11-18", "2026-11-19")
        world.mailbox.edit(twin(world, event), subject="締切の改題")
        passed(world)
        world.cursors.clear(world.connection)
        passed(world)
        shown = groupware(world, event)
        assert (shown["title"], shown["form"], shown["start"]) == ("締切の改題", "noTime", "2026-11-18")
        world.mailbox.edit(twin(world, event), start="2026-11-20", end="2026-11-21")
        passed(world)
        shown = groupware(world, event)
        assert (shown["form"], shown["start"], shown["end"]) == ("noTime", "2026-11-20", "2026-11-21")
        assert_still(world)
