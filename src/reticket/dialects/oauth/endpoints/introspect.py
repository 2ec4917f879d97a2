"""`/oauth/introspect` (RFC 7662): whether a token is active, for clients that may ask.

The client of a token may ask. For an access token, a client in its audience may ask too, by its id
or by a registered resource. A client that is registered for a kind of token may ask for each token
of that kind, of every dialect. Any other caller gets the response for an unknown token.
Introspection changes nothing: a reused refresh token does not end its session here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from reticket.core.commands import (
    Asking,
    Audit,
    Check,
    DescribeToken,
    DryRunRefresh,
    FindSession,
    FindUserById,
    InspectAccess,
    ReadRefresh,
    Refresh,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import (
    AccessToken,
    Family,
    Holder,
    Place,
    RefreshToken,
    TokenDescription,
)
from reticket.core.people import User
from reticket.core.policy import SECOND
from reticket.core.sessions.rotation import stated_end
from reticket.core.tokens.accepting import CREDENTIAL_VERSION
from reticket.core.tokens.faces import PREFIX
from reticket.dialects.oauth.document import describe_endpoint
from reticket.dialects.oauth.endpoints.client_authentication import (
    authenticate,
    expect_enabled,
    invalid_client,
)
from reticket.dialects.oauth.endpoints.readers import pages_of_client
from reticket.dialects.oauth.endpoints.revoke import RevocationForm
from reticket.dialects.oauth.errors import INTROSPECTION, NO_STORE, audited
from reticket.dialects.oauth.inputs import read_form, required
from reticket.oauth.actors import ACT, actors_in
from reticket.oauth.audiences import audiences_in
from reticket.oauth.delegation_chain import fault_of_chain
from reticket.oauth.mapped_claims import mapped_claims
from reticket.oauth.membership import is_member, may_use
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import REFRESH_TOKEN, Registration, registration_of
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.oauth.standard_claims import user_name_of
from reticket.oauth.terms import terms_of
from reticket.wire import Operation, Route, WireRequest, WireResponse

PATH = INTROSPECTION

Members = Mapping[str, object]


class IntrospectionForm(RevocationForm):
    """RFC 7662 §2.1."""


class Introspection(msgspec.Struct, omit_defaults=True):
    """RFC 7662 §2.2; the response for an inactive token, or for the token of another
    client, has `active` alone. For a token of another dialect it has the kind, and members of
    that dialect.
    """

    active: bool
    token_type: str | None = None
    iss: str | None = None
    sub: str | None = None
    aud: str | list[str] | None = None
    client_id: str | None = None
    username: str | None = None
    scope: str | None = None
    iat: int | None = None
    exp: int | None = None
    jti: str | None = None
    sid: str | None = None
    tid: str | None = None
    auth_time: int | None = None
    acr: str | None = None
    amr: list[str] | None = None
    cnf: dict[str, str] | None = None
    act: dict[str, Any] | None = None
    kind: str | None = None


_OWN = (USER, CLIENT)
INACTIVE = WireResponse(200, b'{"active":false}', headers=NO_STORE)
_encoder = msgspec.json.Encoder()


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint."""
    description = describe_endpoint(
        "Look into a token",
        "tokens",
        {200: Introspection},
        IntrospectionForm,
        security=({"client": ()},),
    )
    operate = audited(USER, _introspect(provider))
    return (Route("POST", PATH, operate, description, pages_of_client(provider)),)


def _introspect(provider: Provider) -> Callable[[WireRequest], Operation]:
    def operate(request: WireRequest) -> Operation:
        form = read_form(request)
        registration, _ = yield from authenticate(request, form, provider)
        if not (registration.confidential and registration.vouched):
            raise invalid_client(Cause.WRONG_CLIENT)
        token = required(form, "token")
        try:
            members = yield from _members(token, registration, provider)
        except Refusal as refusal:
            yield from Audit(USER, "refused", refusal.cause)
            return INACTIVE
        return WireResponse(200, _encoder.encode({"active": True, **members}), headers=NO_STORE)

    return operate


def _members(token: str, registration: Registration, provider: Provider) -> Asking[Members]:
    """The members of a token of OAuth, or else of another dialect."""
    own = _refresh_members if token.startswith(PREFIX) else _access_or_adopted_members
    members = own(token, registration, provider)
    others = tuple([kind for kind in registration.inspects if kind not in _OWN])
    return _or_elsewhere(members, token, others, provider) if others else members


def _access_or_adopted_members(
    token: str, registration: Registration, provider: Provider
) -> Asking[Members]:
    """The members of an access token, or of a refresh token of another system that is adopted."""
    try:
        return (yield from _access_members(token, registration, provider))
    except Refusal as refusal:
        if refusal.cause is not Cause.FORGED:
            raise
        try:
            yield from ReadRefresh(USER, token)
        except Refusal:
            raise refusal from None
    return (yield from _refresh_members(token, registration, provider))


