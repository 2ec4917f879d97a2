"""`/oauth/shared_keys`: a service that can do HS256 alone fetches the key of access tokens.

Only for a client to which an operator has given that key. The client authenticates with its own
credentials: no operator's token ever lies on the host of such a service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from reticket.core.commands import Audit, ReadAccessKeys
from reticket.core.errors import Cause
from reticket.core.policy import SECOND
from reticket.core.tokens.faces import to_text
from reticket.core.tokens.keys import AccessKey
from reticket.dialects.oauth.document import FAILURES_OF_SCOPE, describe_endpoint
from reticket.dialects.oauth.endpoints.client_authentication import authenticate, invalid_client
from reticket.dialects.oauth.errors import NO_STORE, OAuthError, audited
from reticket.dialects.oauth.inputs import read_form, required
from reticket.oauth.provider import CLIENT, Provider
from reticket.wire import Operation, Route, Secretive, WireRequest, WireResponse

PATH = "/shared_keys"


class SharedKeyForm(msgspec.Struct):
    """The kind of tokens, and how the client authenticates."""

    kind: str
    client_id: str | None = None
    client_secret: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None


class SharedKey(Secretive, frozen=True):
    """A symmetric JWK (RFC 7518 §6.4). `signs_from` and `signs_until` are in seconds. Tokens of a
    replaced key are valid until they end.
    """

    k: str
    kid: str
    signs_from: int
    signs_until: int | UnsetType = UNSET
    kty: str = "oct"
    alg: str = "HS256"
    use: str = "sig"


class SharedKeySet(Secretive, frozen=True):
    """The keys, the newest first (RFC 7517 §5). Tokens have no `kid`: try each."""

    keys: Sequence[SharedKey]


_encoder = msgspec.json.Encoder()


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint. No page of any origin may read it."""
    description = describe_endpoint(
        "Fetch the shared key of a kind of access tokens",
        "tokens",
        {200: SharedKeySet},
        SharedKeyForm,
        security=({"client": ()},),
        failures=FAILURES_OF_SCOPE,
    )
    return (Route("POST", PATH, audited(CLIENT, _fetch(provider)), description),)


def _fetch(provider: Provider) -> Callable[[WireRequest], Operation]:
    def operate(request: WireRequest) -> Operation:
        form = read_form(request)
        registration, _ = yield from authenticate(request, form, provider)
        if not (registration.confidential and registration.vouched):
            raise invalid_client(Cause.WRONG_CLIENT)
        kind = required(form, "kind")
        if kind not in registration.shared_keys:
            sentence = "This key is not shared with the client."
            raise OAuthError("access_denied", sentence, Cause.NO_ACCESS, status=403)
        keys = yield from ReadAccessKeys(kind)
        yield from Audit(CLIENT, "key_fetched", subject=registration.id, detail={"kind": kind})
        body = _encoder.encode(SharedKeySet([_jwk(key) for key in keys]))
        return WireResponse(200, body, headers=NO_STORE)

    return operate


def _jwk(key: AccessKey) -> SharedKey:
    until = UNSET if key.signs_until is None else key.signs_until // SECOND
    return SharedKey(to_text(key.secret), key.id, key.signs_from // SECOND, until)
