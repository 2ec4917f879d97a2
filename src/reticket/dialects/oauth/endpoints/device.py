"""Device authorization (RFC 8628): a device gets two codes and shows one of them.

The person types that user code here, in a browser on another device.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from reticket.core.commands import (
    Asking,
    Audit,
    Peek,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Cause
from reticket.core.storage.budget import COVERED, Owner, of_account
from reticket.core.texts import isolated
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.document import describe_endpoint, describe_page
from reticket.dialects.oauth.endpoints.authorization_request import (
    requested_resources,
    requested_scope,
)
from reticket.dialects.oauth.endpoints.client_authentication import authenticate, named_in
from reticket.dialects.oauth.endpoints.document_clients import bring_up_to_date
from reticket.dialects.oauth.endpoints.readers import pages_of_client
from reticket.dialects.oauth.errors import NO_STORE, OAuthError, audited
from reticket.dialects.oauth.grants import device_codes
from reticket.dialects.oauth.grants.codes import load_grant
from reticket.dialects.oauth.grants.device_codes import (
    DENIED,
    DEVICE_CODE_LIFETIME,
    POLL_INTERVAL,
    DeviceRequest,
)
from reticket.dialects.oauth.inputs import read_form, read_query
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.client_groups import may_use_client
from reticket.dialects.oauth.pages.consents import consent_event, expect_client, grant_of_consent
from reticket.dialects.oauth.pages.entry import Demands, find_entry
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.interaction import (
    Interaction,
    Person,
    expect_own_form,
    expired_page,
)
from reticket.dialects.oauth.pages.rate_limits import count_attempt, limit_requests, uncount_attempt
from reticket.dialects.oauth.pages.screens import Fault
from reticket.dialects.oauth.pages.vouching import vouching_note
from reticket.oauth.clients import find_enabled
from reticket.oauth.provider import CLIENT, USER, Provider
from reticket.oauth.registration import DEVICE_CODE, owner_of, registration_of
from reticket.wire import Operation, Parameter, Route, Secretive, WireRequest, WireResponse

PATH = "/device"
CODE_PATH = f"{PATH}/code"

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words, and no letters that look alike (RFC 8628 §6.1)."""

_HALF_LENGTH = 4
MAX_WRONG_CODES = 30
"""Wrong user codes of one network in a window; there are 20^8 codes (RFC 8628 §5.1)."""

_UNKNOWN_CODE = Fault(
    "There is no such code, or it was used or has ended. Look at your device again."
)


class DeviceAuthorizationForm(msgspec.Struct):
    """RFC 8628 §3.1."""

    scope: str | None = None
    resource: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_assertion: str | None = None
    client_assertion_type: str | None = None


class UserCodeForm(msgspec.Struct):
    """The form of the page for the user code."""

    user_code: str | None = None


class DeviceAuthorizationResponse(Secretive, frozen=True):
    """RFC 8628 §3.2."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DeviceConsentHandler:
    """The decision of a person is stored, and the device gets it by its next poll."""

    path = PATH

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def may_use(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Whether the person is in one of the client's groups."""
        return may_use_client(self._provider, interaction, person)

    def is_granted(self, interaction: Interaction, person: Person) -> Asking[bool]:
        """Never: the code may be that of somebody else's device (RFC 8628 §5.4)."""
        yield from ()
        return False

    def remember(self, interaction: Interaction, person: Person) -> Asking[None]:
        """Keep nothing: the next device is asked for again."""
        yield from ()

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """Store a grant for the device. The first decision counts; a second click repeats it."""
        device_request = yield from _pending_request(interaction.request)
        yield from expect_client(device_request.client_id)
        grant = yield from grant_of_consent(
            device_request.client_id, person, device_request.scope, device_request.resources
        )
        owner, decision_key = (
            of_account(person.subject),
            device_codes.decision_key(interaction.request),
        )
        if (yield from PutIfAbsent(decision_key, grant.to_json(), DEVICE_CODE_LIFETIME, owner)):
            yield from consent_event(grant)
        elif not (yield from _is_allowed_by(interaction.request, person)):
            raise expired_page(Cause.USED)
        return screens.done(
            "Your device is connected", f"{isolated(interaction.name)} goes on by itself."
        )

    def cancel_uri(self, interaction: Interaction) -> str | None:
        """None: there is no redirect URI."""
        return None

    def deny(self, interaction: Interaction) -> Operation:
        """Store the refusal for the device. The first decision counts; a second click
        repeats it.
        """
        decision_key = device_codes.decision_key(interaction.request)
        is_recorded = (
            yield from PutIfAbsent(decision_key, DENIED, DEVICE_CODE_LIFETIME, COVERED)
        ) or (yield from Peek(decision_key)) == DENIED
        if not is_recorded:
            raise expired_page(Cause.USED)
        yield from Audit(USER, "refused", "access_denied")
        return screens.done(
            "Your device is not connected", f"{isolated(interaction.name)} has got nothing."
        )


