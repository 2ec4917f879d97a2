"""A JWT that a client has signed (RFC 7515): its header and its signature.

Only the registration gives the keys, and a key gives the algorithm (RFC 8725 §3.1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from reticket.core.commands import Asking
from reticket.core.errors import Cause
from reticket.core.people import Client
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.dialects.oauth.endpoints.fetched_keys import find_keys

CLOCK_LEEWAY = 30
"""Seconds by which the clock of a client may be ahead."""

_HEADER_PARAMETERS = frozenset({"alg", "kid", "typ", "cty", "x5t", "x5t#S256"})
"""Accepted header parameters: no `crit`, no `b64`, no key and no address of a key."""

T = TypeVar("T")


class SignedJwt(NamedTuple):
    """The payload of a JWT, and the algorithm of the key that has signed it."""

    algorithm: str
    payload: bytes


def verified_jwt(text: str, client: Client, types: Collection[str]) -> Asking[SignedJwt | Cause]:
    """The JWT, or the cause why it is not accepted.

    Args:
        text: three parts in base64url.
        client: whose registered keys may have signed it.
        types: accepted `typ` in lower case; a JWT without one has the type `jwt`.
    """
    parts = split_jwt(text)
    header = _header(parts[0], types) if parts else None
    payload, signature = (from_text(parts[1]), from_text(parts[2])) if parts else (None, None)
    if parts is None or header is None or payload is None or signature is None:
        return Cause.FORGED
    keys = yield from find_keys(client, header)
    if isinstance(keys, Cause):
        return keys
    signed = f"{parts[0]}.{parts[1]}".encode()
    signers = (key.algorithm for key in keys if key.verify(signature, signed))
    algorithm = next(signers, None)
    return SignedJwt(algorithm, payload) if algorithm else Cause.FORGED


def decoded(data: bytes | None, model: type[T]) -> T | None:
    """JSON as that type, or None for anything else."""
    try:
        return None if data is None else msgspec.json.decode(data, type=model)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _header(text: str, types: Collection[str]) -> Mapping[str, Any] | None:
    """The header, or None when it has a parameter or a type that is not accepted."""
    header = decoded(from_text(text), dict[str, Any])
    if header is None or not header.keys() <= _HEADER_PARAMETERS:
        return None
    return header if str(header.get("typ", "JWT")).lower() in types else None
