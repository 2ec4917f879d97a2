"""The first JSON value of a body, for clients of servers that decode streams."""

from __future__ import annotations

import json
from typing import Any

from reticket.core.errors import Code, Refusal
from reticket.wire import MOST_COMMAS


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


_leading = json.JSONDecoder(
    object_pairs_hook=tuple, parse_constant=_refuse_constant, parse_int=float
)


_BREAKS_OFF = frozenset(".eE")
"""Characters after a number that only the rest of that number may follow."""


def parse_leading_json(body: bytes) -> Any:
    """The first JSON value of a body. Text after it is ignored, as some decoders read streams.

    An object becomes a tuple of its (name, value) pairs in order, including duplicates. An array
    becomes a list, a number a float, however long it is. An unpaired surrogate stays as it was
    escaped; bytes that are not UTF-8 become U+FFFD. MALFORMED when there is no such value: empty,
    truncated, too deep, with too many values, with a byte order mark.
    """
    if body.count(b",") > MOST_COMMAS:
        raise Refusal(Code.MALFORMED, detail="has too many values")
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    try:
        value, end = _leading.raw_decode(text)
    except (ValueError, RecursionError):
        raise Refusal(Code.MALFORMED, detail="is not valid JSON") from None
    if isinstance(value, float) and text[end : end + 1] in _BREAKS_OFF:
        raise Refusal(Code.MALFORMED, detail="is not valid JSON")
    return value
