"""`/oauth/userinfo` (OpenID Connect Core §5.3): the claims of a person that the token permits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from reticket.core.commands import Asking, InspectAccess, SignJwt
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import AccessToken, Holder
from reticket.core.people import Client, User
from reticket.core.storage.budget import of_account
from reticket.dialects.oauth.document import FAILURES_OF_SCOPE, describe_endpoint
from reticket.dialects.oauth.endpoints.client_authentication import expect_enabled
from reticket.dialects.oauth.endpoints.proof import Proof, spend_proof, verify_proof
from reticket.dialects.oauth.endpoints.readers import pages_of_token
from reticket.dialects.oauth.errors import (
    NO_STORE,
    OAuthError,
    audited,
    insufficient_scope,
    oauth_error,
)
from reticket.dialects.oauth.inputs import FORM, read_form
from reticket.oauth.audiences import audiences_in
from reticket.oauth.lists import split_list
from reticket.oauth.mapped_claims import mapped_claims
from reticket.oauth.membership import is_member, may_use
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.oauth.terms import OPENID, Terms, terms_of, userinfo_claims
from reticket.wire import Described, Operation, Route, WireRequest, WireResponse

PATH = "/userinfo"
BEARER, DPOP = "bearer", "dpop"
JSON, JWT = "application/json", "application/jwt"

T = TypeVar("T")


class UserInfo(msgspec.Struct, omit_defaults=True):
    """OpenID Connect Core §5.1."""

    sub: str
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    middle_name: str | None = None
    nickname: str | None = None
    preferred_username: str | None = None
    profile: str | None = None
    picture: str | None = None
    website: str | None = None
    gender: str | None = None
    birthdate: str | None = None
    zoneinfo: str | None = None
    locale: str | None = None
    updated_at: int | None = None
    email: str | None = None
    email_verified: bool | None = None
    address: dict[str, str] | None = None
    phone_number: str | None = None
    phone_number_verified: bool | None = None


class UserInfoForm(msgspec.Struct, omit_defaults=True):
    """RFC 6750 §2.2: the access token of a request without an `Authorization` header."""

    access_token: str | None = None


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint, with both methods."""
    operate = audited(USER, _serve_userinfo(provider))
    readers = pages_of_token(provider, lambda request: _presented_token(request)[1])
    return (
        Route("GET", PATH, operate, _described(), readers),
        Route("POST", PATH, operate, _described(UserInfoForm), readers),
    )


def _described(body: Any = None) -> Described:
    described = describe_endpoint(
        "Who the person is",
        "authorization",
        {200: UserInfo},
        body,
        media_types=(JSON, JWT),
        security=({"bearer": ()},),
        failures=FAILURES_OF_SCOPE,
    )
    return replace(described, body_required=False)


def _serve_userinfo(provider: Provider) -> Callable[[WireRequest], Operation]:
    def operate(request: WireRequest) -> Operation:
        scheme, token = _presented_token(request)
        proof = (yield from _verified_proof(request, provider, token)) if scheme == DPOP else None
        access, holder, terms, client = yield from _inspected_token(token)
        registration = registration_of(client, provider)
        if not may_use(holder, registration):
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.GROUP_REQUIRED)
        if _jkt_of(access) != (proof and proof.jkt):
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_PROOF)
        if provider.issuer not in audiences_in(access.claims):  # RFC 9068 §4
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_TARGET)
        scopes = split_list(str(access.claims.get("scope", "")))
        if OPENID not in scopes or not isinstance(holder, User):
            raise insufficient_scope("DPoP" if scheme == DPOP else "Bearer", OPENID)
        if proof is not None:
            yield from _as_unauthorized(spend_proof(proof, of_account(access.subject)))
        claims = userinfo_claims(holder, scopes, terms.userinfo)
        claims |= mapped_claims(registration.claims, holder, access.context)
        return (yield from _answer(claims, registration, provider))

    return operate


def _answer(claims: dict[str, object], registration: Registration, provider: Provider) -> Operation:
    """The claims, signed when the client has registered for that (OpenID Connect Core §5.3.2).

    The JWT has no `typ`: it is no ID token.
    """
    if registration.userinfo_alg is None:
        return WireResponse(200, msgspec.json.encode(claims), headers=NO_STORE)
    said = {**claims, "iss": provider.issuer, "aud": registration.id}
    text = yield from SignJwt(said, registration.userinfo_alg)
    return WireResponse(200, text.encode(), JWT.encode(), NO_STORE)


def _presented_token(request: WireRequest) -> tuple[str, str]:
    """The scheme and the token: of the only `Authorization` header (RFC 6750 §2.1), or of the form
    of a POST (§2.2). A token in the query is ignored (RFC 9700 §4.3.2).

    Raises:
        OAuthError: `invalid_request` when both have one (RFC 6750 §2); `invalid_token`.
    """
    form = request.method == "POST" and request.content_type() == FORM
    token = read_form(request).get("access_token") if form else None
    if token is None:
        return _token_of_header(request)
    if request.header(b"authorization") is not None:
        raise OAuthError("invalid_request", "There are two access tokens.")
    return BEARER, token


def _token_of_header(request: WireRequest) -> tuple[str, str]:
    values = [value for name, value in request.headers if name == b"authorization"]
    scheme, _, token = (values[0] if len(values) == 1 else b"").decode("latin-1").partition(" ")
    if scheme.lower() not in (BEARER, DPOP):
        raise oauth_error(Code.INVALID_ACCESS_TOKEN, None)
    return scheme.lower(), token.strip()


def _verified_proof(request: WireRequest, provider: Provider, token: str) -> Asking[Proof]:
    """The proof for a token with the scheme `DPoP`; it is not marked as used yet."""
    proof = yield from _as_unauthorized(verify_proof(request, provider, PATH, access_token=token))
    if proof is None:
        raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_PROOF)
    return proof


def _as_unauthorized(verification: Asking[T]) -> Asking[T]:
    """Raise an invalid proof as 401 (RFC 9449 §7.1, §9)."""
    try:
        return (yield from verification)
    except OAuthError as refusal:
        _, error_code, description = refusal.failure
        raise OAuthError(
            error_code, description, refusal.cause, status=401, headers=refusal.headers
        ) from refusal


def _inspected_token(token: str) -> Asking[tuple[AccessToken, Holder, Terms, Client]]:
    """The token, its holder, the terms of its session, and its client. A token that a client got
    for itself is valid too, and has never `openid`.
    """
    try:
        access, holder, row = yield from InspectAccess((USER, CLIENT), token, revocation_key)
        client_id = str(access.claims["client_id"])
        client = yield from expect_enabled(client_id, Code.INVALID_ACCESS_TOKEN)
    except Refusal as refusal:
        raise oauth_error(refusal.code, refusal.cause) from refusal
    if not is_member(holder, access.context):
        raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.NO_ACCESS)
    return access, holder, terms_of(row.terms if row else None), client


def _jkt_of(access: AccessToken) -> object:
    """The thumbprint of the key to which the token is bound (RFC 9449 §6.1), or None."""
    confirmation = access.claims.get("cnf")
    return confirmation.get("jkt") if isinstance(confirmation, dict) else None
