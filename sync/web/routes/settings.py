"""The organization's common settings (manual: 共通設定)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body

from sync.core.messages import Language
from sync.core.settings import OrganizationSettings
from sync.errors import SyncError
from sync.web.access import GuardedRoute
from sync.web.answers import settings_answer
from sync.web.context import Context, Here, Me, Tongue
from sync.web.models import SettingsAnswer, SettingsUpdate, Warned, WindowUpdate
from sync.web.openapi import example
from sync.web.problems import explain

router = APIRouter(route_class=GuardedRoute, tags=["settings"])

EXAMPLES = example(
    every_quarter_of_an_hour={"automatic": True, "interval": 15},
    one_way={"direction": "toOutlook", "mayOverrideDirection": False},
    one_event_for_each_participant_and_no_mail={"participants": "appointments"},
    two_weeks_back={"automaticWindow": {"base": "thisMonth", "pastDays": 14, "futureDays": 7}},
)


@router.get("/api/settings", summary="The common settings")
def read(here: Here, me: Me) -> SettingsAnswer:
    return settings_answer(here.services.organizations.get(me.organization), [])


@router.put("/api/settings", summary="Change the common settings")
def change(
    asked: Annotated[SettingsUpdate, Body(openapi_examples=EXAMPLES)], here: Here, me: Me, language: Tongue
) -> SettingsAnswer:
    """An event type that the groupware does not have is saved all the same, with a warning: types come and go,
    and the groupware need not be up for a setting to be changed."""
    organizations = here.services.organizations
    settings = merged(organizations.get(me.organization), asked)
    organizations.put(me.organization, settings)
    here.services.people.forget(me.organization)
    return settings_answer(settings, _warnings(here, asked, language))


def merged(settings: OrganizationSettings, asked: SettingsUpdate) -> OrganizationSettings:
    """The settings with every member that was sent."""
    changes: dict[str, Any] = {name: getattr(asked, name) for name in asked.model_fields_set}
    if "excluded_types" in changes:
        changes["excluded_types"] = frozenset(asked.excluded_types)
    for name in ("automatic_window", "manual_window"):
        if name in changes:
            window: WindowUpdate = changes[name]
            sent = {part: getattr(window, part) for part in window.model_fields_set}
            changes[name] = replace(getattr(settings, name), **sent)
    return replace(settings, **changes)


def _warnings(here: Context, asked: SettingsUpdate, language: Language) -> list[Warned]:
    named = [(f"/excludedTypes/{place}", name) for place, name in enumerate(asked.excluded_types)]
    if not named:
        return []
    try:
        known = set(here.services.directory.event_types().values())
    except SyncError:
        return [_warned("types-unchecked", {}, "/excludedTypes", language)]
    return [
        _warned("type-unknown", {"type": name}, pointer, language)
        for pointer, name in named
        if name not in known
    ]


def _warned(code: str, detail: dict[str, str], pointer: str, language: Language) -> Warned:
    return Warned.model_validate({"pointer": pointer, **explain(code, detail, language)})
