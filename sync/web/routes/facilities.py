"""Which Microsoft 365 room each facility of the groupware is (manual: 設備情報連携設定)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Body

from sync.web.access import GuardedRoute
from sync.web.context import Context, FacilityInPath, Here, Me
from sync.web.models import FacilityAnswer, FacilityList, FacilityUpdate
from sync.web.openapi import example, problems
from sync.web.problems import HttpProblem
from sync.web.validation import Mistake

router = APIRouter(route_class=GuardedRoute, tags=["facilities"])

EXAMPLES = example(link_a_room={"address": "room-a@example.com"}, take_the_link_away={"address": ""})


@router.get("/api/facilities", summary="All facilities, with their rooms")
def read_all(here: Here, me: Me) -> FacilityList:
    """In the groupware's order; after them those that are linked but no longer listed there."""
    names, rooms = here.services.directory.facilities(), here.services.facilities.rooms(me.organization)
    return FacilityList(facilities=[_answer(each, names, rooms) for each in dict.fromkeys((*names, *rooms))])


@router.get("/api/facilities/{id}", summary="One facility", responses=problems(404))
def read(facility: FacilityInPath, here: Here, me: Me) -> FacilityAnswer:
    return _one(here, me.organization, facility)


@router.put("/api/facilities/{id}", summary="Link a facility to a room", responses=problems(404, 409))
def change(
    facility: FacilityInPath,
    asked: Annotated[FacilityUpdate, Body(openapi_examples=EXAMPLES)],
    here: Here,
    me: Me,
) -> FacilityAnswer:
    """Each address belongs to one facility; letter case makes no difference."""
    before = _one(here, me.organization, facility)
    if asked.address and not before.is_listed:
        raise HttpProblem(404, "facility-unknown")
    if asked.address:
        _link(here, me.organization, facility, asked.address)
    else:
        here.services.facilities.unlink(me.organization, facility)
    here.services.people.forget(me.organization)
    return before.model_copy(update={"address": asked.address})


def _link(here: Context, organization: str, facility: str, address: str) -> None:
    holder = here.services.facilities.link(organization, facility, address)
    if holder != facility:
        detail = {"facility": here.services.directory.facilities().get(holder, holder)}
        mistake = Mistake("facility-address-taken", "/address", detail=detail)
        raise HttpProblem(409, "facility-address-taken", detail, mistakes=[mistake])


def _one(here: Context, organization: str, facility: str) -> FacilityAnswer:
    names, rooms = here.services.directory.facilities(), here.services.facilities.rooms(organization)
    if facility not in names and facility not in rooms:
        raise HttpProblem(404, "facility-unknown")
    return _answer(facility, names, rooms)


def _answer(facility: str, names: Mapping[str, str], rooms: Mapping[str, str]) -> FacilityAnswer:
    return FacilityAnswer(
        id=facility,
        name=names.get(facility, ""),
        address=rooms.get(facility, ""),
        is_listed=facility in names,
    )
