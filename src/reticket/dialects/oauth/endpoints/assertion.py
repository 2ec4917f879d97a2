"""`private_key_jwt` (RFC 7523 §3): a client authenticates by a JWT that its own key has signed.

Only the registration gives the keys, and a key gives the algorithm (RFC 8725 §3.1).
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
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.dialects.oauth.endpoints.fetched_keys import find_keys
from reticket.dialects.oauth.inputs import Form, required
from reticket.oauth.provider import BASE, Provider
from reticket.oauth.registration import owner_of, registration_of
from reticket.wire import WireRequest

ASSERTION, ASSERTION_TYPE = "client_assertion", "client_assertion_type"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

MAX_LIFETIME = 3600
"""Seconds from now to `exp`; the libraries of clients choose this by default."""

CLOCK_LEEWAY = 30
"""Seconds by which the clock of a client may be ahead."""

_HEADER_PARAMETERS = frozenset({"alg", "kid", "typ", "cty", "x5t", "x5t#S256"})
"""Accepted header parameters: no `crit`, no `b64`, no key and no address of a key."""


_TYPES = frozenset({"jwt", "client-authentication+jwt"})
"""Accepted `typ`: a proof or a token is no assertion (RFC 8725 §3.11)."""

T = TypeVar("T")


class AssertionClaims(msgspec.Struct, frozen=True):
    """The claims of an assertion (RFC 7523 §3)."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    jti: str
    nbf: float = 0.0
    iat: float = 0.0


def claimed_client_id(form: Form) -> str | None:
    """The `sub` of an assertion that is not verified yet, or None for a malformed one.

    Raises:
        Refusal: INVALID_PARAMETER for another assertion type.
    """
    if required(form, ASSERTION_TYPE) != JWT_BEARER:
        raise wrong(ASSERTION_TYPE, "is not supported")
    parts = split_jwt(required(form, ASSERTION))
    claims = _claims(parts[1]) if parts else None
    return claims.sub if claims else None


def verification_fault(
    request: WireRequest, form: Form, client: Client, provider: Provider
) -> Asking[Cause | None]:
    """The first fault of an assertion, or None when it is valid.

    Its signature, client, audience and times must be right, and its `jti` must be new. A valid
    assertion is marked as used.
    """
    claims = yield from _verified_claims(form[ASSERTION], client)
    if isinstance(claims, Cause):
        return claims
    is_from_client = claims.iss == claims.sub == client.id
    if not (is_from_client and _is_addressed(claims, request, client, provider)):
        return Cause.WRONG_TARGET
    now = (yield from Now()) / SECOND
    if not (
        now < claims.exp <= now + MAX_LIFETIME and max(claims.nbf, claims.iat) <= now + CLOCK_LEEWAY
    ):
        return Cause.EXPIRED
    digest = hashlib.sha256(f"{client.id}\0{claims.jti}".encode()).hexdigest()
    lifetime = math.ceil(claims.exp - now) + 1
    mark_key = f"oauth:assertion:{digest}"
    # a mark that ends much later would look like one of a clock that ran ahead
    is_known = (yield from Peek(mark_key)) is not None
    owner = owner_of(registration_of(client, provider))
    is_first = not is_known and (yield from PutIfAbsent(mark_key, "", lifetime, owner))
    return None if is_first else Cause.USED


def _accepted_audiences(request: WireRequest, provider: Provider) -> frozenset[str]:
    """The issuer, the token endpoint and the endpoint of the request (RFC 9126 §2)."""
    path = request.path.removeprefix(BASE)
    return frozenset({provider.issuer, provider.url("/token"), provider.url(path)})


def _is_addressed(
    claims: AssertionClaims, request: WireRequest, client: Client, provider: Provider
) -> bool:
    """Whether every audience is this service: no other one could present the assertion here.

    FAPI 2.0 Security Profile §5.3.2.1 wants the issuer as a string.
    """
    if registration_of(client, provider).issuer_audience:
        return claims.aud == provider.issuer
    audience = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    return bool(audience) and audience <= _accepted_audiences(request, provider)


def _verified_claims(text: str, client: Client) -> Asking[AssertionClaims | Cause]:
    parts = split_jwt(text)
    header = _header(parts[0]) if parts else None
    signature = from_text(parts[2]) if parts else None
    if parts is None or header is None or signature is None:
        return Cause.FORGED
    keys = yield from find_keys(client, header)
    if isinstance(keys, Cause):
        return keys
    signed = f"{parts[0]}.{parts[1]}".encode()
    is_signed = any(key.verify(signature, signed) for key in keys)
    return (_claims(parts[1]) if is_signed else None) or Cause.FORGED


def _header(text: str) -> Mapping[str, Any] | None:
    """The header, or None when it has a parameter or a type that is not accepted."""
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