def _or_elsewhere(
    own: Asking[Members], token: str, others: tuple[str, ...], provider: Provider
) -> Asking[Members]:
    """The members by OAuth, or of a token of one of the other kinds."""
    try:
        return (yield from own)
    except Refusal as refusal:
        if refusal.cause is not Cause.FORGED:
            raise
    return (yield from _members_elsewhere(token, others, provider))


def _members_elsewhere(token: str, kinds: tuple[str, ...], provider: Provider) -> Asking[Members]:
    """The members of a token of another dialect, whose names for the holder are its own."""
    said: TokenDescription = yield from DescribeToken(kinds, token, revocation_key)
    row = said.family
    members: dict[str, object] = {"iss": provider.issuer, "kind": said.resource}
    members |= {"token_type": "Bearer"} if said.is_access else {}
    members |= {"client_id": row.client} if row and row.client else {}
    members |= {"scope": row.scope} if row and row.scope else {}
    told = {name: value for name, value in said.members.items() if name != "token_type"}
    return {**told, **_username_of(said.holder), **members}


def _access_members(token: str, registration: Registration, provider: Provider) -> Asking[Members]:
    access: AccessToken
    access, holder, row = yield from InspectAccess(_OWN, token, revocation_key)
    claims = access.claims
    if not is_member(holder, access.context):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.NO_ACCESS)
    owner = registration
    if claims["client_id"] != registration.id:
        if access.resource not in registration.inspects:
            _expect_audience(registration, claims)
        owner = yield from _enabled(str(claims["client_id"]), provider)
    if not may_use(holder, owner):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.GROUP_REQUIRED)
    if row is not None and ACT in claims:
        yield from _expect_chain((row.client, *actors_in(claims)), holder, provider)
    token_type = "DPoP" if "cnf" in claims else "Bearer"
    members = {"token_type": token_type, **_username_of(holder), **claims}
    members.pop(CREDENTIAL_VERSION, None)
    return members


def _username_of(holder: Holder | None) -> Members:
    return {"username": user_name_of(holder)} if isinstance(holder, User) else {}


def _expect_audience(registration: Registration, claims: Members) -> None:
    """Refuse another client's token that is not for this client."""
    names = (registration.id, *registration.resources)
    if not any(each in names for each in audiences_in(claims)):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_CLIENT)


def _enabled(client_id: str, provider: Provider) -> Asking[Registration]:
    """The registration of the client of a token, which must be enabled."""
    client = yield from expect_enabled(client_id, Code.INVALID_ACCESS_TOKEN)
    return registration_of(client, provider)


def _expect_chain(
    clients: Sequence[str | None], holder: Holder, provider: Provider
) -> Asking[None]:
    """Check the client of the session, and all clients that have exchanged its token."""
    cause = yield from fault_of_chain(clients, holder, provider)
    if cause is not None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN, cause)


def _owner(token: str, registration: Registration, provider: Provider) -> Asking[Registration]:
    """The client whose refresh tokens are looked at: the caller, or for a caller that may inspect
    all of them the client of the token.
    """
    if USER not in registration.inspects:
        return registration
    read: RefreshToken = yield from ReadRefresh(USER, token)
    row, _ = yield from FindSession(read.family)
    if row is None or row.client is None:
        raise Refusal(Code.INVALID_TOKEN, Cause.UNKNOWN)
    return (yield from _enabled(row.client, provider))


def _refresh_members(token: str, caller: Registration, provider: Provider) -> Asking[Members]:
    """The members of a refresh token. It is active when a refresh with it would succeed now."""
    registration = yield from _owner(token, caller, provider)
    if not registration.allows(REFRESH_TOKEN):
        raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_GRANT)
    check, groups = _client_check(registration), registration.groups_allowed
    policy = registration.policy
    refresh = Refresh(USER, token, place=Place.TENANT, groups=groups, check=check, policy=policy)
    token_read: RefreshToken
    row: Family
    token_read, row = yield from DryRunRefresh(refresh)
    expires_at = min(stated_end(token_read, registration.policy), row.ends_at)
    user: User | None = yield from FindUserById(row.subject)
    members = _members_of(row, token_read.issued_at, expires_at, provider)
    declared = mapped_claims(registration.claims, user, token_read.context) if user else {}
    return {**_username_of(user), **members, **declared}


def _client_check(registration: Registration) -> Check:
    def check(row: Family, now: int) -> None:
        if row.client != registration.id:
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)

    return check


def _members_of(row: Family, issued_at: int, expires_at: int, provider: Provider) -> Members:
    terms = terms_of(row.terms)
    members: dict[str, object] = {
        "iss": provider.issuer,
        "sub": row.subject,
        "client_id": row.client,
        "scope": row.scope or "",
        "iat": issued_at // SECOND,
        "exp": expires_at // SECOND,
        "sid": row.id.hex(),
    }
    if terms.auth_time:
        members |= {"auth_time": terms.auth_time, "acr": terms.acr, "amr": list(terms.amr)}
    if terms.jkt:
        members["cnf"] = {"jkt": terms.jkt}
    return members
