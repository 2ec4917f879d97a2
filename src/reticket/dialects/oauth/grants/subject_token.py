"""The subject token of an exchange (RFC 8693 §2.1): whose session it is of, and what it is good
for itself. Nothing is spent by reading one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reticket.core.commands import Asking, InspectAccess, ReadRefresh
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import AccessToken, Family, RefreshToken
from reticket.dialects.oauth.errors import Denied
from reticket.dialects.oauth.grants.limits import within_scope, within_targets
from reticket.dialects.oauth.grants.refresh import expect_answered
from reticket.dialects.oauth.grants.token_request import TokenRequest
from reticket.dialects.oauth.inputs import required
from reticket.oauth.provider import USER
from reticket.oauth.registration import targets
from reticket.oauth.revoked_access_tokens import void
from reticket.oauth.terms import SCOPE, terms_of
from reticket.oauth.words import words

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token"  # noqa: S105


class Subject(NamedTuple):
    """What a subject token is good for.

    Args:
        context: the tenant that it is for, or None.
        scopes / audiences: of an access token; none where the session's hold.
        refresh: what a refresh token says, or None.
    """

    family: bytes
    context: str | None
    scopes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    refresh: RefreshToken | None = None

    def admit(
        self,
        said: TokenRequest,
        row: Family,
        now: int,
        wanted: tuple[str, ...],
        at: tuple[str, ...],
    ) -> None:
        """Not more scope than it has, no audience beyond what was consented to. INVALID_TOKEN
        for a refresh token that was used before, and for what others may hold as well; Denied.
        """
        granted = terms_of(row.terms)
        if self.refresh is not None:
            expect_answered(row, self.refresh, now, said)
        elif granted.jkt is None and not said.registration.confidential:
            # every service that it was shown to could be its client, with a key of its own
            raise Refusal(Code.INVALID_TOKEN, Cause.WRONG_PROOF)
        within_scope(wanted, self.scopes or words(row.scope or ""), heard=True)
        within_targets(at, targets(granted.audiences, said.registration, said.provider), heard=True)


def read_subject(said: TokenRequest) -> Asking[Subject]:
    """What `subject_token` is. Denied, `invalid_request` (§2.2.2)."""
    text = required(said.form, "subject_token")
    readers = {ACCESS_TOKEN: _of_access, REFRESH_TOKEN: _of_refresh}
    reader = readers.get(required(said.form, "subject_token_type"))
    if reader is None:
        raise wrong("subject_token_type", "is not supported")
    try:
        return (yield from reader(said, text))
    except Refusal as refusal:
        raise no_subject(refusal.cause) from refusal


def no_subject(cause: Cause | None, *, heard: bool = False) -> Denied:
    """`invalid_request`, whatever is wrong with the token (§2.2.2)."""
    return Denied("invalid_request", "The subject token is not valid.", cause, heard=heard)


def _of_refresh(said: TokenRequest, text: str) -> Asking[Subject]:
    token: RefreshToken = yield from ReadRefresh(USER, text)
    return Subject(token.family, token.context, refresh=token)


def _of_access(said: TokenRequest, text: str) -> Asking[Subject]:
    token: AccessToken
    token, _ = yield from InspectAccess((USER,), text, void)
    claims: Mapping[str, Any] = token.claims
    key = claims.get("cnf", {}).get("jkt")
    if key is not None and (said.proof is None or said.proof.jkt != key):
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_PROOF)
    audience = claims["aud"]
    return Subject(
        token.family,
        token.context,
        scopes=words(claims.get(SCOPE, "")),
        audiences=(audience,) if isinstance(audience, str) else tuple(audience),
    )
