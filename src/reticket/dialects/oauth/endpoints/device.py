"""Sign-in for what has no browser (RFC 8628): the device asks for two codes and shows one; a
person types it here, on a device of theirs that has one.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from reticket.core.commands import (
    Asking,
    Audit,
    FindClient,
    Peek,
    PutIfAbsent,
    RandomBytes,
)
from reticket.core.errors import Cause
from reticket.core.people import Client
from reticket.core.storage.budget import COVERED, Owner, of_account
from reticket.core.texts import isolated
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.document import described, shown
from reticket.dialects.oauth.endpoints.authorization_request import resources, scope_of
from reticket.dialects.oauth.endpoints.client_authentication import authenticate
from reticket.dialects.oauth.errors import NO_STORE, Denied, heard
from reticket.dialects.oauth.grants import device_codes
from reticket.dialects.oauth.grants.codes import read_grant
from reticket.dialects.oauth.grants.device_codes import DENIED, INTERVAL, LIFETIME, DeviceRequest
from reticket.dialects.oauth.inputs import read_form, read_query
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.consents import consented, granted
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.interaction import Interaction, Person, own_form, too_old
from reticket.dialects.oauth.pages.rate_limits import give_back_a_try, limit_asking, spend_a_try
from reticket.dialects.oauth.pages.screens import Fault
from reticket.oauth.provider import BASE, CLIENT, USER, Provider
from reticket.oauth.registration import DEVICE_CODE, owner_of, registration_of
from reticket.wire import Operation, Parameter, Route, Secretive, WireRequest, WireResponse

PLACE = "/device"
CODE_PLACE = f"{PLACE}/code"

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words, and nothing that looks like something else (RFC 8628 §6.1)."""

_HALF = 4
MOST_TYPED = 30
"""Wrong codes that one network may type in a window: 20^8 of them take it a while."""

_UNKNOWN = Fault("There is no such code, or it was used or has ended. Look at your device again.")


class DeviceForm(msgspec.Struct):
    """RFC 8628 §3.1."""

    scope: str | None = None
    resource: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    client_assertion: str | None = None
    client_assertion_type: str | None = None


class CodeForm(msgspec.Struct):
    """Of the page where a code is typed."""

    user_code: str | None = None


