"""Reads the bodies of requests, and reports each invalid member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct

from reticket.core.errors import Code, Refusal
from reticket.wire import WireRequest, parse_json

S = TypeVar("S", bound=Struct)


class Invalid(Refusal):
    """Members of a body are not valid.

    Args:
        faults: the messages about each member, by its name.
    """

    def __init__(self, faults: Mapping[str, list[str]]) -> None:
        super().__init__(Code.INVALID_PARAMETER)
        self.faults = faults


def read(request: WireRequest, kind: type[S]) -> S:
    """The body as a Struct, all of whose members are non-empty strings.

    Raises:
        Refusal: MALFORMED, UNSUPPORTED_MEDIA_TYPE.
        Invalid: the body is no object, or a member is not valid.
    """
    members, faults = _object(request), {}
    names = kind.__struct_encode_fields__
    for name in names:
        value = members.get(name)
        if value is None or value == "":
            faults[name] = ["is required"]
        elif not isinstance(value, str):
            faults[name] = ["must be a string"]
    if faults:
        raise Invalid(faults)
    return kind(*map(members.get, names))


def _object(request: WireRequest) -> Mapping[str, Any]:
    """A body without a content type is read as JSON. An empty body is an object without members."""
    content_type = request.content_type()
    if content_type and not content_type.endswith(("/json", "+json")):
        raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
    value = parse_json(request.body) if request.body else {}
    if not isinstance(value, dict):
        raise Invalid({"body": ["must be an object"]})
    return value
