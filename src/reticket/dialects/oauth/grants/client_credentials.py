"""`client_credentials` (RFC 6749 §4.4): an access token for the client itself, without a
session.
"""

from __future__ import annotations

from reticket.core.commands import IssueAccess
from reticket.core.errors import Cause
from reticket.core.storage.budget import of_client
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants.limits import asked_limits, check_audiences, check_scope
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.oauth.lists import split_list
from reticket.oauth.provider import CLIENT
from reticket.oauth.registration import ADMIN, allowed_audiences
from reticket.oauth.terms import OPENID
from reticket.oauth.token_response import token_response


def client_credentials_grant(request: TokenRequest) -> GrantOperation:
    """Issue an access token to the client.

    Raises:
        OAuthError: `unauthorized_client` for a public client; `invalid_scope`; `invalid_target`;
            `invalid_dpop_proof`.
    """
    registration = request.registration
    if not registration.confidential:
        sentence = "A public client cannot get a token for itself."
        raise OAuthError("unauthorized_client", sentence, Cause.WRONG_GRANT)
    scopes = _granted_scopes(request)
    resources = registration.requested_resources(request.form.get("resource", ""))
    check_audiences(resources, allowed_audiences((), registration, request.provider))
    bound = yield from request.bind_access_token(of_client(registration.id))
    limits = asked_limits((), resources or registration.resources)
    asked = (*limits, *bound, *registration.asked_signature)
    scope, policy = " ".join(scopes) or None, registration.policy
    issued = yield from IssueAccess(CLIENT, request.client, scope, policy, asked)
    return token_response(request.registration, issued, asked)


def _granted_scopes(request: TokenRequest) -> tuple[str, ...]:
    """The requested scopes that the client may have, by default all of them but `admin`.

    There is no person, so `openid` is never granted.

    Raises:
        OAuthError: `invalid_scope` when the client may have none of the requested ones.
    """
    registration = request.registration
    default_scopes = tuple(each for each in registration.default_scopes if each != OPENID)
    requested = split_list(request.form.get("scope", ""))
    if not requested:
        return default_scopes
    allowed = (*default_scopes, ADMIN) if registration.admin else default_scopes
    granted = tuple(scope for scope in requested if scope in allowed)
    check_scope(granted or requested, allowed)
    return granted
