"""The subject token of a token exchange (RFC 8693 §2.1): its session and its limits.

Reading one uses nothing up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reticket.core.commands import Asking, InspectAccess, ReadRefresh
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import AccessToken, Family, RefreshToken
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants.limits import check_audiences, check_scope
from reticket.dialects.oauth.grants.refresh import expect_redeemable
from reticket.dialects.oauth.grants.token_request import TokenRequest
from reticket.dialects.oauth.inputs import required
from reticket.oauth.lists import split_list
from reticket.oauth.provider import USER
from reticket.oauth.registration import allowed_audiences
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.oauth.terms import SCOPE, terms_of

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token"  # noqa: S105


class SubjectToken(NamedTuple):
    """A subject token.

    Args:
        family: the id of its session.
        context: the id of its tenant, or None.
        scopes: of an access token; empty when those of the session hold.
        audiences: of an access token; empty when those of the session hold.
        refresh: the content of a refresh token, or None.
    """

    family: bytes
    context: str | None
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    refresh: RefreshToken | None = None

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
    readers = {ACCESS_TOKEN: _read_access_token, REFRESH_TOKEN: _read_refresh_token}
    reader = readers.get(required(request.form, "subject_token_type"))
    if reader is None:
        raise wrong("subject_token_type", "is not supported")
    try:
        return (yield from reader(request, text))
    except Refusal as refusal:
        raise invalid_subject_token(refusal.cause) from refusal


def invalid_subject_token(cause: Cause | None, *, audited: bool = False) -> OAuthError:
    """`invalid_request` for every fault of the token (RFC 8693 §2.2.2)."""
    return OAuthError("invalid_request", "The subject token is not valid.", cause, audited=audited)


def _read_refresh_token(request: TokenRequest, text: str) -> Asking[SubjectToken]:
    token: RefreshToken = yield from ReadRefresh(USER, text)
    return SubjectToken(token.family, token.context, refresh=token)


def _read_access_token(request: TokenRequest, text: str) -> Asking[SubjectToken]:
    token: AccessToken
    token, *_ = yield from InspectAccess((USER,), text, revocation_key)
    claims: Mapping[str, Any] = token.claims
    key = claims.get("cnf", {}).get("jkt")
    if key is not None and (request.proof is None or request.proof.jkt != key):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_PROOF)
    audience = claims["aud"]
    return SubjectToken(
        token.family,
        token.context,
        scopes=split_list(claims.get(SCOPE, "")),
        audiences=(audience,) if isinstance(audience, str) else tuple(audience),
    )
