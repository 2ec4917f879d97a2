"""`private_key_jwt` (RFC 7523 §3): a client authenticates by a JWT that its own key has signed.

Only the registration gives the keys, and a key gives the algorithm (RFC 8725 §3.1).
"""

from __future__ import annotations

import hashlib
import math

import msgspec

from reticket.core.commands import Asking, Now, Peek, PutIfAbsent
from reticket.core.errors import Cause, wrong
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.core.tokens.faces import from_text, split_jwt
from reticket.dialects.oauth.endpoints.client_jwt import CLOCK_LEEWAY, decoded, verified_jwt
from reticket.dialects.oauth.inputs import Form, required
from reticket.oauth.provider import BASE, Provider
from reticket.oauth.registration import owner_of, registration_of
from reticket.wire import WireRequest

ASSERTION, ASSERTION_TYPE = "client_assertion", "client_assertion_type"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

MAX_LIFETIME = 3600
"""Seconds from now to `exp`; the libraries of clients choose this by default."""

_TYPES = frozenset({"jwt", "client-authentication+jwt"})
"""Accepted `typ`: a proof or a token is no assertion (RFC 8725 §3.11)."""


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
    claims = _claims(from_text(parts[1])) if parts else None
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
    signed = yield from verified_jwt(text, client, _TYPES)
    return signed if isinstance(signed, Cause) else _claims(signed.payload) or Cause.FORGED


def _claims(payload: bytes | None) -> AssertionClaims | None:
    claims = decoded(payload, AssertionClaims)
    return claims if claims is not None and claims.jti.isprintable() else None
