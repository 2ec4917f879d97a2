"""`authorization_code` (RFC 6749 §4.1.3), with PKCE (RFC 7636) by client: a code works once.

A second use ends the session of the first use (§4.1.2).
"""

from __future__ import annotations

import re

from reticket.core.commands import Asking, Peek
from reticket.core.errors import Cause, Code
from reticket.core.storage.budget import of_account
from reticket.dialects.oauth.errors import OAuthError, oauth_error
from reticket.dialects.oauth.grants.codes import (
    AuthorizationGrant,
    IssuedCode,
    code_key,
    issued_code_key,
    load_grant,
    load_issued_code,
)
from reticket.dialects.oauth.grants.consented_session import (
    begin_session,
    find_consenting_user,
    sessions_of,
)
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.dialects.oauth.inputs import required
from reticket.oauth.grant_use import end_sessions
from reticket.oauth.pkce import challenge_of, count_code_without_pkce, is_proved

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636 §4.1."""


def authorization_code_grant(request: TokenRequest) -> GrantOperation:
    """Exchange a code for tokens. All checks precede the use of the code.

    Raises:
        Refusal: INVALID_PARAMETER.
        OAuthError: `invalid_grant`, `invalid_scope`, `invalid_target`, `invalid_dpop_proof`.
    """
    code, challenge = required(request.form, "code"), _code_challenge_of(request)
    text = yield from Peek(code_key(code))
    if text is None:
        raise (yield from _refuse_missing_code(request, code, challenge))
    grant = load_grant(text)
    _check_grant(request, grant, challenge)
    user = yield from find_consenting_user(request, grant)
    if grant.challenge is None:
        yield from count_code_without_pkce(grant.client_id)
    bound = yield from request.bind_access_token(of_account(grant.subject))
    return (yield from begin_session(request, grant, user, bound, code_key(code)))


def _code_challenge_of(request: TokenRequest) -> str | None:
    """The code challenge of the request's verifier, or None without one.

    Raises:
        OAuthError: `invalid_grant`: a verifier of another form fits no challenge (RFC 7636 §4.6).
    """
    verifier = request.form.get("code_verifier")
    if verifier is None:
        return None
    if not _VERIFIER.fullmatch(verifier):
        raise oauth_error(Code.INVALID_TOKEN, Cause.WRONG_VERIFIER)
    return challenge_of(verifier)


def _check_grant(
    request: TokenRequest, grant: AuthorizationGrant | IssuedCode, challenge: str | None
) -> None:
    """Compare redirect URI, code challenge and key with those of the code.

    Raises:
        OAuthError: `invalid_grant`.
    """
    if request.form.get("redirect_uri") != grant.redirect_uri:
        raise oauth_error(Code.INVALID_TOKEN, Cause.WRONG_REDIRECT)
    if not is_proved(challenge, grant.challenge):
        raise oauth_error(Code.INVALID_TOKEN, Cause.WRONG_VERIFIER)
    if grant.jkt is not None and (request.proof is None or request.proof.jkt != grant.jkt):
        raise oauth_error(Code.INVALID_TOKEN, Cause.WRONG_PROOF)


def _refuse_missing_code(
    request: TokenRequest, code: str, challenge: str | None
) -> Asking[OAuthError]:
    """The refusal of a code that is not stored; a used code ends its session.

    The request must match the code. Otherwise a person who has only seen the address of a redirect
    could end the session.
    """
    text = yield from Peek(issued_code_key(code))
    if text is None:
        return oauth_error(Code.INVALID_TOKEN, Cause.UNKNOWN)
    issued = load_issued_code(text)
    if issued.client_id != request.registration.id:
        return oauth_error(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    _check_grant(request, issued, challenge)
    first, sessions = bytes.fromhex(issued.family), sessions_of(issued.client_id)
    yield from end_sessions(first, sessions, "code_reuse")
    return oauth_error(Code.INVALID_TOKEN, Cause.USED)
