"""Reads forms and queries: every parameter once, an empty one as if it were absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reticket.core.errors import Code, Refusal, wrong
from reticket.wire import WireRequest, parse_pairs

FORM = "application/x-www-form-urlencoded"
MAX_VALUE_LENGTH = 8192
"""Characters of one value; a longer one is no value of anybody's."""

REPEATABLE = frozenset({"resource", "audience"})
"""May come more than once (RFC 8707 §2, RFC 8693 §2.1); the values are joined by spaces."""

UNNAMED = "A parameter"
"""In a sentence: a name that was sent is not sent back."""

Form = Mapping[str, str]


def read_form(request: WireRequest) -> Form:
    """The parameters of a form body (RFC 6749 §3.2); a request without a body has none, whatever
    it says of it. UNSUPPORTED_MEDIA_TYPE, MALFORMED, INVALID_PARAMETER for one that is repeated or
    too long.
    """
    if request.body and request.content_type() != FORM:
        raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
    return parse_parameters(parse_pairs(request.body))


def read_query(request: WireRequest) -> Form:
    """The parameters of the query, likewise."""
    return parse_parameters(parse_pairs(request.query))


def parse_parameters(pairs: Iterable[tuple[str, str]]) -> Form:
    """What the pairs of a form say, empty values as if they were absent. INVALID_PARAMETER for a
    parameter that is repeated or too long.
    """
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if len(value) > MAX_VALUE_LENGTH or "\0" in value:
            raise wrong(UNNAMED, "is too long, or has a NUL in it")
        if name in found and name not in REPEATABLE:
            raise wrong(UNNAMED, "is repeated")
        found.setdefault(name, []).append(value)
    joined = ((name, " ".join(filter(None, values))) for name, values in found.items())
    return {name: value for name, value in joined if value}


def required(form: Form, name: str) -> str:
    """A parameter that must be there. INVALID_PARAMETER."""
    value = form.get(name)
    if value is None:
        raise wrong(name, "is missing")
    return value
