"""`POST /token` (RFC 6749 §3.2): who asks, whether it may, and which grant it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from reticket.core.commands import Asking, MakeNonce
from reticket.core.errors import Cause
from reticket.dialects.oauth.document import described
from reticket.dialects.oauth.endpoints.client_authentication import authenticate
from reticket.dialects.oauth.endpoints.proof import Proof, prove
from reticket.dialects.oauth.errors import NO_STORE, Denied, heard
from reticket.dialects.oauth.grants.authorization_code import exchange_code
from reticket.dialects.oauth.grants.client_credentials import grant_itself
from reticket.dialects.oauth.grants.device_code import poll
from reticket.dialects.oauth.grants.refresh import refresh
from reticket.dialects.oauth.grants.token_exchange import exchange
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
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
from reticket.oauth.token_answer import TokenAnswer
from reticket.wire import Operation, Route, WireRequest, WireResponse

PATH = "/token"
_encoder = msgspec.json.Encoder()
GRANTS: Mapping[str, Callable[[TokenRequest], Granting]] = {
    REFRESH_TOKEN: refresh,
    AUTHORIZATION_CODE: exchange_code,
    CLIENT_CREDENTIALS: grant_itself,
    DEVICE_CODE: poll,
    TOKEN_EXCHANGE: exchange,
}


class TokenForm(msgspec.Struct):
    """The parameters of all grants; which of them are needed depends on the first."""

    grant_type: Annotated[str, Meta(examples=list(GRANTS))]
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
    """Owns the order of the questions: what is wrong is found before anything is spent."""

    provider: Provider

    def grant(self, request: WireRequest) -> Operation:
        """Tokens for a grant."""
        form = read_form(request)
        kind = required(form, "grant_type")
        granting = GRANTS.get(kind)
        if granting is None:
            sentence = "There is no such grant."
            raise Denied("unsupported_grant_type", sentence, Cause.WRONG_GRANT)
        said = yield from self._read(request, form, kind)
        return _response((yield from granting(said)), said.nonce)

    def _read(self, request: WireRequest, form: Form, kind: str) -> Asking[TokenRequest]:
        registration, client = yield from authenticate(request, form, self.provider)
        if not registration.may(kind):
            sentence = "The client was not registered for this grant."
            raise Denied("unauthorized_client", sentence, Cause.WRONG_GRANT)
        proof = yield from prove(request, self.provider, PATH)
        _demand(registration, proof)
        nonce = None if proof is None else (yield from MakeNonce(USER))
        return TokenRequest(self.provider, form, registration, client, proof, nonce)


def _demand(registration: Registration, proof: Proof | None) -> None:
    """RFC 9449 §5.2: a client may be registered to bind all its tokens."""
    if registration.dpop_required and proof is None:
        raise Denied("invalid_dpop_proof", "A DPoP proof is needed.", Cause.WRONG_PROOF)


def _response(answer: TokenAnswer, nonce: str | None) -> WireResponse:
    """The bytes; a client that proves its key gets the nonce of its next proof."""
    headers = NO_STORE if nonce is None else (*NO_STORE, (b"dpop-nonce", nonce.encode()))
    return WireResponse(200, _encoder.encode(answer), headers=headers)


def routes(provider: Provider) -> tuple[Route, ...]:
    """The token endpoint."""
    description = described(
        "Get tokens for a grant",
        "tokens",
        {200: TokenAnswer},
        body=TokenForm,
        security=({}, {"client": ()}),
    )
    return (Route("POST", PATH, heard(USER, TokenEndpoint(provider).grant), description),)
