"""Clients register themselves (RFC 7591), and change or remove themselves (RFC 7592)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from reticket.core.commands import (
    Asking,
    Audit,
    ChangeRegistration,
    CheckRegistrationToken,
    InspectAccess,
    Now,
    RandomBytes,
    RegisterClient,
    RemoveClient,
)
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.document import FAILURES, FAILURES_OF_SCOPE, describe_endpoint
from reticket.dialects.oauth.endpoints.sector import expect_sector
from reticket.dialects.oauth.endpoints.stored_registrations import store
from reticket.dialects.oauth.errors import (
    NO_STORE,
    OAuthError,
    audited,
    insufficient_scope,
    oauth_error,
)
from reticket.dialects.oauth.pages.rate_limits import limit_registrations
from reticket.oauth.audiences import is_bearer_for
from reticket.oauth.client_metadata import (
    BASIC,
    LONGEST_METADATA,
    POST,
    ClientMetadata,
    MetadataFault,
    auth_method_of,
    metadata_from,
    registration_from,
)
from reticket.oauth.clients import find_enabled
from reticket.oauth.lists import split_list
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.revoked_access_tokens import revocation_key
from reticket.oauth.self_registration import REGISTER, manages_itself
from reticket.wire import (
    ANY_ORIGIN,
    Operation,
    Parameter,
    Route,
    WireRequest,
    WireResponse,
    parse_json,
)

PATH = "/register"
JSON = "application/json"
ID = Parameter("id", "path", str, "The id of the client.", required=True)


class ClientInformation(ClientMetadata, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 7591 §3.2.1. The secret and the token are shown once."""

    client_id: str
    registration_client_uri: str
    client_id_issued_at: int
    client_secret: str | UnsetType = UNSET
    client_secret_expires_at: int | UnsetType = UNSET
    registration_access_token: str | UnsetType = UNSET


class _Replacement(ClientMetadata, frozen=True, kw_only=True):
    """RFC 7592 §2.2."""

    client_id: str


