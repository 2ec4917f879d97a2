"""Turns the consent of a person into an authorization grant."""

from __future__ import annotations

from reticket.core.commands import Asking, Audit
from reticket.core.errors import Cause
from reticket.core.people import Client
from reticket.dialects.oauth.grants.codes import AuthorizationGrant
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.interaction import Person
from reticket.oauth.clients import find_client
from reticket.oauth.provider import USER
from reticket.oauth.session_ids import new_session_id

_NOT_KNOWN = "The app that sent you here is not known to this service."


def grant_of_consent(
    client_id: str, person: Person, scope: str, resources: tuple[str, ...]
) -> Asking[AuthorizationGrant]:
    """The grant of a session that begins later. Its id has the time of the consent.

    The members that only a code has stay empty.
    """
    family = yield from new_session_id()
    return AuthorizationGrant(
        family=family,
        client_id=client_id,
        subject=person.subject,
        credential_version=person.credential_version,
        email=person.email,
        redirect_uri=None,
        scope=scope,
        challenge=None,
        auth_time=person.auth_time,
        amr=person.amr,
        resources=resources,
        login=person.login,
    )


def expect_client(client_id: str) -> Asking[Client]:
    """The client that started the interaction.

    Raises:
        PageError: `invalid_client`, when the client is unknown or disabled.
    """
    client = yield from find_client(client_id)
    if client is None or client.disabled:
        cause = Cause.DISABLED if client else Cause.UNKNOWN_SUBJECT
        raise PageError("invalid_client", _NOT_KNOWN, cause)
    return client


def consent_event(grant: AuthorizationGrant) -> Audit:
    """The event of a consent, for the audit log."""
    return Audit(
        USER,
        "consented",
        subject=grant.subject,
        family=bytes.fromhex(grant.family),
        detail={"client": grant.client_id, "scope": grant.scope},
    )
