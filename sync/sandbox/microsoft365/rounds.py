"""Delta rounds, the chains they form, and the tokens that name a place in one (section 5.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date

from sync.sandbox.microsoft365 import errors
from sync.sandbox.microsoft365.event import Window

# Section 5.3: "few" generations back stay valid; docs#2350 shows 149 lost at highest 157.
GENERATIONS_KEPT = 8
ROUNDS_KEPT = 64
TOKEN_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Token:
    """A place in a round. `position` counts entries; below zero it counts the empty first pages still to come."""

    chain: int
    generation: int
    variant: int
    position: int

    def seal(self, mailbox: bytes) -> str:
        text = f"{self.chain}.{self.generation}.{self.variant}.{self.position}.{mailbox.hex()}".encode()
        filler = hashlib.shake_128(text).digest(TOKEN_LENGTH * 3 // 4 - len(text) - 5)
        body = bytes((len(text),)) + text + filler
        return base64.urlsafe_b64encode(body + zlib.crc32(body).to_bytes(4)).decode().rstrip("=")

    @classmethod
    def open(cls, sealed: str, mailbox: bytes) -> Token:
        """Raises ErrorInvalidIdMalformed for a damaged token, as a delta URL does."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        except (binascii.Error, ValueError) as error:
            raise errors.malformed_id() from error
        if len(raw) < 6 or zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:]):
            raise errors.malformed_id()
        *numbers, owner = raw[1 : 1 + raw[0]].decode().split(".")
        if owner != mailbox.hex():
            raise errors.malformed_id()
        return cls(*map(int, numbers))


@dataclass(frozen=True, slots=True)
class Entry:
    """An item, or one date of a series; what it looks like is decided when a page is written."""

    item: bytes
    original_date: date | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """`since` is the log position its deltaLink continues from; `held` are items whose change shows up late.

    A deltaLink that is used twice leads to two rounds of one generation, told apart by `variant`.
    """

    generation: int
    variant: int
    since: int
    entries: tuple[Entry, ...]
    empty_pages: int = 0
    held: tuple[bytes, ...] = ()
    zone: str | None = None


@dataclass(slots=True)
class Chain:
    """One window of one calendar, and the rounds that a client can still go on with."""

    number: int
    calendar: str
    window: Window
    window_text: tuple[str, str]
    highest: int = 0
    variants: int = 0
    rounds: OrderedDict[tuple[int, int], Round] = field(default_factory=OrderedDict)
    # Which round a deltaLink led to when the log was so long: a replay without news is the same round again.
    led_to: dict[tuple[int, int, int], Round] = field(default_factory=dict)

    def find(self, token: Token) -> Round | None:
        return self.rounds.get((token.generation, token.variant))

    def place(self, of: Round, position: int) -> Token:
        return Token(self.number, of.generation, of.variant, position)

    def add(self, added: Round, after: Round | None) -> None:
        """Keep it, and forget what is too old."""
        self.variants = max(self.variants, added.variant)
        self.highest = max(self.highest, added.generation)
        self.rounds[added.generation, added.variant] = added
        if after is not None:
            self.led_to[after.generation, after.variant, added.since] = added
        for key in [key for key in self.rounds if key[0] <= self.highest - GENERATIONS_KEPT]:
            del self.rounds[key]
        while len(self.rounds) > ROUNDS_KEPT:
            self.rounds.popitem(last=False)
        if len(self.led_to) > ROUNDS_KEPT:
            self.led_to = {
                key: to for key, to in self.led_to.items() if (to.generation, to.variant) in self.rounds
            }
