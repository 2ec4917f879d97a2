"""Request objects (RFC 9101, OpenID Connect Core §6): JWTs of a client whose claims are the
parameters of its authorization request.

One may come several times, as a browser reloads a page: nothing marks it as used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from reticket.core.commands import Asking, Now
from reticket.core.errors import Cause, Refusal
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationForm
from reticket.dialects.oauth.endpoints.client_jwt import CLOCK_LEEWAY, verified_jwt
from reticket.dialects.oauth.errors import OAuthError
from reticket.oauth.provider import Provider
from reticket.oauth.registration import Registration
from reticket.wire import parse_json

Pairs = Sequence[tuple[str, str]]

REQUEST, REQUEST_URI = "request", "request_uri"

LONGEST_FAPI = 3600
"""Seconds from `nbf` to `exp`, and from `nbf` to now, of a client with a FAPI preset (FAPI 2.0
Message Signing §5.3.1).
"""

_TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
"""Accepted `typ` (RFC 9101 §10.8): no token, proof or assertion is a request object."""

_PARAMETERS = tuple(name for name in AuthorizationForm.__struct_fields__ if name != REQUEST)
_IN_JSON = frozenset({"claims", "registration"})
"""Parameters whose value is an object (OpenID Connect Core §6.1)."""

_UNACCEPTED = {
    Cause.NO_KEYS: "The keys of the client cannot be had.",
    Cause.FORGED: "The request object is no JWT that a registered key of the client has signed.",
}


class _Claims(msgspec.Struct, frozen=True):
    """The claims that are no parameters (RFC 7519 §4.1), and the client; times in seconds."""

    client_id: str | None = None
    iss: str | None = None
    sub: str | None = None
    aud: str | list[str] | None = None
    exp: float | None = None
    nbf: float | None = None
    iat: float | None = None

    @property
    def audiences(self) -> Sequence[str]:
        """All of `aud`."""
        return (self.aud,) if isinstance(self.aud, str) else self.aud or ()


def read_request_object(
    text: str, client: Client, registration: Registration, provider: Provider
) -> Asking[Pairs]:
    """The parameters in a valid request object of the client.

    Raises:
        OAuthError: `invalid_request_object`.
    """
    signed = yield from verified_jwt(text, client, _TYPES)
    if isinstance(signed, Cause):
        raise invalid_object(_UNACCEPTED[signed], signed)
    if signed.algorithm not in registration.request_objects.algorithms:
        sentence = "The request object is signed by an algorithm that the client may not use."
        raise invalid_object(sentence, Cause.FORGED)
    members = _members(signed.payload)
    claims = _claims(members)
    _expect_of_client(claims, client)
    _expect_for_us(claims, registration, provider)
    _expect_in_time(claims, registration, (yield from Now()) / SECOND)
    return tuple(_pairs(members))


def invalid_object(sentence: str, cause: Cause | None = None) -> OAuthError:
    """`invalid_request_object` (RFC 9101 §7)."""
    return OAuthError("invalid_request_object", sentence, cause)


def _members(payload: bytes) -> Mapping[str, Any]:
    try:
        members = parse_json(payload)
    except Refusal:
        members = None
    if not isinstance(members, dict):
        raise invalid_object("The request object has no JSON object.")
    for name in (REQUEST, REQUEST_URI):  # RFC 9101 §4
        if name in members:
            raise invalid_object(f"The request object must not have {name}.")
    return members


def _claims(members: Mapping[str, Any]) -> _Claims:
    try:
        return msgspec.convert(members, _Claims)
    except msgspec.ValidationError:
        raise invalid_object("A claim of the request object has another type.") from None


def _expect_of_client(claims: _Claims, client: Client) -> None:
    """A request object that names its client as the subject would be an assertion (RFC 9101
    §10.8).
    """
    if not {claims.iss, claims.client_id} <= {client.id, None}:
        raise invalid_object("The request object is of another client.", Cause.WRONG_CLIENT)
    if claims.sub == client.id:
        raise invalid_object("sub of the request object must not be the client.", Cause.WRONG_USE)


def _expect_for_us(claims: _Claims, registration: Registration, provider: Provider) -> None:
    is_needed = claims.aud is not None or registration.request_objects.fapi
    if is_needed and provider.issuer not in claims.audiences:
        raise invalid_object("aud of the request object must be the issuer.", Cause.WRONG_TARGET)


def _expect_in_time(claims: _Claims, registration: Registration, now: float) -> None:
    begin = max(claims.nbf or 0, claims.iat or 0)
    if begin > now + CLOCK_LEEWAY or (claims.exp is not None and claims.exp <= now):
        raise invalid_object("The request object is not valid now.", Cause.EXPIRED)
    if registration.request_objects.fapi and not _is_short(claims):
        sentence = f"The request object needs nbf and exp, {LONGEST_FAPI} seconds apart at most."
        raise invalid_object(sentence, Cause.EXPIRED)


def _is_short(claims: _Claims) -> bool:
    """Whether `nbf` and `exp` are there, and near to each other. An object that has not ended is
    then no older than that either.
    """
    if claims.nbf is None or claims.exp is None:
        return False
    return claims.exp <= claims.nbf + LONGEST_FAPI


def _pairs(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The known parameters as those of a form (RFC 9101 §4)."""
    for name in _PARAMETERS:
        if name in members:
            for text in _texts(name, members[name]):
                yield name, text


def _texts(name: str, value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    if name == "max_age" and type(value) is int:
        return (str(value),)
    if name in _IN_JSON and isinstance(value, dict):
        return (msgspec.json.encode(value).decode(),)
    if name == "resource" and isinstance(value, list) and all(type(one) is str for one in value):
        return value
    raise invalid_object(f"{name} of the request object has another type.")
