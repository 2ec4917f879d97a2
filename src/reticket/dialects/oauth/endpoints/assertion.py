"""`private_key_jwt` (RFC 7523 §3): a client proves who it is by a signature of its own key.

Keys come from the registration alone, and the algorithm from the key (RFC 8725 §3.1).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from reticket.core.commands import Asking, Now, Peek, PutIfAbsent
from reticket.core.errors import Cause, wrong
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.core.storage.budget import of_client
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.dialects.oauth.endpoints.client_keys import keys_of
from reticket.dialects.oauth.inputs import Form, required
from reticket.oauth.provider import BASE, Provider
from reticket.wire import WireRequest

ASSERTION, ASSERTION_TYPE = "client_assertion", "client_assertion_type"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

MAX_LIFETIME = 3600
"""Seconds that an assertion may live: what the libraries of clients choose by default."""

CLOCK_LEEWAY = 30
"""Seconds by which a client's clock may be ahead."""

_HEADER_PARAMETERS = frozenset({"alg", "kid", "typ", "cty", "x5t", "x5t#S256"})
"""`crit`, `b64` and whatever would bring a key or its address along are refused."""


_TYPES = frozenset({"jwt", "client-authentication+jwt"})
"""A proof of possession, or a token, is no assertion (RFC 8725 §3.11)."""

T = TypeVar("T")


class AssertionClaims(msgspec.Struct, frozen=True):
    """RFC 7523 §3."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    jti: str
    nbf: float = 0.0
    iat: float = 0.0


def claimed_client_id(form: Form) -> str | None:
    """Who an assertion says it is, not verified yet; None for what is no assertion.
    INVALID_PARAMETER for another kind of one.
    """
    if required(form, ASSERTION_TYPE) != JWT_BEARER:
        raise wrong(ASSERTION_TYPE, "is not supported")
    parts = split_jwt(required(form, ASSERTION))
    claims = _claims(parts[1]) if parts else None
    return claims.sub if claims else None


def verification_fault(
    request: WireRequest, form: Form, client: Client, provider: Provider
) -> Asking[Cause | None]:
    """Why the assertion is not this client's, for us, at its time, and never seen before; None
    for one that is all that.
    """
    claims = _verified_claims(form[ASSERTION], client)
    if claims is None:
        return Cause.FORGED
    if not _identifies(claims, client, _accepted_audiences(request, provider)):
        return Cause.WRONG_TARGET
    now = (yield from Now()) / SECOND
    if not (
        now < claims.exp <= now + MAX_LIFETIME and max(claims.nbf, claims.iat) <= now + CLOCK_LEEWAY
    ):
        return Cause.EXPIRED
    digest = hashlib.sha256(f"{client.id}\0{claims.jti}".encode()).hexdigest()
    lifetime = math.ceil(claims.exp - now) + 1
    mark_key = f"oauth:assertion:{digest}"
    # the mark of one that ends much later would be taken for one of a clock that ran ahead
    is_known = (yield from Peek(mark_key)) is not None
    is_first = not is_known and (
        yield from PutIfAbsent(mark_key, "", lifetime, of_client(client.id))
    )
    return None if is_first else Cause.USED


def _accepted_audiences(request: WireRequest, provider: Provider) -> frozenset[str]:
    """Who we are: the issuer, the token endpoint, and the one that was asked (RFC 9126 §2)."""
    path = request.path.removeprefix(BASE)
    return frozenset({provider.issuer, provider.url("/token"), provider.url(path)})


def _identifies(claims: AssertionClaims, client: Client, accepted: frozenset[str]) -> bool:
    """All of its audience is us: nobody else could present it here."""
    audience = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    return claims.iss == claims.sub == client.id and bool(audience) and audience <= accepted


def _verified_claims(text: str, client: Client) -> AssertionClaims | None:
    parts = split_jwt(text)
    header = _header(parts[0]) if parts else None
    signature = from_text(parts[2]) if parts else None
    if parts is None or header is None or signature is None:
        return None
    signed = f"{parts[0]}.{parts[1]}".encode()
    is_signed = any(
        key.matches(header) and key.verify(signature, signed) for key in keys_of(client)
    )
    return _claims(parts[1]) if is_signed else None


def _header(text: str) -> Mapping[str, Any] | None:
    """One that says nothing that we do not understand, or would have to follow."""
    header = _decoded(text, dict[str, Any])
    if header is None or not header.keys() <= _HEADER_PARAMETERS:
        return None
    return header if str(header.get("typ", "JWT")).lower() in _TYPES else None


def _claims(text: str) -> AssertionClaims | None:
    claims = _decoded(text, AssertionClaims)
    return claims if claims is not None and claims.jti.isprintable() else None


def _decoded(text: str, model: type[T]) -> T | None:
    data = from_text(text)
    try:
        return None if data is None else msgspec.json.decode(data, type=model)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
