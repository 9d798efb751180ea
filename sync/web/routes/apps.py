"""The menu of Microsoft 365 apps that the groupware can show (manual: Microsoft 365関連のメニューを追加する)."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import Field

from sync.core.messages import Language
from sync.web.access import GuardedRoute
from sync.web.context import Here, Me, Tongue
from sync.web.models import Answered

router = APIRouter(route_class=GuardedRoute, tags=["microsoft365"])


class App(NamedTuple):
    id: str
    ja: str
    en: str
    address: str


# Names and addresses are those of the manual.
APPS: Final = (
    App("outlook", "Outlook", "Outlook", "https://outlook.office.com/"),
    App("word", "Word Online", "Word Online", "https://www.office.com/launch/word"),
    App("excel", "Excel Online", "Excel Online", "https://www.office.com/launch/excel"),
    App("powerpoint", "PowerPoint Online", "PowerPoint Online", "https://www.office.com/launch/powerpoint"),
    App("onenote", "OneNote", "OneNote", "https://www.onenote.com/"),
    App("microsoft365", "Microsoft 365", "Microsoft 365", "https://www.office.com/"),
)


class AppAnswer(Answered):
    id: str
    name: str
    name_ja: str
    name_en: str
    address: str = Field(description="https, with `login_hint` where the person is linked.")


class AppList(Answered):
    apps: list[AppAnswer]


@router.get("/api/microsoft365/apps", summary="Microsoft 365 apps for a menu")
def read(here: Here, me: Me, language: Tongue) -> AppList:
    """In the manual's order. `login_hint` names the person's own account, so that a browser with several signs in
    with the right one; after a sign-in with Microsoft 365 nothing is asked at all."""
    connection = here.services.connections.get(me.organization, me.user)
    upn = connection.upn if connection is not None and connection.enabled else ""
    return AppList(apps=[_answer(app, upn, language) for app in APPS])


def _answer(app: App, upn: str, language: Language) -> AppAnswer:
    hint = f"?{urlencode({'login_hint': upn})}" if upn else ""
    name = app.ja if language is Language.JA else app.en
    return AppAnswer(id=app.id, name=name, name_ja=app.ja, name_en=app.en, address=app.address + hint)
