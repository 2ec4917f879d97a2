"""Proofs of possession (DPoP, RFC 9449 §4.3): all checks that need no memory.

The caller checks whether the `jti` was seen before and whether the nonce is known.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from reticket.verify.jose import Garbage, decoder_of, known_name, public_key, read_compact

TYPE = "dpop+jwt"
WINDOW = 60
"""Seconds by which a proof's time may differ from the local clock, in either direction."""

LONGEST_PROOF = 4096
"""Characters; enough for an RSA key of 4096 bits."""

_PORTS = {"http": 80, "https": 443}
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class InvalidProof(Exception):
    """A proof that is not valid; the message says why and contains no part of the proof."""


class Shown(NamedTuple):
    """The content of a valid proof.

    Args:
        jkt: thumbprint of its key (RFC 7638).
        jti: its unique id, chosen by the client.
        nonce: its nonce, or None.
    """

    jkt: str
    jti: str
    nonce: str | None


class _Claims(msgspec.Struct):
    jti: str
    htm: str
    htu: str
    iat: float
    ath: str | None = None
    nonce: str | None = None


_read_claims = decoder_of(_Claims)


def read_proof(
    text: str, method: str, uri: str, now: float, access_token: str | None = None
) -> Shown:
    """Check a proof for a request.

    Args:
        text: the only `DPoP` header.
        method: of the request, upper case.
        uri: of the request; query and fragment are ignored.
        now: seconds since 1970.
        access_token: the token of the request, if there is one.

    Raises:
        InvalidProof: any check of RFC 9449 §4.3 failed.
    """
    try:
        jkt, claims = _verified(text)
    except Garbage as fault:
        raise InvalidProof(f"the proof {fault}") from None
    ours = normalised(uri)
    if claims.htm != method or ours is None or normalised(claims.htu) != ours:
        raise InvalidProof("the proof is for another request")
    if not abs(now - claims.iat) <= WINDOW:
        raise InvalidProof("the time of the proof is not now")
    if access_token is not None and not _is_for(claims, access_token):
        raise InvalidProof("the proof is for another token")
    return Shown(jkt, claims.jti, claims.nonce)


def normalised(uri: str) -> str | None:
    """A URI without query and fragment (RFC 3986 §6.2.2, §6.2.3); None for any other text."""
    try:
        parts = urlsplit(uri) if uri.isascii() and uri.isprintable() else None
        return _normal(parts) if parts else None
    except ValueError:
        return None


def _verified(text: str) -> tuple[str, _Claims]:
    if len(text) > LONGEST_PROOF:
        raise Garbage("is too long")
    signed = read_compact(text)
    if signed.header.get("typ") != TYPE or not isinstance(signed.header.get("jwk"), dict):
        raise Garbage("is of another type")
    key = public_key(signed.header["jwk"], known_name(signed.header.get("alg")))
    if not key.verify(signed):
        raise Garbage("is not signed by its key")
    claims = _read_claims(signed.payload)
    if not claims.jti:
        raise Garbage("has no name")
    return key.thumbprint(), claims


def _is_for(claims: _Claims, access_token: str) -> bool:
    digest = hashlib.sha256(access_token.encode()).digest()
    said = urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(said, (claims.ath or "").encode())


def _normal(parts: SplitResult) -> str | None:
    default = _PORTS.get(parts.scheme)
    if default is None or not parts.hostname or parts.username is not None or "%" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = _without_dots(_ESCAPED.sub(_unescaped, parts.path)) or "/"
    return f"{parts.scheme}://{host}:{parts.port or default}{path}"


def _unescaped(found: re.Match[str]) -> str:
    meant = chr(int(found[1], 16))
    return meant if _UNRESERVED.fullmatch(meant) else found[0].upper()


def _without_dots(path: str) -> str:
    """RFC 3986 §5.2.4."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment != "..":
            kept += [] if segment == "." else [segment]
        elif len(kept) > 1:
            kept.pop()
    return "/".join(kept)
