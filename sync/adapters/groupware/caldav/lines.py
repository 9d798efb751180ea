"""iCalendar text as components and content lines (RFC 5545 3.1), each line kept as it was written.

A calendar library gives values; what it cannot read it drops, and what it writes back is its own wording. Here a line
that nobody touches goes back as it came: X- properties, parameters, unknown components, even what is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sync.errors import CannotSync

# Only these end a line: U+0085 and U+2028, at which `str.splitlines` splits too, are text.
_LINE_END = re.compile("\r?\n")
_FOLD = re.compile("\r?\n[ \t]")
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';((?:[^":;]|"[^"]*")*)')
_NEEDS_QUOTES = re.compile("[:;,]")
_CARET = re.compile(r"\^([n'^])")
_OF_CARET = {"n": "\n", "'": '"', "^": "^"}
_ESCAPED = re.compile(r"\\([nN\\;,])")
_LISTED = re.compile(r"(?:\\.|[^,\\])+", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_OCTETS = 75  # of a line without its end (RFC 5545 3.1)
# VCALENDAR > VEVENT > VALARM > VLOCATION is as deep as standards go.
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Line:
    """`name` in upper case; "" for text that is no content line, which stands in `value`. `params` and `value` are
    as they were written, quotes and escapes included."""

    name: str
    value: str
    params: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"{';'.join((self.name, *self.params))}:{self.value}" if self.name else self.value

    def param(self, name: str) -> str | None:
        """The value of a parameter; of several values all of them, with their commas."""
        for written in self.params:
            found, _, value = written.partition("=")
            if found.upper() == name:
                return _CARET.sub(lambda c: _OF_CARET[c[1]], value.replace('"', ""))
        return None

    def with_value(self, value: str, *without: str) -> Line:
        """The same property with another value; without these parameters, which spoke of the old one."""
        kept = tuple(p for p in self.params if p.partition("=")[0].upper() not in without)
        return replace(self, value=value, params=kept)

    def with_param(self, name: str, value: str) -> Line:
        """The parameter set, where it stood if there was one."""
        said = f"{name}={quoted(value)}"
        there = [p.partition("=")[0].upper() == name for p in self.params]
        if not any(there):
            return replace(self, params=(*self.params, said))
        return replace(
            self, params=tuple(said if is_it else p for p, is_it in zip(self.params, there, strict=True))
        )


@dataclass(slots=True)
class Component:
    """A component while it is being edited: its lines and components in their order."""

    name: str
    parts: list[Line | Component] = field(default_factory=list)

    def lines(self, *names: str) -> list[Line]:
        return [one for one in self.parts if isinstance(one, Line) and one.name in names]

    def line(self, name: str) -> Line | None:
        """The first of that name."""
        return next(iter(self.lines(name)), None)

    def value(self, name: str) -> str:
        """As it was written, white space around it aside; "" if it is not there."""
        line = self.line(name)
        return line.value.strip() if line is not None else ""

    def children(self, name: str) -> list[Component]:
        return [one for one in self.parts if isinstance(one, Component) and one.name == name]

    def set(self, line: Line) -> None:
        """The only one of its name, where the first one stood; else after the other lines."""
        there = [n for n, one in enumerate(self.parts) if isinstance(one, Line) and one.name == line.name]
        if not there:
            self.add(line)
            return
        self.parts[there[0]] = line
        for number in reversed(there[1:]):
            del self.parts[number]

    def set_value(self, name: str, value: str) -> None:
        """As `set`, with the parameters that it had."""
        self.set((self.line(name) or Line(name, "")).with_value(value))

    def add(self, line: Line) -> None:
        """After the last line, before the components."""
        after = [n for n, one in enumerate(self.parts) if isinstance(one, Line)]
        self.parts.insert(after[-1] + 1 if after else 0, line)

    def replace(self, old: Line | Component, new: Line | None) -> None:
        """None: without it."""
        at = next(n for n, one in enumerate(self.parts) if one is old)
        self.parts[at : at + 1] = [] if new is None else [new]

    def remove(self, *names: str) -> None:
        self.parts = [one for one in self.parts if not (isinstance(one, Line) and one.name in names)]

    def copy(self) -> Component:
        return Component(self.name, [one.copy() if isinstance(one, Component) else one for one in self.parts])

    @property
    def text(self) -> str:
        """The whole component, folded, each line ended by CRLF."""
        return "".join(f"{fold(line)}\r\n" for line in self._texts())

    def _texts(self) -> Iterator[str]:
        yield f"BEGIN:{self.name}"
        for one in self.parts:
            if isinstance(one, Line):
                yield one.text
            else:
                yield from one._texts()
        yield f"END:{self.name}"


def parse(text: str) -> Component:
    """The VCALENDAR that a text is. `CannotSync("event-unreadable")` if it is not exactly one."""
    root = Component("")
    open_ones = [root]
    for line in _lines(text):
        here = open_ones[-1]
        kind, name = line.name, line.value.strip().upper()
        if kind == "BEGIN":
            if len(open_ones) > _DEEPEST:
                raise unreadable("components")
            inner = Component(name)
            here.parts.append(inner)
            open_ones.append(inner)
        elif kind == "END":
            if here is root or here.name != name:
                raise unreadable("components")
            open_ones.pop()
        elif here is not root:
            here.parts.append(line)
        else:
            raise unreadable("components")
    calendars = root.children("VCALENDAR")
    if len(open_ones) > 1 or len(calendars) != 1 or len(root.parts) != 1:
        raise unreadable("components")
    return calendars[0]


def unreadable(reason: str) -> CannotSync:
    """`reason`: what is wrong, by a name of the format; never what the text says."""
    return CannotSync("event-unreadable", {"reason": reason})


def _lines(text: str) -> Iterator[Line]:
    for written in _LINE_END.split(_FOLD.sub("", text.removeprefix("\ufeff"))):
        if not written.strip():
            continue
        found = _LINE.fullmatch(written)
        if found is None:
            yield Line("", written)
        else:
            yield Line(found[1].upper(), found[3], tuple(_PARAMETER.findall(found[2])))


def fold(line: str) -> str:
    """Lines of at most 75 octets; no character is split."""
    if len(line) * 4 <= _OCTETS or len(line.encode("utf-8", "replace")) <= _OCTETS:
        return line
    if line.isascii():
        # The space that continues a line counts.
        rest = range(_OCTETS, len(line), _OCTETS - 1)
        return "\r\n ".join((line[:_OCTETS], *(line[at : at + _OCTETS - 1] for at in rest)))
    pieces, start, size = [], 0, 0
    for at, character in enumerate(line):
        octets = len(character.encode("utf-8", "replace"))
        if size + octets > _OCTETS:
            pieces.append(line[start:at])
            start, size = at, 1
        size += octets
    return "\r\n ".join((*pieces, line[start:]))


def quoted(value: str) -> str:
    """A parameter's value as it is written (RFC 5545 3.2, RFC 6868)."""
    value = _CONTROL.sub("", value).replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{value}"' if _NEEDS_QUOTES.search(value) else value


def escaped(text: str) -> str:
    """A text as a value of type TEXT (RFC 5545 3.3.11)."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def unescaped(value: str) -> str:
    """What a value of type TEXT says. A backslash before anything else is one: people write paths."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def listed(value: str) -> list[str]:
    """The texts of a list, each without its escapes."""
    return [unescaped(one) for one in _LISTED.findall(value)]
