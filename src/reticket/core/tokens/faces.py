"""The two formats of a refresh token, opaque (`rtk_…`) and JWT; and the text of any JWT.

Owns encodings and MAC checks only. A text that is not the canonical encoding of its bytes is
refused: one token has one spelling (CVE-2026-27840).
"""

from __future__ import annotations

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Sequence

from reticket.core.model import RefreshToken
from reticket.core.policy import SECOND
from reticket.core.tokens.keys import MacKey

PREFIX = "rtk_"
LONGEST = 4096
"""Characters of an opaque token; a longer text is refused before it is parsed."""

LONGEST_JWT = 8192
"""Characters of a JWT, whose claims may be many."""

TAG_BYTES = 16
_HEAD_BYTES = 4 + 16 + 6 + 8
_DATED = b"\x02"
_DATED_BYTES = 6
_NOT_UTF8 = 1 << 39
"""Set in a token's end time, so that a program without this field cannot read it as a context."""


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/---")
"""To base64; what base64url does not have becomes `-`, which base64 does not have."""


def to_text(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode()


def from_text(text: str) -> bytes | None:
    """The bytes of a canonical base64url text; None for any other text."""
    try:
        encoded = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
        data = a2b_base64(encoded)
    except ValueError:
        return None
    return data if b2a_base64(data, newline=False) == encoded else None


def opaque_text(token: RefreshToken, key: MacKey) -> str:
    """`rtk_` and base64url of key id, family, issue time, generation, end in seconds, context and
    MAC.
    """
    body = key.id + token.family
    body += token.issued_at.to_bytes(6, "big") + token.generation.to_bytes(8, "big")
    if token.expires_at is not None:
        ends = token.expires_at // SECOND | _NOT_UTF8
        body += _DATED + ends.to_bytes(_DATED_BYTES - 1, "big")
    if token.context is not None:
        body += b"=" + token.context.encode()
    return PREFIX + to_text(body + key.mac(body)[:TAG_BYTES])


def read_opaque(text: str, key_of: Callable[[bytes], MacKey | None]) -> RefreshToken | None:
    """The content of an opaque token, or None when no key of this ring made exactly this text.

    Args:
        text: as presented.
        key_of: the key with an id, or None when it is no longer usable.
    """
    if len(text) > LONGEST or not text.startswith(PREFIX):
        return None
    data = from_text(text[len(PREFIX) :])
    if data is None or len(data) < _HEAD_BYTES + TAG_BYTES:
        return None
    body, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
    key = key_of(body[:4])
    if key is None or not hmac.compare_digest(key.mac(body)[:TAG_BYTES], tag):
        return None
    expires_at, context = _read_rest(body[_HEAD_BYTES:])
    return RefreshToken(
        family=body[4:20],
        issued_at=int.from_bytes(body[20:26], "big"),
        generation=int.from_bytes(body[26:34], "big"),
        context=context,
        expires_at=expires_at,
    )


def _read_rest(rest: bytes) -> tuple[int | None, str | None]:
    """The end time, which tokens of older versions do not have, and the context."""
    expires_at = None
    if rest[:1] == _DATED:
        said = int.from_bytes(rest[1:_DATED_BYTES], "big")
        expires_at, rest = (said ^ _NOT_UTF8) * SECOND, rest[_DATED_BYTES:]
    return expires_at, rest[1:].decode() if rest else None


HS256_HEADER = to_text(b'{"alg":"HS256","typ":"JWT"}')


def hs256_text(payload: bytes, key: MacKey) -> str:
    """A JWT with exactly the header `{"alg":"HS256","typ":"JWT"}` (RFC 7515 §3)."""
    signed = f"{HS256_HEADER}.{to_text(payload)}"
    return f"{signed}.{to_text(key.mac(signed.encode()))}"


def read_hs256(text: str, keys: Sequence[MacKey]) -> bytes | None:
    """The payload of a JWT that one of the keys made, or None. All keys are tried, as there is no
    `kid`.
    """
    parts = split_jwt(text)
    if parts is None or parts[0] != HS256_HEADER:
        return None
    header, payload, signature = parts
    presented, signed = from_text(signature), f"{header}.{payload}".encode()
    if presented is None:
        return None
    for key in keys:
        if hmac.compare_digest(key.mac(signed), presented):
            return from_text(payload)
    return None


def split_jwt(text: str) -> tuple[str, str, str] | None:
    """Header, payload and signature of a three-part ASCII text, or None."""
    if len(text) > LONGEST_JWT or not text.isascii():
        return None
    parts = text.split(".")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None
