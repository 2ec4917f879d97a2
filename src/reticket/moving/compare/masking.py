"""A recorded request without secrets and without people: each is replaced by one that is wrong.

A server then refuses it as it refuses any wrong password and any unknown token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from reticket.moving.compare.forms import is_jwt, looks_secret
from reticket.moving.compare.names import is_login, is_sent_secret

NOBODY = "nobody@example.invalid"
"""Nobody's e-mail address: no server sends a message there (RFC 2606 §2)."""

MADE_JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub2JvZHkiLCJleHAiOjQxMDI0NDQ4MDB9."
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
MADE_TOKEN = "Made0Token1That2Nobody3Has4Ever5Issued6Here"  # noqa: S105 - a wrong one
MADE_WORD = "a wrong word"

FORM = "application/x-www-form-urlencoded"
UNSENT = frozenset({
    "accept-encoding", "connection", "content-length", "cookie", "expect", "forwarded", "host",
    "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers of a recording that are not sent: of the connection, and what proves who is there.
Those that begin with `x-forwarded-`, `sec-` and `:` are neither.
"""

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_HEX = re.compile(r"[0-9a-fA-F-]{16,}")


class UnknownBody(ValueError):
    """A body is of a kind in which secrets cannot be found."""


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are sent, without secrets."""
    kept = {name: text for name, text in headers.items() if not _is_unsent(name.lower())}
    return {name: masked_header(name, text) for name, text in kept.items()}


def masked_header(name: str, text: str) -> str:
    """The value of one header, without secrets; a scheme before a token stays."""
    scheme, blank, token = text.partition(" ")
    if name.lower() == "authorization" and blank and " " not in token:
        return f"{scheme} {wrong(token)}"
    return masked_text(name, text)


def masked_path(path: str) -> str:
    """A path with its query, without secrets."""
    place, mark, query = path.partition("?")
    parts = (quote(masked_text("", unquote(part)), safe=":@") for part in place.split("/"))
    return "/".join(parts) + (mark and f"?{masked_form(query)}")


def masked_body(body: str, content_type: str) -> str:
    """A body, without secrets. UnknownBody."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return body
    if kind == FORM:
        return masked_form(body)
    try:
        return json.dumps(masked_value("", json.loads(body)))
    except (ValueError, RecursionError):
        raise UnknownBody from None


def masked_form(text: str) -> str:
    """A form or a query, without secrets."""
    pairs = parse_qsl(text, keep_blank_values=True)
    has_secret = any(is_sent_secret(name) for name, _ in pairs)
    return urlencode(
        [(name, masked_text(name, said, beside_secret=has_secret)) for name, said in pairs]
    )


def masked_value(name: str, value: Any, *, beside_secret: bool = False) -> Any:
    """A JSON value of that name, without secrets. A login beside a secret is somebody's."""
    if isinstance(value, dict):
        found = any(is_sent_secret(key) for key in value)
        return {key: masked_value(key, said, beside_secret=found) for key, said in value.items()}
    if isinstance(value, list):
        return [masked_value(name, said, beside_secret=beside_secret) for said in value]
    if isinstance(value, str):
        return masked_text(name, value, beside_secret=beside_secret)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return 0 if is_number and is_sent_secret(name) else value


def masked_text(name: str, text: str, *, beside_secret: bool = False) -> str:
    """A value of that name, without secrets. A login beside a secret is somebody's."""
    if text and (is_sent_secret(name) or looks_secret(text) or is_jwt(text)):
        return wrong(text)
    if _EMAIL.fullmatch(text) or (text and beside_secret and is_login(name)):
        return NOBODY
    return text


def wrong(secret: str) -> str:
    """A secret of the same form that is nobody's."""
    if is_jwt(secret):
        return MADE_JWT
    if _HEX.fullmatch(secret) or secret.isdigit():
        return re.sub(r"[0-9a-fA-F]", "0", secret)
    return MADE_TOKEN if looks_secret(secret) else MADE_WORD


def _is_unsent(name: str) -> bool:
    return name in UNSENT or name.startswith(("x-forwarded-", "sec-", ":"))
