"""`POST /token` (RFC 6749 §3.2): authenticates the client and calls the grant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from reticket.core.commands import Asking, MakeNonce, NoteClientUse
from reticket.core.errors import Cause, Unavailable
from reticket.dialects.oauth.document import describe_endpoint
from reticket.dialects.oauth.endpoints.client_authentication import authenticate
from reticket.dialects.oauth.endpoints.proof import Proof, proof_required, verify_proof
from reticket.dialects.oauth.endpoints.readers import pages_of_client
from reticket.dialects.oauth.errors import NO_STORE, OAuthError, audited
from reticket.dialects.oauth.grants.authorization_code import authorization_code_grant
from reticket.dialects.oauth.grants.client_credentials import client_credentials_grant
from reticket.dialects.oauth.grants.device_code import device_code_grant
from reticket.dialects.oauth.grants.refresh import refresh_token_grant
from reticket.dialects.oauth.grants.token_exchange import token_exchange_grant
from reticket.dialects.oauth.grants.token_request import GrantOperation, TokenRequest
from reticket.dialects.oauth.inputs import Form, read_form, required
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
    Registration,
)
from reticket.oauth.token_response import TokenResponse
from reticket.wire import Operation, Route, WireRequest, WireResponse

PATH = "/token"
_encoder = msgspec.json.Encoder()
GRANT_OPERATIONS: Mapping[str, Callable[[TokenRequest], GrantOperation]] = {
    REFRESH_TOKEN: refresh_token_grant,
    AUTHORIZATION_CODE: authorization_code_grant,
    CLIENT_CREDENTIALS: client_credentials_grant,
    DEVICE_CODE: device_code_grant,
    TOKEN_EXCHANGE: token_exchange_grant,
}


class TokenForm(msgspec.Struct):
    """The parameters of all grants; `grant_type` decides which of them are required."""

    grant_type: Annotated[str, Meta(examples=list(GRANT_OPERATIONS))]
    refresh_token: str | None = None
    scope: str | None = None
    resource: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    device_code: str | None = None
    subject_token: str | None = None
    subject_token_type: str | None = None
    requested_token_type: str | None = None
    audience: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_assertion: str | None = None
    client_assertion_type: str | None = None


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Owns the order of checks: a request is checked before anything is used up."""

    provider: Provider

    def issue_tokens(self, request: WireRequest) -> Operation:
        """The token response.

        Raises:
            Refusal: INVALID_PARAMETER.
            OAuthError: `unsupported_grant_type`, `unauthorized_client`, `invalid_client`,
                `invalid_dpop_proof`, and the errors of the grant.
        """
        form = read_form(request)
        grant_type = required(form, "grant_type")
        grant = GRANT_OPERATIONS.get(grant_type)
        if grant is None:
            sentence = "There is no such grant."
            raise OAuthError("unsupported_grant_type", sentence, Cause.WRONG_GRANT)
        token_request = yield from self._authenticated(request, form, grant_type)
        response = yield from grant(token_request)
        if not token_request.registration.vouched:
            with suppress(Unavailable):  # the tokens are issued, so the client must get them
                yield from NoteClientUse(token_request.registration.id)
        return _wire_response(response, token_request.nonce)

    def _authenticated(
        self, request: WireRequest, form: Form, grant_type: str
    ) -> Asking[TokenRequest]:
        registration, client = yield from authenticate(request, form, self.provider)
        if not registration.allows(grant_type):
            sentence = "The client was not registered for this grant."
            raise OAuthError("unauthorized_client", sentence, Cause.WRONG_GRANT)
        proof = yield from verify_proof(request, self.provider, PATH)
        _expect_proof(registration, proof)
        nonce = None if proof is None else (yield from MakeNonce(USER))
        return TokenRequest(self.provider, form, registration, client, proof, nonce)


def _expect_proof(registration: Registration, proof: Proof | None) -> None:
    """Check for a proof when the client must bind its tokens (RFC 9449 §5.2)."""
    if registration.dpop_required and proof is None:
        raise proof_required()


def _wire_response(response: TokenResponse, nonce: str | None) -> WireResponse:
    """The response, with a nonce for the next proof when the request had a proof."""
    headers = NO_STORE if nonce is None else (*NO_STORE, (b"dpop-nonce", nonce.encode()))
    return WireResponse(200, _encoder.encode(response), headers=headers)


def routes(provider: Provider) -> tuple[Route, ...]:
    """The token endpoint."""
    description = describe_endpoint(
        "Get tokens for a grant",
        "tokens",
        {200: TokenResponse},
        body=TokenForm,
        security=({}, {"client": ()}),
    )
    operate = audited(USER, TokenEndpoint(provider).issue_tokens)
    return (Route("POST", PATH, operate, description, pages_of_client(provider)),)
