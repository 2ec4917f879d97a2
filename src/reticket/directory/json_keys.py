"""Refuses JSON in which an object has a key twice: readers differ in which counts (RFC 8259 §4).

`msgspec` takes the last one and does not tell.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reticket.directory.errors import Invalid

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""Names that an error may show."""


def check_keys(text: str) -> None:
    """Invalid: an object of the text, at any depth, has a key twice.

    ValueError or RecursionError for a text that is no JSON, or is nested too deeply.
    """
    _decode(text)


def _checked(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise Invalid(f"{_twice([name for name, _ in pairs])} is given twice")


def _twice(names: list[str]) -> str:
    name = next(name for name in names if names.count(name) > 1)
    return name if _PLAIN.fullmatch(name) else "a key"


_decode = json.JSONDecoder(object_pairs_hook=_checked, parse_int=float).decode
