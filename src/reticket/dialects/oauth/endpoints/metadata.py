"""The metadata of the provider (RFC 8414, OpenID Connect Discovery) and its public keys
(RFC 7517).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from reticket.core.commands import PublishedKeys
from reticket.dialects.oauth.document import describe_endpoint
from reticket.dialects.oauth.endpoints.authorization_request import ResponseMode
from reticket.oauth.client_metadata import AUTH_METHODS, NONE
from reticket.oauth.provider import Provider
from reticket.oauth.registration import GRANTS
from reticket.oauth.requested_claims import LEVELS
from reticket.oauth.signing import ALGORITHMS as SIGNING_ALGORITHMS
from reticket.oauth.signing import CLIENT_ALGORITHMS
from reticket.oauth.standard_claims import OF_SCOPE, STANDARD_CLAIMS
from reticket.verify.jose import ALGORITHMS
from reticket.wire import ANY_ORIGIN, Headers, Operation, Route, WireRequest, WireResponse

WELL_KNOWN = "/.well-known"
JWKS_PATH = f"{WELL_KNOWN}/jwks.json"
AUTHORIZATION_SERVER = f"{WELL_KNOWN}/oauth-authorization-server"
OPENID_CONFIGURATION = f"{WELL_KNOWN}/openid-configuration"

KEY_SET = "application/jwk-set+json"

MAX_AGE = 300
"""Seconds for which caches may use a copy, and so may trust a compromised key."""

PUBLIC_HEADERS: Headers = ((b"cache-control", b"public, max-age=%d" % MAX_AGE),)

_SECRET_OR_KEY_METHODS = tuple(method for method in AUTH_METHODS if method != NONE)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 8414 §2 and OpenID Connect Discovery §3. Further members are those of RFC 8628,
    RFC 9101, RFC 9126, RFC 9207, RFC 9449 and the two specifications of log-outs.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    userinfo_endpoint: str
    pushed_authorization_request_endpoint: str
    device_authorization_endpoint: str
    end_session_endpoint: str
    jwks_uri: str
    registration_endpoint: str | UnsetType = UNSET
    client_id_metadata_document_supported: bool | UnsetType = UNSET
    id_token_signing_alg_values_supported: Sequence[str] = SIGNING_ALGORITHMS
    userinfo_signing_alg_values_supported: Sequence[str] = SIGNING_ALGORITHMS
    scopes_supported: Sequence[str] = ("openid", *OF_SCOPE, "offline_access")
    response_types_supported: Sequence[str] = ("code",)
    response_modes_supported: Sequence[str] = tuple(ResponseMode)
    grant_types_supported: Sequence[str] = GRANTS
    code_challenge_methods_supported: Sequence[str] = ("S256",)
    token_endpoint_auth_methods_supported: Sequence[str] = AUTH_METHODS
    token_endpoint_auth_signing_alg_values_supported: Sequence[str] = ALGORITHMS
    revocation_endpoint_auth_methods_supported: Sequence[str] = AUTH_METHODS
    revocation_endpoint_auth_signing_alg_values_supported: Sequence[str] = ALGORITHMS
    introspection_endpoint_auth_methods_supported: Sequence[str] = _SECRET_OR_KEY_METHODS
    introspection_endpoint_auth_signing_alg_values_supported: Sequence[str] = ALGORITHMS
    dpop_signing_alg_values_supported: Sequence[str] = ALGORITHMS
    subject_types_supported: Sequence[str] = ("public",)
    acr_values_supported: Sequence[str] = LEVELS
    claims_supported: Sequence[str] = (
        "iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "sid", "at_hash",
        *STANDARD_CLAIMS,
    )  # fmt: skip
    claims_parameter_supported: bool = True
    request_parameter_supported: bool = True
    request_uri_parameter_supported: bool = True
    require_request_uri_registration: bool = True
    request_object_signing_alg_values_supported: Sequence[str] = CLIENT_ALGORITHMS
    require_pushed_authorization_requests: bool = False
    authorization_response_iss_parameter_supported: bool = True
    backchannel_logout_supported: bool = True
    backchannel_logout_session_supported: bool = True


class KeySet(msgspec.Struct):
    """RFC 7517 §5."""

    keys: Sequence[Mapping[str, str]]


def routes(provider: Provider) -> tuple[Route, ...]:
    """The documents, at every path where a client looks for them. Pages of any origin may read them
    (OpenID Connect Discovery §3).
    """
    metadata_doc = describe_endpoint(
        "Where the endpoints are and what they can do", "discovery", {200: Metadata}, security=()
    )
    keys = describe_endpoint(
        "The public keys", "discovery", {200: KeySet}, media_types=(KEY_SET,), security=()
    )
    serve = _serve_metadata(provider)
    return (
        *(Route("GET", path, serve, metadata_doc, ANY_ORIGIN) for path in _paths(provider)),
        Route("GET", JWKS_PATH, _serve_keys, keys, ANY_ORIGIN),
    )


def metadata(provider: Provider) -> Metadata:
    """The metadata of an installation."""
    return Metadata(
        issuer=provider.issuer,
        authorization_endpoint=provider.url("/authorize"),
        token_endpoint=provider.url("/token"),
        revocation_endpoint=provider.url("/revoke"),
        introspection_endpoint=provider.url("/introspect"),
        userinfo_endpoint=provider.url("/userinfo"),
        pushed_authorization_request_endpoint=provider.url("/par"),
        device_authorization_endpoint=provider.url("/device"),
        end_session_endpoint=provider.url("/logout"),
        jwks_uri=f"{provider.issuer}{JWKS_PATH}",
        registration_endpoint=(
            UNSET if provider.registration.mode == "off" else provider.url("/register")
        ),
        client_id_metadata_document_supported=provider.documents.enabled or UNSET,
    )


def _paths(provider: Provider) -> Iterator[str]:
    """The paths of the metadata.

    RFC 8414 §3.1 puts the path of the issuer behind the well-known name. OpenID Connect puts it
    before, where all paths of the service are.
    """
    for document in (AUTHORIZATION_SERVER, OPENID_CONFIGURATION):
        yield document
        if provider.path:
            yield document + provider.path


def _serve_metadata(provider: Provider) -> Callable[[WireRequest], Operation]:
    body = msgspec.json.encode(metadata(provider))

    def operate(request: WireRequest) -> Operation:
        yield from ()
        return WireResponse(200, body, headers=PUBLIC_HEADERS)

    return operate


def _serve_keys(request: WireRequest) -> Operation:
    keys = yield from PublishedKeys()
    body = msgspec.json.encode(KeySet(keys))
    return WireResponse(200, body, KEY_SET.encode(), PUBLIC_HEADERS)
