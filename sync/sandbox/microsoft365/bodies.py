"""What Exchange makes of a body: HTML is wrapped and cleaned, text becomes HTML, reads choose (section 1.3)."""

from __future__ import annotations

import html
import re
import textwrap
from functools import lru_cache

HEAD = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
TEXT_HEAD = (
    f'{HEAD}\r\n<meta name="Generator" content="Microsoft Exchange Server">\r\n<!-- converted from text -->'
    "<style><!-- .EmailQuote { margin-left: 1pt; padding-left: 4pt; border-left: #800000 2px solid; } --></style>"
)
TEXT_OPEN = '<font size="2"><span style="font-size:11pt;"><div class="PlainText">'
TEXT_CLOSE = "</div></span></font>"
PREVIEW_LENGTH = 255
TEXT_WIDTH = 76

BODY_TAG = re.compile(r"<body\b[^>]*>(.*?)(?:</body\s*>|\Z)", re.I | re.S)
STYLE_TAG = re.compile(r"<style\b[^>]*>.*?</style\s*>", re.I | re.S)
SHELL_TAG = re.compile(r"</?(?:html|head|body|meta|title)\b[^>]*>|<!doctype[^>]*>", re.I)
UNSAFE = re.compile(
    r"<\s*/?\s*(?:script|iframe|object|embed|form|input|applet|base|link)\b|\son\w+\s*=|script:", re.I
)
UNSAFE_PAIR = re.compile(r"<(script|iframe|object|applet)\b[^>]*>.*?</\1\s*>", re.I | re.S)
UNSAFE_TAG = re.compile(r"</?(?:script|iframe|object|embed|form|input|applet|base|link)\b[^>]*>", re.I)
HANDLER = re.compile(r"""\son\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.I)
SCRIPT_URL = re.compile(
    r"""\s(?:href|src)\s*=\s*("\s*\w*script:[^"]*"|'\s*\w*script:[^']*'|\w*script:[^\s>]+)""", re.I
)
# Excluding "<" keeps a megabyte of "<" from taking forever.
TAG = re.compile(r"<[^<>]*>")
COMMENT = re.compile(r"<!--.*?-->", re.S)
NEWLINE_TAG = re.compile(r"<br\s*/?>\s*|</(?:p|div|li|tr|h[1-6])\s*>\s*", re.I)
HIDDEN = re.compile(r"<(head|style|script)\b[^>]*>.*?</\1\s*>", re.I | re.S)
LINE_END = re.compile(r"\r\n|\r|\n")
BLANKS_AT_LINE_END = re.compile(r"[ \t]+(?=\r\n|\Z)")
DOUBLE_BLANK = re.compile(r"  ")


def store_html(content: str, keep_trailing: bool) -> str:
    """The wrapped form; wrapping what is already wrapped changes nothing."""
    if not content:
        return ""
    found = BODY_TAG.search(content)
    styles = "".join(STYLE_TAG.findall(content[: found.start()])) if found else ""
    inner = found.group(1) if found else SHELL_TAG.sub("", content)
    inner = crlf(clean(inner).strip("\r\n"))
    if not keep_trailing:
        inner = BLANKS_AT_LINE_END.sub("", inner)
    # A text body that comes back as HTML keeps the head it was given, as Exchange does.
    head = TEXT_HEAD if "<!-- converted from text -->" in content else HEAD + clean(styles)
    return wrap(head, inner)


def store_text(content: str, keep_trailing: bool) -> str:
    if not content:
        return ""
    text = crlf(content)
    if not keep_trailing:
        text = BLANKS_AT_LINE_END.sub("", text)
    lines = DOUBLE_BLANK.sub("&nbsp; ", html.escape(text, quote=False)).replace("\r\n", "<br>\r\n")
    return wrap(TEXT_HEAD, f"{TEXT_OPEN}{lines}{TEXT_CLOSE}")


def wrap(head: str, inner: str) -> str:
    return f"<html>\r\n<head>\r\n{head}\r\n</head>\r\n<body>\r\n{inner}\r\n</body>\r\n</html>\r\n"


def append_block(stored: str, block: str) -> str:
    """Put `block` at the end of the visible part."""
    if not stored:
        return wrap(HEAD, block)
    return stored.replace("\r\n</body>", f"\r\n{block}\r\n</body>", 1)


def clean(markup: str) -> str:
    """Remove what can run."""
    if not UNSAFE.search(markup):
        return markup
    markup = UNSAFE_TAG.sub("", UNSAFE_PAIR.sub("", markup))
    return SCRIPT_URL.sub("", HANDLER.sub("", markup))


@lru_cache(maxsize=1024)
def read_text(stored: str, rewrap: bool) -> str:
    """The text form of a stored body, as `Prefer: outlook.body-content-type="text"` gives it."""
    markup = LINE_END.sub("\n", COMMENT.sub("", HIDDEN.sub("", stored)))
    markup = re.sub(r"(<(?:html|body|div|p)\b[^>]*>)\n+", r"\1", markup, flags=re.I)
    text = html.unescape(
        TAG.sub("", NEWLINE_TAG.sub("\x00", markup).replace("\n", " ").replace("\x00", "\n"))
    )
    lines = [line.strip(" \t").replace("\xa0", " ") for line in text.strip().split("\n")]
    if rewrap:
        # One blank line between paragraphs at most, long lines broken: what a client must not take for an edit.
        lines = [part for line in lines for part in (textwrap.wrap(line, TEXT_WIDTH) or [""])]
        lines = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\r\n".join(lines)


@lru_cache(maxsize=4096)
def preview(stored: str) -> str:
    """Section 1.1: plain text, the first 255 characters. Of a very long body only the beginning is looked at."""
    return read_text(stored[:8192], rewrap=False)[:PREVIEW_LENGTH]


def crlf(text: str) -> str:
    return LINE_END.sub("\r\n", text)
