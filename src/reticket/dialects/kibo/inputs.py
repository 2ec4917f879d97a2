"""Reads bodies and queries as leniently as the vendor's service does.

Accepted are names in any letter case, unknown members, any JSON content type or none, and no body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from reticket.core.errors import Code, Refusal, wrong
from reticket.dialects.kibo import fields
from reticket.wire import WireRequest, parse_json

_INT32 = re.compile(r"-?[0-9]{1,10}")
_LEAST, _MOST = -(2**31), 2**31 - 1
_TOKEN = "refreshToken"  # noqa: S105


class _Ticket(Struct, rename="camel"):
    """A ticket that a client sends back. Only its refresh token is read."""

    refresh_token: str


_decode_ticket = msgspec.json.Decoder(_Ticket).decode


def refresh_token(request: WireRequest) -> str | None:
    """The refresh token of a body; None if it has none.

    Raises:
        Refusal: MALFORMED, INVALID_PARAMETER, UNSUPPORTED_MEDIA_TYPE.
    """
    if request.body:
        _expect_json(request)
    try:
        return _decode_ticket(request.body).refresh_token or None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text(members(request), _TOKEN)


def members(request: WireRequest) -> Mapping[str, Any]:
    """The members of a body; an empty body and `null` have none. Errors as `refresh_token`."""
    if not request.body or request.body.isspace():
        return {}
    _expect_json(request)
    value = parse_json(request.body)
    if not isinstance(value, dict | None):
        raise wrong("body", "must be an object")
    return value or {}


def text(body: Mapping[str, Any], name: str) -> str | None:
    """A member by its name, else by its name in any letter case. None if missing or empty."""
    value = body[name] if name in body else _folded(body).get(name.lower())
    if not isinstance(value, str | None):
        raise wrong(name, "must be a string")
    return value or None


def nested(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object. INVALID_PARAMETER, also if it is missing."""
    value = body[name] if name in body else _folded(body).get(name.lower())
    if not isinstance(value, dict):
        raise wrong(name, "must be an object")
    return value


def number(body: Mapping[str, Any], name: str) -> int | None:
    """A member that is a 32-bit integer, also as a text. None if missing or null."""
    value = body[name] if name in body else _folded(body).get(name.lower())
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise wrong(name, "must be an int32")
    return int32(str(value), name)


def required(value: str | None, name: str) -> str:
    """The value of a required parameter. INVALID_PARAMETER if it is missing."""
    if value is None:
        raise wrong(name, "is required")
    return value


def query(request: WireRequest) -> Mapping[str, str]:
    """The query parameters by their lower-case names, without empty ones."""
    return request.query_values() if request.query else {}


def selection(values: Mapping[str, str]) -> fields.Selection | None:
    """The members that the client wants in the response; None means all. INVALID_PARAMETER."""
    wanted = values.get(fields.NAME.lower())
    return fields.parse(wanted) if wanted else None


def optional_id(values: Mapping[str, str], name: str) -> int | None:
    """An id in the query, None if there is none. INVALID_PARAMETER."""
    value = values.get(name.lower())
    return None if value is None else int32(value, name)


def int32(value: str, name: str) -> int:
    """A 32-bit integer. INVALID_PARAMETER."""
    if not _INT32.fullmatch(value) or not _LEAST <= int(value) <= _MOST:
        raise wrong(name, "must be an int32")
    return int(value)


def _folded(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in body.items()}


def _expect_json(request: WireRequest) -> None:
    kind = request.content_type()
    if kind and kind != "text/plain" and not kind.endswith(("/json", "+json")):
        raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