class DeviceEndpoint:
    """The device authorization endpoint, and the page for the user code."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._flow = Flow(provider, DeviceConsentHandler(provider))

    def routes(self) -> tuple[Route, ...]:
        """The device and the person use the same short path, with POST and GET."""
        description = describe_endpoint(
            "Ask for a device code",
            "authorization",
            {200: DeviceAuthorizationResponse},
            body=DeviceAuthorizationForm,
            security=({}, {"client": ()}),
        )
        query = (Parameter("user_code", "query", str, "The code that the device shows."),)
        return (
            Route(
                "POST",
                PATH,
                audited(CLIENT, self._issue_codes),
                description,
                pages_of_client(self._provider),
            ),
            Route(
                "GET",
                PATH,
                audited(USER, self._show_code_page),
                describe_page("Type a code", parameters=query),
            ),
            Route(
                "POST",
                CODE_PATH,
                audited(USER, self._accept_user_code),
                describe_page("Type a code", UserCodeForm),
            ),
            *self._flow.routes(),
        )

    def _issue_codes(self, request: WireRequest) -> Operation:
        form = read_form(request)
        yield from bring_up_to_date(request, named_in(form), self._provider)
        registration, _ = yield from authenticate(request, form, self._provider)
        owner = owner_of(registration)
        if not registration.allows(DEVICE_CODE):
            sentence = "The client is not registered for device codes."
            raise OAuthError("unauthorized_client", sentence, Cause.WRONG_GRANT)
        requested = requested_scope(registration, form), requested_resources(registration, form)
        yield from limit_requests("device", registration, request, self._provider)
        device_code = to_text((yield from RandomBytes(32)))
        digest = device_codes.device_code_digest(device_code)
        device_request = DeviceRequest(registration.id, *requested)
        yield from PutIfAbsent(
            device_codes.known_key(digest), "", device_codes.KNOWN_LIFETIME, owner
        )
        yield from PutIfAbsent(
            device_codes.request_key(digest), device_request.to_json(), DEVICE_CODE_LIFETIME, owner
        )
        user_code = yield from _new_user_code(digest, owner)
        return self._response(device_code, user_code)

    def _response(self, device_code: str, user_code: str) -> WireResponse:
        address = self._provider.url(PATH)
        complete = f"{address}?user_code={quote(user_code)}"
        response = DeviceAuthorizationResponse(
            device_code, user_code, address, complete, DEVICE_CODE_LIFETIME, POLL_INTERVAL
        )
        return WireResponse(200, msgspec.json.encode(response), headers=NO_STORE)

    def _show_code_page(self, request: WireRequest) -> Operation:
        """The page for the user code. A code in the query is filled in, and the person
        still sends it (RFC 8628 §3.3.1).
        """
        yield from ()
        return self._code_page(read_query(request).get("user_code", ""))

    def _code_page(self, user_code: str, fault: Fault | None = None) -> WireResponse:
        return screens.code(self._provider.path_of(CODE_PATH), user_code, fault)

    def _accept_user_code(self, request: WireRequest) -> Operation:
        expect_own_form(request, self._provider)
        user_code = read_form(request).get("user_code", "")
        yield from count_attempt("typed", request, MAX_WRONG_CODES)
        digest = yield from Peek(device_codes.user_code_key(user_code))
        interaction = (yield from self._interaction(digest, user_code)) if digest else None
        if interaction is None:
            yield from Audit(USER, "refused", Cause.UNKNOWN)
            return self._code_page(user_code, _UNKNOWN_CODE)
        yield from uncount_attempt("typed", request)
        entry = yield from find_entry(request, self._provider, Demands())
        return (yield from self._flow.begin(request, interaction, entry))

    def _interaction(self, digest: str, user_code: str) -> Asking[Interaction | None]:
        """The interaction of a pending device request, or None when it is decided or its
        client is disabled.
        """
        text = yield from Peek(device_codes.request_key(digest))
        if text is None or (yield from Peek(device_codes.decision_key(digest))) is not None:
            return None
        device_request = device_codes.load_device_request(text)
        client = yield from find_enabled(device_request.client_id)
        if client is None:
            return None
        registration = registration_of(client, self._provider)
        shown = user_code.strip().upper()
        note = f"Allow this only if your own device shows {shown} just now."
        if warning := vouching_note(registration):
            note = f"{warning} {note}"
        return Interaction(
            device_request.client_id,
            registration.name,
            device_request.scope,
            digest,
            note=note,
            policy_uri=registration.policy_uri,
            tos_uri=registration.tos_uri,
        )


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint and its pages."""
    return DeviceEndpoint(provider).routes()


def _new_user_code(digest: str, owner: Owner | None) -> Asking[str]:
    """A user code that is not in use, as `BDWP-HQPK`."""
    while True:
        number = int.from_bytes((yield from RandomBytes(16)))
        letters = [
            ALPHABET[number // len(ALPHABET) ** position % len(ALPHABET)] for position in range(8)
        ]
        user_code = "".join([*letters[:_HALF_LENGTH], "-", *letters[_HALF_LENGTH:]])
        if (
            yield from PutIfAbsent(
                device_codes.user_code_key(user_code), digest, DEVICE_CODE_LIFETIME, owner
            )
        ):
            return user_code


def _pending_request(digest: str) -> Asking[DeviceRequest]:
    text = yield from Peek(device_codes.request_key(digest))
    if text is None:
        raise expired_page(Cause.EXPIRED)
    return device_codes.load_device_request(text)


def _is_allowed_by(digest: str, person: Person) -> Asking[bool]:
    decision = yield from Peek(device_codes.decision_key(digest))
    return decision not in (None, DENIED) and load_grant(decision).subject == person.subject
