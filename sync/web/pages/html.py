"""Small pages for a browser. Everything that is put in is escaped; nothing runs, nothing is fetched, nobody frames
them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from sync.core.messages import Language

STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.4rem}dt{color:#555;font-size:.9rem}dd{margin:0 0 .6rem;overflow-wrap:anywhere}"
    "a.go,button{display:inline-block;padding:.5rem 1.2rem;border:0;border-radius:.3rem;background:#0b5cad;"
    "color:#fff;font:inherit;text-decoration:none}small{color:#666}"
)


def source_of(text: str) -> str:
    """The CSP source that allows exactly this inline text (CSP Level 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(**more: str) -> str:
    """The page's Content-Security-Policy; `more` by directive, with `_` for `-`."""
    parts = {
        "default-src": "'none'",
        "style-src": source_of(STYLE),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def page(
    language: Language, title: str, parts: Iterable[str], *, status: int = 200, csp: str | None = None
) -> HTMLResponse:
    """`title` is text; `parts` are HTML, made by the functions below."""
    content = (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    )
    headers = {
        "Content-Security-Policy": csp or policy(),
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Content-Language": language.value,
        "Vary": "Accept-Language, Cookie",
    }
    return HTMLResponse(content, status, headers)


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def remark(text: str) -> str:
    return f"<p><small>{escape(text)}</small></p>"


def facts(rows: Sequence[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in rows)}</dl>"


def go(address: str, text: str) -> str:
    """A link to an address of our own making, never one that came with a request."""
    return f'<p><a class="go" href="{escape(address)}" rel="noreferrer">{escape(text)}</a></p>'
