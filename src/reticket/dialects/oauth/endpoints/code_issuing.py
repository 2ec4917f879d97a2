"""What the decision of a person becomes: an authorization code, or an error (RFC 6749 §4.1.2)."""

from __future__ import annotations

from msgspec.structs import replace

from reticket.core.commands import Asking, Audit, Peek, Pop, PutIfAbsent
from reticket.core.errors import Cause
from reticket.core.storage.budget import of_account
from reticket.dialects.oauth.endpoints.authorization_request import (
    AuthorizationRequest,
    ResponseMode,
    load_auth_request,
    resolve_redirect_uri,
)
from reticket.dialects.oauth.endpoints.authorization_response import (
    AuthorizationResponses,
    target_of,
)
from reticket.dialects.oauth.endpoints.pushed_answers import answer_once
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.grants import codes
from reticket.dialects.oauth.pages.client_groups import may_use_client
from reticket.dialects.oauth.pages.consents import consent_event, expect_client, grant_of_consent
from reticket.dialects.oauth.pages.interaction import Interaction, Person, expired_page
from reticket.dialects.oauth.pages.remembered_consents import is_granted, remember
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import registration_of
from reticket.oauth.terms import level_of
from reticket.wire import Operation

PATH = "/authorize"


class AuthorizationCodeHandler:
    """The decision of a person becomes a code, or an error, for the client."""

    path = PATH

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._responses = AuthorizationResponses(provider)

    def may_use(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Whether the person is in one of the client's groups."""
        return may_use_client(self._provider, interaction, person)

    def is_granted(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Whether the person has consented before, or the client is the operator's."""
        client = yield from expect_client(interaction.client_id)
        return (yield from is_granted(client, self._provider, interaction, person))

    def remember(self, interaction: Interaction, person: Person) -> Asking[None]:
        """Keep the consent of the person."""
        client = yield from expect_client(interaction.client_id)
        yield from remember(client, self._provider, interaction, person)

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """Issue the code. A second click gets the same code while it is unused.

        Raises:
            PageError: the client was disabled, or the request has another answer.
            OAuthError: the redirect URI is not registered any more.
        """
        auth_request, code = load_auth_request(interaction.request), codes.code_of_ticket(ticket)
        client = yield from expect_client(auth_request.client_id)
        resolve_redirect_uri(registration_of(client, self._provider), auth_request.target)
        if level_of(person.amr) < auth_request.claims.level:
            return (yield from self._refuse_weak(auth_request, interaction, person))
        grant = yield from _grant_for(auth_request, person)
        yield from answer_once(auth_request, codes.code_key(code), person)
        yield from _issue_code(code, grant)
        return self._responses.success(target_of(auth_request), code=code)

    def deny(self, interaction: Interaction) -> Operation:
        """Respond with `access_denied`."""
        auth_request = load_auth_request(interaction.request)
        refusal = OAuthError("access_denied", "The person has said no.")
        return (yield from self._refuse(auth_request, interaction.person, refusal))

    def _refuse_weak(
        self, auth_request: AuthorizationRequest, interaction: Interaction, person: Person
    ) -> Operation:
        """Refuse a sign-in that is too weak. Without a question to the person it is no answer to a
        pushed request: every load of it is refused.
        """
        is_unasked = yield from self.is_granted(interaction, person)
        pending = replace(auth_request, pushed=None) if is_unasked else auth_request
        return (yield from self._refuse(pending, person, _too_weak()))

    def _refuse(
        self, auth_request: AuthorizationRequest, person: Person | None, refusal: OAuthError
    ) -> Operation:
        yield from answer_once(auth_request, "denied", person)
        yield from Audit(USER, "refused", refusal.failure.error_code)
        return self._responses.error(target_of(auth_request), refusal)

    def cancel_uri(self, interaction: Interaction) -> str | None:
        """The redirect URI with `access_denied`; None when the client wants a form, which a link
        cannot post.
        """
        target = target_of(load_auth_request(interaction.request))
        if target.mode is not ResponseMode.QUERY:
            return None
        description = "The person has gone back."
        return self._responses.uri(target, error="access_denied", error_description=description)


def _issue_code(code: str, grant: codes.AuthorizationGrant) -> Asking[None]:
    """Store the code, then the facts that stay known of it.

    The response leaves after both. A second click goes on with what is stored.

    Raises:
        PageError: the code was used.
    """
    owner, code_key, issued_key = (
        of_account(grant.subject),
        codes.code_key(code),
        codes.issued_code_key(code),
    )
    is_new = (yield from Peek(issued_key)) is None and (
        yield from PutIfAbsent(code_key, grant.to_json(), codes.CODE_LIFETIME, owner)
    )
    text = grant.to_json() if is_new else (yield from Peek(code_key))
    if text is None:
        raise expired_page(Cause.USED)
    stored = codes.load_grant(text)
    if (
        yield from PutIfAbsent(
            issued_key, codes.issued_code_of(stored).to_json(), codes.ISSUED_CODE_LIFETIME, owner
        )
    ):
        yield from consent_event(stored)
    elif is_new and not _is_issued_for(grant, (yield from Peek(issued_key))):
        yield from Pop(code_key)  # a second click issued it, and it was used meanwhile
        raise expired_page(Cause.USED)


def _is_issued_for(grant: codes.AuthorizationGrant, issued: str | None) -> bool:
    return issued is not None and codes.load_issued_code(issued).family == grant.family


def _grant_for(
    auth_request: AuthorizationRequest, person: Person
) -> Asking[codes.AuthorizationGrant]:
    grant = yield from grant_of_consent(
        auth_request.client_id, person, auth_request.scope, auth_request.resources
    )
    return replace(
        grant,
        redirect_uri=auth_request.redirect_uri,
        challenge=auth_request.challenge,
        nonce=auth_request.nonce,
        jkt=auth_request.jkt,
        userinfo=auth_request.claims.userinfo,
        id_token=auth_request.claims.id_token,
    )


def _too_weak() -> OAuthError:
    """The essential claim `acr` cannot be met (OpenID Connect Core §5.5.1.1)."""
    sentence = "The person has not signed in by the class that acr asks for."
    return OAuthError("unmet_authentication_requirements", sentence)
