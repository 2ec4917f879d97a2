"""An answer as places and their forms, which two servers must have in common. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from reticket.core.fetching.model import Unfetched
from reticket.fetching.given_server import WholeAnswer
from reticket.moving.compare.forms import (
    Hidden,
    Number,
    is_jwt,
    number_form,
    opaque_form,
    text_form,
    words,
)
from reticket.moving.compare.header_places import header_places, media_type

Place: TypeAlias = tuple[str, ...]
Places: TypeAlias = Mapping[Place, str]
Found: TypeAlias = Iterator[tuple[Place, str]]

DEEPEST = 24
"""Levels of a body. No client reads more."""

LONGEST_TEXT = 4096
"""Characters of one text that are looked at."""

_TIME = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)


def places_of(answer: WholeAnswer | Unfetched, hidden: Hidden) -> Places:
    """The places of an answer with their forms. The same place of a list's items has all forms."""
    if isinstance(answer, Unfetched):
        return {("status",): f"no answer: {answer.fault.value}"}
    forms: dict[Place, set[str]] = {}
    for place, form in _found(answer, hidden):
        forms.setdefault(place, set()).add(form)
    return {place: " or ".join(sorted(found)) for place, found in forms.items()}


def _found(answer: WholeAnswer, hidden: Hidden) -> Found:
    yield ("status",), str(answer.status)
    yield from header_places(answer.headers, hidden)
    yield from _of_body(answer, hidden)


def _of_body(answer: WholeAnswer, hidden: Hidden) -> Found:
    kind = media_type(answer.headers)
    if not answer.body:
        yield ("body",), "empty"
    elif kind == "application/json" or kind.endswith("+json"):
        yield from _of_json(answer.body, hidden)
    elif kind == "text/plain":
        yield ("body",), f'"{words(answer.body[:LONGEST_TEXT].decode("utf-8", "replace"), hidden)}"'
    else:
        yield ("body",), kind or "of no declared type"


def _of_json(body: bytes, hidden: Hidden) -> Found:
    try:
        value = read_json(body)
    except ValueError:
        yield ("body",), "no JSON"
        return
    yield from _of_value(("body",), value, hidden)


def read_json(text: bytes | str) -> Any:
    """The value, its numbers as they are written. ValueError, also where it is too deep."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except RecursionError:
        raise ValueError("too deep") from None


def _of_value(place: Place, value: Any, hidden: Hidden) -> Found:
    if len(place) > DEEPEST:
        yield place, "deeper"
    elif isinstance(value, dict):
        yield place, "object"
        for name, member in value.items():
            yield from _of_value((*place, _name(name, hidden)), member, hidden)
    elif isinstance(value, list):
        yield place, "list" if value else "empty list"
        for item in value:
            yield from _of_value((*place, "[]"), item, hidden)
    else:
        yield from _of_scalar(place, value, hidden)


def _name(name: str, hidden: Hidden) -> str:
    return words(name[:LONGEST_TEXT], hidden)


def _of_scalar(place: Place, value: Any, hidden: Hidden) -> Found:
    name = next(part for part in reversed(place) if part != "[]")
    if value is None or isinstance(value, bool):
        yield place, {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, Number):
        yield place, number_form(value, name)
    elif is_jwt(value):
        yield from _of_jwt(place, value, hidden)
    else:
        yield place, text_form(value[:LONGEST_TEXT], name, hidden)


def _of_jwt(place: Place, text: str, hidden: Hidden) -> Found:
    """The JWT, its header and its claims, each by its form."""
    header, claims, _ = text.split(".")
    try:
        parts = {"header": _decoded(header), "claims": _decoded(claims)}
    except ValueError:
        yield place, opaque_form(text)
        return
    yield place, "JWT"
    for part, value in parts.items():
        yield from _of_value((*place, part), value, hidden)
    lifetime = _lifetime(parts["claims"])
    if lifetime is not None:
        yield (*place, "claims", "lifetime"), f"integer {lifetime}"


def _lifetime(claims: Any) -> int | None:
    """Seconds from `iat`, or else `nbf`, to `exp`: the times themselves have their form alone."""
    if not isinstance(claims, dict):
        return None
    begins, ends = _time(claims.get("iat", claims.get("nbf"))), _time(claims.get("exp"))
    return None if begins is None or ends is None else round(ends - begins)


def _time(value: Any) -> float | None:
    is_time = isinstance(value, Number) and _TIME.fullmatch(value)
    return float(value) if is_time else None


def _decoded(part: str) -> Any:
    try:
        return read_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except binascii.Error:
        raise ValueError("no base64url") from None
