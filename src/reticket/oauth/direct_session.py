"""Sessions that begin without a sign-in page: an operator has authenticated the person.

Owns the limits of such a session. Knows neither the admin API nor the command line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from reticket.core.commands import Asking, BeginSession
from reticket.core.entitlement import in_one_of
from reticket.core.errors import Cause, Code, Refusal, wrong
from reticket.core.model import Issued
from reticket.core.people import Client, User
from reticket.core.realms import USUAL
from reticket.oauth.lists import split_list
from reticket.oauth.logged_in import remember_client
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import (
    REFRESH_TOKEN,
    Registration,
    allowed_audiences,
    registration_of,
)
from reticket.oauth.session_ids import new_session_id
from reticket.oauth.terms import Terms
from reticket.oauth.token_response import TokenResponse, token_response

_METHOD = re.compile(r"[A-Za-z0-9._:-]{1,32}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_METHODS = 8


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The properties of the new session.

    Args:
        auth_time: seconds; when the person authenticated.
        scope: space-separated; None means all scopes of the client.
        resources: audiences of the access tokens, among the client's.
        amr: the authentication methods (RFC 8176).
        tenant: the id of the tenant in which the session begins, or None.
        jkt: thumbprint of the key to which the refresh token is bound (RFC 9449 §10), or None.
    """

    auth_time: int
    scope: str | None = None
    resources: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    tenant: int | None = None
    jkt: str | None = None


class StartedSession(NamedTuple):
    """A session that has begun: its id, and the token response for its client."""

    session: str
    answer: TokenResponse


def start_session(
    provider: Provider, client: Client, user: User, options: SessionOptions, now: int
) -> Asking[StartedSession]:
    """Begin a session for a person.

    Args:
        provider: the installation.
        client: the client that gets the tokens.
        user: the person.
        options: the properties of the session.
        now: seconds.

    Raises:
        Refusal: INVALID_PARAMETER when the client may not have an option; SUBJECT_DISABLED when the
            client or the person is disabled; SUBJECT_INACTIVE.
    """
    registration = registration_of(client, provider)
    _check_enabled(registration, user)
    _check_options(registration, provider, user, options, now)
    audiences = options.resources or registration.resources
    scope, terms = (
        _scopes(registration, options.scope),
        Terms(options.auth_time, options.amr, options.jkt, audiences),
    )
    family = bytes.fromhex((yield from new_session_id()))
    yield from remember_client(registration, provider, user.id, family, scope, terms)
    issued: Issued = yield from BeginSession(
        USER,
        user,
        context=None if options.tenant is None else str(options.tenant),
        client=registration.id,
        scope=scope,
        terms=terms.to_json(),
        policy=registration.policy,
        family=family,
        asked=registration.asked,
    )
    return StartedSession(issued.family.id.hex(), token_response(registration, issued))


def _check_enabled(registration: Registration, user: User) -> None:
    if user.realm != USUAL:
        raise wrong("user", "is of the realm of a dialect", Cause.NO_ACCESS)
    if registration.disabled:
        raise Refusal(
            Code.SUBJECT_DISABLED, Cause.DISABLED, parameter="client_id", detail="is disabled"
        )
    if user.disabled:
        raise Refusal(Code.SUBJECT_DISABLED, Cause.DISABLED)
    if not user.active:
        raise Refusal(Code.SUBJECT_INACTIVE, Cause.INACTIVE)


def _check_options(
    registration: Registration, provider: Provider, user: User, options: SessionOptions, now: int
) -> None:
    if not registration.allows(REFRESH_TOKEN):
        raise wrong("client_id", "is not registered for refresh tokens", Cause.WRONG_GRANT)
    if set(options.resources) - set(allowed_audiences((), registration, provider)):
        raise wrong("resource", "is not among the client's", Cause.WRONG_TARGET)
    if options.tenant is not None and options.tenant not in {tenant.id for tenant in user.tenants}:
        raise wrong("tenant", "is none of the user's", Cause.NO_ACCESS)
    if not in_one_of(user, registration.groups_allowed):
        sentence = "is in none of the groups that may use the client"
        raise wrong("user", sentence, Cause.GROUP_REQUIRED)
    if not 0 < options.auth_time <= now:
        raise wrong("auth_time", "must be a time that is past, in seconds")
    if len(options.amr) > MAX_METHODS or not all(map(_METHOD.fullmatch, options.amr)):
        raise wrong("amr", "must be a few words")
    if options.jkt is None and registration.dpop_required:
        raise wrong("dpop_jkt", "is missing: the client's tokens are bound to its key")
    if options.jkt is not None and not _THUMBPRINT.fullmatch(options.jkt):
        raise wrong("dpop_jkt", "must be the SHA-256 thumbprint of a key")


def _scopes(registration: Registration, scope: str | None) -> str:
    asked = registration.default_scopes if scope is None else split_list(scope)
    if set(asked) - set(registration.consentable_scopes):
        raise wrong("scope", "is more than the client may be granted", Cause.WRONG_SCOPE)
    return registration.ordered_scope(asked)
