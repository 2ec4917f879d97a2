"""The headers of an answer as places and their forms. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

from reticket.moving.compare.forms import Hidden, Number, number_form, opaque_form, text_form, words

Headers = Sequence[tuple[str, str]]
Found = Iterator[tuple[tuple[str, ...], str]]

NOT_COMPARED = frozenset({
    "age", "alt-svc", "connection", "content-length", "date", "etag", "keep-alive", "last-modified",
    "nel", "report-to", "server", "server-timing", "strict-transport-security",
    "transfer-encoding", "via", "x-powered-by",
})  # fmt: skip
"""Of the connection, of the proxy in front and of caches: a client of the API reads none."""

LISTS = frozenset({"allow", "cache-control", "vary"})
"""Lists whose order and letter case say nothing (RFC 9110 §5.6.1). Names that begin with
`access-control-` are such lists too.
"""

_PARAMETER = re.compile(r'([\w-]+)="?([^",]*)"?')


def media_type(headers: Headers) -> str:
    """The media type of the body, without parameters."""
    found = dict(headers).get("content-type", "")
    return found.partition(";")[0].strip().lower()


def header_places(headers: Headers, hidden: Hidden) -> Found:
    """The places of all headers that clients read."""
    for said_name, said_value in headers:
        name, value = hidden.without_secrets(said_name), hidden.without_secrets(said_value)
        place = ("header", name)
        if name == "set-cookie":
            yield from _cookie(value, hidden)
        elif name == "location":
            yield from _address(place, value, hidden)
        elif name == "content-type":
            yield place, ";".join(sorted(_tidy(part) for part in value.split(";")))
        elif name == "www-authenticate":
            yield from _challenge(place, value, hidden)
        elif name in LISTS or name.startswith("access-control-"):
            yield place, words(", ".join(sorted(_tidy(part) for part in value.split(","))), hidden)
        elif name not in NOT_COMPARED:
            yield place, _form(value, name, hidden)


def _form(value: str, name: str, hidden: Hidden) -> str:
    if re.fullmatch(r"\d{1,20}", value):
        return number_form(Number(value), name)
    return text_form(value, name, hidden)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


def _cookie(value: str, hidden: Hidden) -> Found:
    """The name of a cookie, the form of its value, and its attributes (RFC 6265 §4.1)."""
    first, *attributes = (part.strip() for part in value.split(";"))
    name, _, said = first.partition("=")
    place = ("cookie", words(name, hidden))
    yield place, opaque_form(said) if said else "empty"
    for attribute in attributes:
        key, _, text = attribute.partition("=")
        yield (*place, key.lower()), _form(text.lower() if key.lower() != "expires" else text,
                                           key.lower(), hidden)  # fmt: skip


def _address(place: tuple[str, ...], value: str, hidden: Hidden) -> Found:
    """Where a redirect leads, and the parameters that it takes along."""
    parts = urlsplit(hidden.cleaned(value))
    yield place, "address"
    yield (*place, "target"), words(parts._replace(query="", fragment="").geturl(), hidden)
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        secret = "secret" if name == "code" else name
        yield (*place, words(name, hidden)), text_form(text, secret, hidden)
    if parts.fragment:
        yield (*place, "fragment"), words(parts.fragment, hidden)


def _challenge(place: tuple[str, ...], value: str, hidden: Hidden) -> Found:
    """The scheme, and its parameters (RFC 9110 §11.6.1)."""
    scheme, _, rest = value.partition(" ")
    yield place, scheme.lower()
    for name, text in _PARAMETER.findall(rest):
        yield (*place, name.lower()), text_form(text, name, hidden)
