"""Reads bodies, queries and ids of the admin API. An unknown name is an error."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from reticket.core.errors import Code, Refusal, wrong
from reticket.core.identifiers import read_family_id
from reticket.wire import WireRequest, parse_pairs

LONGEST_PAGE = 500
PAGE = 100

T = TypeVar("T")
_NONE: Mapping[str, str] = MappingProxyType({})
_UNKNOWN = "Object contains unknown field `"


def read_body(request: WireRequest, kind: type[T], former: Mapping[str, str] = _NONE) -> T:
    """The JSON body. UNSUPPORTED_MEDIA_TYPE, MALFORMED, INVALID_PARAMETER with the place.
    `former` has the members of former versions, each with the name that replaced it.
    """
    if request.content_type() != "application/json":
        raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
    try:
        return msgspec.json.decode(request.body, type=kind)
    except msgspec.ValidationError as error:
        fault, _, path = str(error).partition(" - at `$.")
        _expect_new(fault.removeprefix(_UNKNOWN).rstrip("`"), former)
        raise wrong(path.rstrip("`") or "The body", f"is not valid: {fault}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refusal(Code.MALFORMED, detail="is not valid JSON") from None


def read_query(
    request: WireRequest, known: Collection[str], former: Mapping[str, str] = _NONE
) -> dict[str, str]:
    """The query parameters: the first of repeated ones, without empty ones.
    INVALID_PARAMETER for an unknown name, or a value with a NUL character.
    """
    said = {name: value for name, value in reversed(parse_pairs(request.query)) if value}
    for name, value in said.items():
        _expect_new(name, former)
        if name not in known:
            raise Refusal(
                Code.INVALID_PARAMETER,
                detail=f"has a parameter that is not known; known are {', '.join(known)}",
            )
        if "\0" in value:
            raise wrong(name, "has a NUL character")
    return said


def read_limit(query: dict[str, str]) -> int:
    """How many items a page may have."""
    said = query.get("limit", str(PAGE))
    limit = int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0
    if not 1 <= limit <= LONGEST_PAGE:
        raise wrong("limit", f"must be a whole number from 1 to {LONGEST_PAGE}")
    return limit


def read_flag(query: dict[str, str], name: str) -> bool:
    """`true` or `false`; false when it is absent."""
    said = query.get(name, "false")
    if said not in ("true", "false"):
        raise wrong(name, "must be true or false")
    return said == "true"


def session_of(text: str, name: str = "id") -> bytes:
    """A session's id: 32 hex digits."""
    try:
        return read_family_id(text)
    except ValueError:
        raise wrong(name, "must be 32 hex digits") from None


def cursor_of(text: str) -> str:
    """The cursor of the page after this id, as clients see it."""
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read_cursor(query: dict[str, str]) -> str:
    """The id in a cursor; empty for the first page."""
    said = query.get("cursor", "")
    try:
        padded = said + "=" * (-len(said) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise wrong("cursor", "must be the `next` of a page") from None
    if "\0" in text:
        raise wrong("cursor", "must be the `next` of a page")
    return text


def _expect_new(name: str, former: Mapping[str, str]) -> None:
    if name in former:
        raise wrong(name, f"is now {former[name]}")
