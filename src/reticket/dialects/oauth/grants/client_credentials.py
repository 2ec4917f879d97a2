"""`client_credentials` (RFC 6749 §4.4): a client's token for itself, without a session."""

from __future__ import annotations

from reticket.core.commands import IssueAccess
from reticket.core.errors import Cause
from reticket.core.storage.budget import of_client
from reticket.dialects.oauth.errors import Denied
from reticket.dialects.oauth.grants.limits import narrowed, within_scope, within_targets
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
from reticket.oauth.provider import CLIENT
from reticket.oauth.registration import ADMIN, Registration, targets
from reticket.oauth.token_answer import token_answer
from reticket.oauth.words import words


def grant_itself(said: TokenRequest) -> Granting:
    """Denied: `unauthorized_client` for a public one, `invalid_scope`, `invalid_target`."""
    registration = said.registration
    if not registration.confidential:
        sentence = "A public client cannot get a token for itself."
        raise Denied("unauthorized_client", sentence, Cause.WRONG_GRANT)
    usual = tuple(scope for scope in registration.scopes if scope != ADMIN)
    scopes = words(said.form.get("scope", "")) or usual
    within_scope(scopes, _grantable(registration, usual))
    resources = words(said.form.get("resource", ""))
    within_targets(resources, targets((), registration, said.provider))
    bound = yield from said.bind(of_client(registration.id))
    asked = (*narrowed((), resources or registration.resources), *bound)
    scope, policy = " ".join(scopes) or None, registration.policy
    issued = yield from IssueAccess(CLIENT, said.client, scope, policy, asked)
    return token_answer(said.registration, issued, asked)


def _grantable(registration: Registration, usual: tuple[str, ...]) -> tuple[str, ...]:
    """The scope of the admin API must be asked for, and comes in no other way."""
    return (*usual, ADMIN) if registration.admin else usual