class DeviceAnswer(Secretive, frozen=True):
    """RFC 8628 §3.2."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class Verdicts:
    """The ending of a way that began with a typed code: the device learns it by asking."""

    place = PLACE

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """Leave a grant for the device. The first word counts; who clicks twice has said it."""
        asked = yield from _waiting(interaction.order)
        grant = yield from granted(asked.client_id, person, asked.scope, asked.resources)
        owner, verdict = of_account(person.subject), device_codes.verdict(interaction.order)
        if (yield from PutIfAbsent(verdict, grant.written(), LIFETIME, owner)):
            yield from consented(grant)
        elif not (yield from _said_by(interaction.order, person)):
            raise too_old(Cause.USED)
        return screens.done(
            "Your device is connected", f"{isolated(interaction.name)} goes on by itself."
        )

    def leave(self, interaction: Interaction) -> str | None:
        """The browser goes nowhere."""
        return None

    def deny(self, interaction: Interaction) -> Operation:
        """Let the device know; who clicks twice has said it."""
        verdict = device_codes.verdict(interaction.order)
        said = (yield from PutIfAbsent(verdict, DENIED, LIFETIME, COVERED)) or (
            yield from Peek(verdict)
        ) == DENIED
        if not said:
            raise too_old(Cause.USED)
        yield from Audit(USER, "refused", "access_denied")
        return screens.done(
            "Your device is not connected", f"{isolated(interaction.name)} has got nothing."
        )


class Devices:
    """Owns the endpoint of devices, and the page where their codes are typed."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._flow = Flow(provider, Verdicts())

    def routes(self) -> tuple[Route, ...]:
        """A device posts where a person looks: one short address for both."""
        says = described(
            "Ask for a device code",
            "authorization",
            {200: DeviceAnswer},
            body=DeviceForm,
            security=({}, {"client": ()}),
        )
        query = (Parameter("user_code", "query", str, "The code that the device shows."),)
        return (
            Route("POST", PLACE, heard(CLIENT, self._ask), says),
            Route("GET", PLACE, heard(USER, self._show), shown("Type a code", parameters=query)),
            Route("POST", CODE_PLACE, heard(USER, self._typed), shown("Type a code", CodeForm)),
            *self._flow.routes(),
        )

    def _ask(self, request: WireRequest) -> Operation:
        form = read_form(request)
        registration, _ = yield from authenticate(request, form, self._provider)
        owner = owner_of(registration)
        if not registration.may(DEVICE_CODE):
            sentence = "The client is not registered for device codes."
            raise Denied("unauthorized_client", sentence, Cause.WRONG_GRANT)
        wanted = scope_of(registration, form), resources(registration, form)
        yield from limit_asking("device", registration, request, self._provider)
        device_code = to_text((yield from RandomBytes(32)))
        digest = device_codes.digest_of(device_code)
        asked = DeviceRequest(registration.id, *wanted)
        yield from PutIfAbsent(device_codes.remembered(digest), "", device_codes.REMEMBERED, owner)
        yield from PutIfAbsent(device_codes.asking(digest), asked.written(), LIFETIME, owner)
        user_code = yield from _user_code(digest, owner)
        return self._told(device_code, user_code)

    def _told(self, device_code: str, user_code: str) -> WireResponse:
        address = self._provider.url(PLACE)
        complete = f"{address}?user_code={quote(user_code)}"
        answer = DeviceAnswer(device_code, user_code, address, complete, LIFETIME, INTERVAL)
        return WireResponse(200, msgspec.json.encode(answer), headers=NO_STORE)

    def _show(self, request: WireRequest) -> Operation:
        """A code that stands in the address is shown, and still to be sent by the person
        (RFC 8628 §3.3.1).
        """
        yield from ()
        return screens.code(self._to_code, read_query(request).get("user_code", ""))

    def _typed(self, request: WireRequest) -> Operation:
        own_form(request, self._provider)
        user_code = read_form(request).get("user_code", "")
        yield from spend_a_try("typed", request, MOST_TYPED)
        digest = yield from Peek(device_codes.named(user_code))
        interaction = (yield from self._visit(digest, user_code)) if digest else None
        if interaction is None:
            yield from Audit(USER, "refused", Cause.UNKNOWN)
            return screens.code(self._to_code, user_code, _UNKNOWN)
        yield from give_back_a_try("typed", request)
        return (yield from self._flow.begin(request, interaction))

    def _visit(self, digest: str, user_code: str) -> Asking[Interaction | None]:
        """Of a device that waits for an answer still, and whose client may have one."""
        text = yield from Peek(device_codes.asking(digest))
        if text is None or (yield from Peek(device_codes.verdict(digest))) is not None:
            return None
        asked = device_codes.read_request(text)
        client: Client | None = yield from FindClient(asked.client_id)
        if client is None or client.disabled:
            return None
        registration = registration_of(client, self._provider)
        shown = user_code.strip().upper()
        note = f"Allow this only if your own device shows {shown} just now."
        return Interaction(asked.client_id, registration.name, asked.scope, digest, note=note)

    @property
    def _to_code(self) -> str:
        return f"{self._provider.path}{BASE}{CODE_PLACE}"


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint and its pages."""
    return Devices(provider).routes()


def _user_code(digest: str, owner: Owner | None) -> Asking[str]:
    """One that nobody else has just now, as `BDWP-HQPK`."""
    while True:
        number = int.from_bytes((yield from RandomBytes(16)))
        letters = [ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(8)]
        user_code = "".join([*letters[:_HALF], "-", *letters[_HALF:]])
        if (yield from PutIfAbsent(device_codes.named(user_code), digest, LIFETIME, owner)):
            return user_code


def _waiting(digest: str) -> Asking[DeviceRequest]:
    text = yield from Peek(device_codes.asking(digest))
    if text is None:
        raise too_old(Cause.EXPIRED)
    return device_codes.read_request(text)


def _said_by(digest: str, person: Person) -> Asking[bool]:
    verdict = yield from Peek(device_codes.verdict(digest))
    return verdict not in (None, DENIED) and read_grant(verdict).subject == person.subject
