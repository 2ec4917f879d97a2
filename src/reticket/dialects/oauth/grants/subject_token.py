"""The subject token of a token exchange (RFC 8693 §2.1): its session and its limits.

Reading one uses nothing up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reticket.core.commands import Asking, InspectAccess, ReadRefresh
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import AccessToken, Family, Holder, RefreshToken
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants.limits import check_audiences, check_scope
from reticket.dialects.oauth.grants.refresh import expect_redeemable
from reticket.dialects.oauth.grants.token_request import TokenRequest
from reticket.dialects.oauth.inputs import required
from reticket.oauth.actors import actors_in
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER
from reticket.oauth.registration import Registration, allowed_audiences
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.oauth.terms import SCOPE, terms_of

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
JWT = "urn:ietf:params:oauth:token-type:jwt"
REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token"  # noqa: S105


class SubjectToken(NamedTuple):
    """A subject token.

    Args:
        family: the id of its session.
        context: the id of its tenant, or None.
        scopes: of an access token; empty when those of the session hold.
        audiences: of an access token; empty when those of the session hold.
        refresh: the content of a refresh token, or None.
        client: the client that an access token was issued to; empty for a refresh token.
        jkt: thumbprint of the key to which an access token is bound, or None.
        actors: the clients that act for the person of an access token, the newest first.
        expires_at: the end of an access token, in milliseconds.
        holder: the person of an access token, or None for a refresh token.
        session_client: the client of the session of an access token.
    """

    family: bytes
    context: str | None
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    refresh: RefreshToken | None = None
    client: str = ""
    jkt: str | None = None
    actors: tuple[str, ...] = ()
    expires_at: int = 0
    holder: Holder | None = None
    session_client: str | None = None

    def is_delegated_to(self, registration: Registration) -> bool:
        """Whether it is an access token that the client did not get for a session of its own. Then
        somebody has sent it to the client.
        """
        return self.refresh is None and (self.client != registration.id or bool(self.actors))

    def check_key(self, request: TokenRequest) -> None:
        """Check that the proof is by the key of an access token.

        Raises:
            OAuthError: `invalid_request`.
        """
        if self.jkt is not None and (request.proof is None or request.proof.jkt != self.jkt):
            raise invalid_subject_token(Cause.WRONG_PROOF)

    def check_request(
        self,
        request: TokenRequest,
        row: Family,
        now: int,
        requested_scopes: tuple[str, ...],
        requested_audiences: tuple[str, ...],
    ) -> None:
        """Check that the request stays within the scope of the token and the audiences of the
        consent.

        Raises:
            Refusal: INVALID_TOKEN for a used refresh token, and for an unbound access token of a
                public client.
            OAuthError: `invalid_scope`, `invalid_target`.
        """
        terms = terms_of(row.terms)
        if self.refresh is not None:
            expect_redeemable(row, self.refresh, now, request)
        elif terms.jkt is None and not request.registration.confidential:
            # a resource server that got this token could pose as the client, with its own key
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        check_scope(requested_scopes, self.scopes or split_list(row.scope or ""), audited=True)
        check_audiences(
            requested_audiences,
            allowed_audiences(terms.audiences, request.registration, request.provider),
            audited=True,
        )


def read_subject_token(request: TokenRequest) -> Asking[SubjectToken]:
    """The token in the parameter `subject_token`.

    Raises:
        Refusal: INVALID_PARAMETER.
        OAuthError: `invalid_request` (RFC 8693 §2.2.2).
    """
    text = required(request.form, "subject_token")
    readers = {
        ACCESS_TOKEN: _read_access_token,
        JWT: _read_access_token,
        REFRESH_TOKEN: _read_refresh_token,
    }
    reader = readers.get(required(request.form, "subject_token_type"))
    if reader is None:
        raise wrong("subject_token_type", "is not supported")
    try:
        return (yield from reader(text))
    except Refusal as refusal:
        raise invalid_subject_token(refusal.cause) from refusal


def invalid_subject_token(cause: Cause | None, *, audited: bool = False) -> OAuthError:
    """`invalid_request` for every fault of the token (RFC 8693 §2.2.2)."""
    return OAuthError("invalid_request", "The subject token is not valid.", cause, audited=audited)


def _read_refresh_token(text: str) -> Asking[SubjectToken]:
    token: RefreshToken = yield from ReadRefresh(USER, text)
    return SubjectToken(token.family, token.context, refresh=token)


def _read_access_token(text: str) -> Asking[SubjectToken]:
    token: AccessToken
    token, holder, row = yield from InspectAccess((USER,), text, revocation_key)
    claims: Mapping[str, Any] = token.claims
    audience = claims["aud"]
    return SubjectToken(
        token.family,
        token.context,
        scopes=split_list(claims.get(SCOPE, "")),
        audiences=(audience,) if isinstance(audience, str) else tuple(audience),
        client=claims["client_id"],
        jkt=claims.get("cnf", {}).get("jkt"),
        actors=actors_in(claims),
        expires_at=token.expires_at,
        holder=holder,
        session_client=row.client if row else None,
    )
