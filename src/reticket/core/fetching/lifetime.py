"""For how long an answer may be cached (RFC 9111 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

UNSAID = 300
"""Seconds for an answer whose headers say nothing."""

_MAX_AGE = re.compile(r"max-age=\"?(\d{1,9})\"?")
_NEVER = frozenset({"no-store", "no-cache"})


def lifetime_of(headers: Mapping[str, str]) -> int:
    """Seconds; names of headers are in lower case."""
    directives = [each.strip().lower() for each in headers.get("cache-control", "").split(",")]
    if not _NEVER.isdisjoint(directives):
        return 0
    ages = [int(found[1]) for each in directives if (found := _MAX_AGE.fullmatch(each))]
    if ages:
        return max(0, min(ages) - _whole(headers.get("age", "")))
    if "expires" in headers:
        return max(0, _between(headers.get("date", ""), headers["expires"]))
    return UNSAID


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _between(begin: str, end: str) -> int:
    """Seconds between two dates; 0 when either cannot be read, as RFC 9111 §5.3 has it."""
    try:
        return round((parsedate_to_datetime(end) - parsedate_to_datetime(begin)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0
