"""Parsing of forms and queries: each parameter once, and an empty one counts as absent (RFC
6749 §3.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reticket.core.errors import Code, Refusal, wrong
from reticket.wire import WireRequest, parse_pairs

FORM = "application/x-www-form-urlencoded"
MAX_VALUE_LENGTH = 8192
"""Characters of one parameter, with all its values. Each name of an audience is parsed."""

REPEATABLE = frozenset({"resource", "audience"})
"""Parameters that may be repeated (RFC 8707 §2, RFC 8693 §2.1); spaces join the values."""

UNNAMED = "A parameter"
"""The subject of a message about a name that the caller chose: the response does not repeat it."""

Form = Mapping[str, str]


def read_form(request: WireRequest) -> Form:
    """The parameters of a form body (RFC 6749 §3.2); none when the body is empty.

    Raises:
        Refusal: UNSUPPORTED_MEDIA_TYPE; MALFORMED; INVALID_PARAMETER for a repeated or too long
            parameter.
    """
    if request.body and request.content_type() != FORM:
        raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
    return parse_parameters(parse_pairs(request.body))


def read_query(request: WireRequest) -> Form:
    """The parameters of the query.

    Raises:
        Refusal: MALFORMED; INVALID_PARAMETER for a repeated or too long parameter.
    """
    return parse_parameters(parse_pairs(request.query))


def parse_parameters(pairs: Iterable[tuple[str, str]]) -> Form:
    """The parameters in the pairs of a form; empty values count as absent.

    Raises:
        Refusal: INVALID_PARAMETER for a repeated or too long parameter.
    """
    found: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in pairs:
        if len(value) > MAX_VALUE_LENGTH or "\0" in value:
            raise wrong(UNNAMED, "is too long, or has a NUL in it")
        if name not in found:
            found[name] = value
        elif name in REPEATABLE:
            repeated.setdefault(name, [found[name]]).append(value)
        else:
            raise wrong(UNNAMED, "is repeated")
    for name, values in repeated.items():
        found[name] = " ".join(filter(None, values))
        if len(found[name]) > MAX_VALUE_LENGTH:
            raise wrong(UNNAMED, "is too long in all")
    return {name: value for name, value in found.items() if value}


def expect_short(form: Form, name: str, most: int) -> None:
    """Refuse a parameter of more than so many bytes, which would be stored.

    Raises:
        Refusal: INVALID_PARAMETER.
    """
    if len(form.get(name, "").encode("utf-8", "surrogatepass")) > most:
        raise wrong(name, f"is longer than {most} bytes")


def required(form: Form, name: str) -> str:
    """A parameter that must be present.

    Raises:
        Refusal: INVALID_PARAMETER.
    """
    value = form.get(name)
    if value is None:
        raise wrong(name, "is missing")
    return value