@dataclass(frozen=True, slots=True)
class RegistrationEndpoint:
    """Owns who may register a client, and who may change it."""

    provider: Provider

    def register(self, request: WireRequest) -> Operation:
        """Register a client.

        Raises:
            OAuthError: `invalid_redirect_uri`, `invalid_client_metadata`,
                `unapproved_software_statement`.
            Refusal: INVALID_ACCESS_TOKEN, TOO_MANY_ATTEMPTS.
        """
        rules = self.provider.registration
        if rules.mode == "token":
            yield from self._expect_initial_token(request)
        yield from limit_registrations(request, rules.per_address)
        metadata = _read(request, ClientMetadata)
        registration = _registration(metadata, self.provider)
        client_id, token = (yield from _new_text(16)), (yield from _new_text(32))
        secret = None
        if auth_method_of(metadata) in (BASIC, POST):
            secret = yield from _new_text(32)
        yield from _answered(expect_sector(client_id, registration))
        command = RegisterClient(client_id, registration, secret, token, rules.most)
        yield from _answered(store(command))
        yield from Audit(CLIENT, "client_registered", detail={"client": client_id})
        now = yield from Now()
        return self._answer(
            201,
            client_id,
            registration,
            now,
            client_secret=secret or UNSET,
            client_secret_expires_at=0 if secret else UNSET,
            registration_access_token=token,
        )

    def show(self, request: WireRequest) -> Operation:
        """The registration of the client."""
        client = yield from self._own(request)
        return self._answer(200, client.id, client.registration, client.created_at)

    def replace(self, request: WireRequest) -> Operation:
        """Replace the registration of the client; how it authenticates stays as it is.

        Raises:
            OAuthError: `invalid_redirect_uri`, `invalid_client_metadata`.
        """
        client = yield from self._own(request)
        metadata = _read(request, _Replacement)
        registration = _registration(metadata, self.provider)
        if metadata.client_id != client.id:
            raise _invalid("client_id is another one.")
        if _kind(registration) != _kind(client.registration):
            raise _invalid("token_endpoint_auth_method must not become one of another kind.")
        yield from _answered(expect_sector(client.id, registration))
        yield from _answered(store(ChangeRegistration(client.id, registration)))
        yield from Audit(CLIENT, "client_changed", detail={"client": client.id})
        return self._answer(200, client.id, registration, client.created_at)

    def remove(self, request: WireRequest) -> Operation:
        """Remove the client, and end its sessions."""
        client = yield from self._own(request)
        yield from RemoveClient(client.id)
        yield from Audit(CLIENT, "client_removed", detail={"client": client.id})
        return WireResponse(204, b"", None, NO_STORE)

    def _answer(
        self, status: int, client_id: str, registration: Any, at: int, **secrets: Any
    ) -> WireResponse:
        members = msgspec.structs.asdict(metadata_from(registration))
        information = ClientInformation(
            client_id=client_id,
            registration_client_uri=self.provider.url(f"{PATH}/{client_id}"),
            client_id_issued_at=at // SECOND,
            **members,
            **secrets,
        )
        return WireResponse(status, msgspec.json.encode(information), headers=NO_STORE)

    def _expect_initial_token(self, request: WireRequest) -> Asking[None]:
        """Check the initial access token: one of a client of an operator, for us, with the scope
        `register`.

        Raises:
            Refusal: INVALID_ACCESS_TOKEN.
            OAuthError: `invalid_token`, `insufficient_scope`.
        """
        token = request.bearer()
        if not token:
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.UNKNOWN_SUBJECT)
        access, *_ = yield from InspectAccess((CLIENT, USER), token, revocation_key)
        if not is_bearer_for(self.provider.issuer, access.claims):
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_USE)
        scopes = split_list(str(access.claims.get("scope", "")))
        if REGISTER not in scopes or access.resource != CLIENT:
            raise insufficient_scope("Bearer", REGISTER)

    def _own(self, request: WireRequest) -> Asking[Client]:
        """The client of the path, whose registration access token was sent (RFC 7592 §2)."""
        client_id, token = request.parameters["id"], request.bearer() or ""
        client = yield from find_enabled(client_id)
        if client is None or not manages_itself(client):
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.UNKNOWN_SUBJECT)
        if not (yield from CheckRegistrationToken(client_id, token)):
            raise oauth_error(Code.INVALID_ACCESS_TOKEN, Cause.FORGED)
        return client


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoints; none where clients may not register themselves."""
    if provider.registration.mode == "off":
        return ()
    endpoint, one = RegistrationEndpoint(provider), f"{PATH}/{{id}}"

    def route(
        method: str,
        path: str,
        operate: Callable[[WireRequest], Operation],
        summary: str,
        status: int = 200,
        body: Any = None,
    ) -> Route:
        answer = None if status == 204 else ClientInformation
        described = describe_endpoint(
            summary,
            "registration",
            {status: answer},
            body,
            () if path == PATH else (ID,),
            security=({"bearer": ()},),
            failures=FAILURES_OF_SCOPE if path == PATH else FAILURES,
        )
        described = replace(described, body_media_types=(JSON,))
        return Route(method, path, audited(CLIENT, operate), described, ANY_ORIGIN)

    return (
        route("POST", PATH, endpoint.register, "Register a client", 201, ClientMetadata),
        route("GET", one, endpoint.show, "Show the registration"),
        route("PUT", one, endpoint.replace, "Replace the registration", 200, _Replacement),
        route("DELETE", one, endpoint.remove, "Remove the client", 204),
    )


def _registration(metadata: ClientMetadata, provider: Provider) -> dict[str, Any]:
    try:
        return registration_from(metadata, provider.registration)
    except MetadataFault as fault:
        raise OAuthError(fault.error_code, fault.description) from None


def _answered(checks: Asking[object]) -> Asking[None]:
    """Perform checks; their fault is the error of the response."""
    try:
        yield from checks
    except MetadataFault as fault:
        raise OAuthError(fault.error_code, fault.description) from None


def _read(request: WireRequest, model: type[Any]) -> Any:
    if request.content_type() != JSON:
        raise _invalid("The body must be application/json.")
    if len(request.body) > LONGEST_METADATA:
        raise Refusal(Code.TOO_LARGE)
    try:
        return msgspec.convert(parse_json(request.body), model)
    except msgspec.ValidationError as error:
        member = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else "The body"
        raise _invalid(f"{member} has another type, or is missing.") from None


def _kind(registration: Any) -> str:
    method: str = registration["token_endpoint_auth_method"]
    return "secret" if method in (BASIC, POST) else method


def _new_text(size: int) -> Asking[str]:
    return to_text((yield from RandomBytes(size)))


def _invalid(description: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", description)
