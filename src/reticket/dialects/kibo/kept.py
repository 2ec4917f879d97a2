"""Types of what the directory keeps for Kibo, and the checks that a type cannot say."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct, structs

from reticket.dialects.kibo.schemas import utc

Int32 = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
Filled = Annotated[str, Meta(min_length=1)]

_TIME = re.compile(
    r"([0-9]{4})-([0-9][0-9]?)-([0-9][0-9]?)"
    r"(?:(?:[Tt]|[ \t]+)([0-9][0-9]?):([0-9][0-9]):([0-9][0-9])(?:\.([0-9]*))?"
    r"(?:[ \t]*(?:Z|([-+])([0-9][0-9]?)(?::([0-9][0-9]))?))?)?"
)
"""A day or a time, as YAML has it (https://yaml.org/type/timestamp.html)."""


def settle_time(record: Struct, member: str) -> None:
    """Give a time the form of answers. ValueError for a text that is no time."""
    said = getattr(record, member)
    if said is None:
        return
    try:
        structs.force_setattr(record, member, utc(_moment(said)))
    except (ValueError, OverflowError):
        raise ValueError(f"{member} must be a time like 2030-01-02T03:04:05.006Z") from None


def _moment(text: str) -> datetime:
    """The time in UTC; a time without a zone is in UTC. ValueError, OverflowError."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    *clock, fraction, sign, hours, minutes = found.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    year, month, day, hour, minute, second = (int(each or 0) for each in clock)
    moment = datetime(year, month, day, hour, minute, second, micros)
    return moment + offset if sign == "-" else moment - offset


def check_distinct(member: str, noun: str, keys: Iterable[Hashable]) -> None:
    """ValueError when an item of a list has the key of one before it."""
    seen: set[Hashable] = set()
    for number, key in enumerate(keys):
        if key in seen:
            raise ValueError(f"{member}[{number}] has the {noun} {key}, as one before it has")
        seen.add(key)
