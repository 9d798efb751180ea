"""The page that hands a person who signed in over to the groupware: a form that sends itself, by POST, so that the
token stands in no address."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from sync.core.messages import Language
from sync.web.pages.html import page, paragraph, policy, source_of

SCRIPT: Final = "document.forms[0].submit()"
WORDS: Final = {
    Language.JA: (
        "サインインしました",
        "グループウェアに移動します。移動しない場合はボタンを押してください。",
        "続ける",
    ),
    Language.EN: (
        "You are signed in",
        "You are taken to the groupware. If not, press the button.",
        "Continue",
    ),
}


def hand_over_page(address: str, token: str, language: Language) -> HTMLResponse:
    """`address` is the groupware's own sign-in address, from our settings."""
    title, text, button = WORDS[language]
    form = (
        f'<form method="post" action="{escape(address)}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f'<button type="submit">{escape(button)}</button></form><script>{SCRIPT}</script>'
    )
    csp = policy(script_src=source_of(SCRIPT), form_action=origin_of(address))
    answer = page(language, title, [paragraph(text), form], csp=csp)
    # Without any referrer the form would arrive with `Origin: null` (Fetch, "append a request Origin header").
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
