"""The scalars of the HTTP surface: what they accept, and the code they refuse with."""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from sync.web.tokens import LONGEST_ID, is_identifier


def mistake(code: str, **detail: object) -> PydanticCustomError:
    """An error that `validation` passes on: `code` is one of `messages`."""
    # Pydantic's text is never shown; the sentence comes from `messages`.
    return PydanticCustomError(code, "refused", detail)


def _between(least: int, most: int) -> Any:
    def check(number: int) -> int:
        if not least <= number <= most:
            raise mistake("field-range", least=least, most=most)
        return number

    return AfterValidator(check)


def _whole(least: int, most: int) -> Any:
    """A JSON number without a fraction, inside the range. Neither `true` nor `"7"` is one."""
    bounds: dict[str, Any] = {"minimum": least, "maximum": most}
    return Annotated[int, Field(strict=True, json_schema_extra=bounds), _between(least, most)]


def _checked(is_right: Callable[[str], bool], code: str, detail: str = "") -> AfterValidator:
    """`detail`: the name under which the sentence shows the text that was sent; "" keeps it out."""

    def check(text: str) -> str:
        if not is_right(text):
            raise mistake(code, **({detail: text} if detail else {}))
        return text

    return AfterValidator(check)


def _parse_date(value: object) -> object:
    """ISO dates only: pydantic would also take a number of seconds."""
    if not isinstance(value, str) or not re.fullmatch(r"(19|2[01])\d\d-\d\d-\d\d", value, re.ASCII):
        raise mistake("date-malformed")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise mistake("date-malformed") from error


def _is_time_zone(name: str) -> bool:
    # `localtime` and `Factory` are names of the machine, not of a place.
    return name in _time_zones() and name not in ("localtime", "Factory")


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _is_address(text: str) -> bool:
    """Something before and after one @ (RFC 5321 4.5.3.1.3 for the length); "" takes an address away."""
    return not text or (is_identifier(text) and re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,189}", text) is not None)


Flag = Annotated[bool, Field(strict=True)]
Day = Annotated[date, BeforeValidator(_parse_date), Field(examples=["2026-11-21"])]
# The lengths come first: measuring is where pydantic refuses what is no Unicode text (a lone surrogate).
UserId = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_ID, examples=["suzuki"]),
    _checked(is_identifier, "field-format"),
]
FacilityId = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_ID, examples=["room-a"]),
    _checked(is_identifier, "field-format"),
]
Address = Annotated[
    str, Field(max_length=254, examples=["suzuki@example.com"]), _checked(_is_address, "field-format")
]
Name = Annotated[str, Field(min_length=1, max_length=100), _checked(is_identifier, "field-format")]
TimeZone = Annotated[
    str,
    Field(max_length=64, examples=["Asia/Tokyo"]),
    _checked(_is_time_zone, "time-zone-unknown", "zone"),
]
Interval = Literal[10, 15, 30, 60]
Days = _whole(0, 366)
# Long enough to find out what went wrong, and to miss a lost value (law 3); ten years at most.
DaysOfPasses = _whole(7, 3_650)
DaysOfHistory = _whole(30, 3_650)
Percent = _whole(1, 100)
Count = _whole(0, 100_000)
# The longest reminder that Outlook offers is four weeks.
Minutes = _whole(0, 40_320)
PageSize = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 500}), _between(1, 500)]
