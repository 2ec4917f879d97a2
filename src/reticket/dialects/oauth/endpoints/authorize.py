"""The authorisation endpoint (RFC 6749 §4.1, OpenID Connect Core §3.1.2): from a client's request
to its code. Whoever is not known, or may not be sent an answer to, is told on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlencode

from msgspec.structs import replace

from reticket.core.commands import Asking, Audit, Peek, Pop, PutIfAbsent
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.storage.budget import of_account
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.document import shown
from reticket.dialects.oauth.endpoints.authorization_request import (
    AuthorizationForm,
    CodeRequest,
    identity,
    landing,
    read_order,
    understood,
)
from reticket.dialects.oauth.endpoints.par import PREFIX, answer_once, digest_of, opened, pushed
from reticket.dialects.oauth.errors import Denied, failure_of, heard, news_of
from reticket.dialects.oauth.grants import codes
from reticket.dialects.oauth.inputs import FORM, LONGEST, Form, once
from reticket.dialects.oauth.pages.consents import consented, find_known, granted
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.html import UNSEEN
from reticket.dialects.oauth.pages.interaction import Interaction, Person, too_old
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.wire import Operation, Parameter, Route, WireRequest, WireResponse, parse_pairs

PLACE = "/authorize"

_SUMMARY = "Ask a person for a code"
_WORDS = {
    "client_id": "The client that asks.",
    "response_type": "`code` (RFC 6749 §4.1.1).",
    "response_mode": "`query`, or absent.",
    "redirect_uri": "One of the client's, to the byte.",
    "scope": "Scopes, separated by blanks; absent: all of the client's.",
    "state": "Comes back to the client as it is.",
    "code_challenge": "The SHA-256 of the code verifier, base64url (RFC 7636 §4.2).",
    "code_challenge_method": "`S256`.",
    "resource": "A resource server that the access token is for (RFC 8707).",
    "nonce": "Stands in the ID token (OpenID Connect Core §3.1.2.1).",
    "prompt": "`none`, `login`, `consent` or `select_account`.",
    "max_age": "Seconds since the person last signed in, at most.",
    "login_hint": "An e-mail to fill in.",
    "id_token_hint": "An ID token of the person that is expected.",
    "dpop_jkt": "The thumbprint of the key that the code is bound to (RFC 9449 §10).",
    "request": "Not supported.",
    "registration": "Not supported.",
    "request_uri": "What the endpoint for pushed requests has answered (RFC 9126).",
}
_QUERY = tuple(
    Parameter(name, "query", str, _WORDS[name], required=name == "client_id")
    for name in (*AuthorizationForm.__struct_fields__, "request_uri")
)

Pairs = Sequence[tuple[str, str]]


class Codes:
    """The ending of a way that began here: a code, or a refusal, for the client."""

    place = PLACE

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def allow(self, ticket: str, interaction: Interaction, person: Person) -> Operation:
        """Give the client its code. Who clicks twice gets the same one, while it is unused."""
        order, code = read_order(interaction.order), _code_of(ticket)
        grant = yield from _granted(order, person)
        yield from answer_once(order, codes.waiting(code), person)
        yield from _give(code, grant)
        return self.answer(order.target, order.state, code=code)

    def deny(self, interaction: Interaction) -> Operation:
        """Tell the client."""
        order = read_order(interaction.order)
        yield from answer_once(order, "denied", interaction.person)
        refusal = Denied("access_denied", "The person has said no.")
        yield from Audit(USER, "refused", refusal.failure.word)
        return self.refused(order.target, order.state, refusal)

    def leave(self, interaction: Interaction) -> str:
        """To the client, which is told."""
        order = read_order(interaction.order)
        gone = {"error": "access_denied", "error_description": "The person has gone back."}
        return self.address(order.target, order.state, **gone)

    def refused(self, target: str, state: str | None, refusal: Refusal) -> WireResponse:
        """RFC 6749 §4.1.2.1."""
        _, word, sentence = failure_of(refusal)
        return self.answer(target, state, error=word, error_description=sentence)

    def answer(self, target: str, state: str | None, **said: str) -> WireResponse:
        """Send the browser there. 303: what was posted here goes nowhere else (RFC 9700 §4.12)."""
        location = self.address(target, state, **said)
        return WireResponse(303, b"", None, (*UNSEEN, (b"location", location.encode())))

    def address(self, target: str, state: str | None, **said: str) -> str:
        """Where an answer goes, with who gives it (RFC 9207)."""
        given = said | ({} if state is None else {"state": state}) | {"iss": self._provider.issuer}
        return f"{target}{'&' if '?' in target else '?'}{urlencode(given)}"


class Authorization:
    """Owns the requests."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._codes = Codes(provider)
        self._flow = Flow(provider, self._codes)

    def routes(self) -> tuple[Route, ...]:
        """Both methods (OpenID Connect Core §3.1.2.1), and where the pages' forms go."""
        return (
            Route("GET", PLACE, heard(USER, self._by_query), shown(_SUMMARY, parameters=_QUERY)),
            Route("POST", PLACE, heard(USER, self._by_form), shown(_SUMMARY, AuthorizationForm)),
            *self._flow.routes(),
        )

    def _by_query(self, request: WireRequest) -> Operation:
        return (yield from self._answer(request, parse_pairs(request.query)))

    def _by_form(self, request: WireRequest) -> Operation:
        if request.content_type() != FORM:
            raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
        return (yield from self._answer(request, parse_pairs(request.body)))

    def _answer(self, request: WireRequest, said: Pairs) -> Operation:
        registration = yield from self._client(said)
        reference = _alone(said, "request_uri") or ""
        digest = digest_of(reference) if reference.startswith(PREFIX) else None
        if digest:
            said = yield from pushed(digest, registration.id)
        target = landing(registration, _alone(said, "redirect_uri"))
        try:
            form = once(said)
            order = _read(registration, form, target, bool(digest))
            subject = yield from identity(form)
        except Refusal as refusal:
            yield from Audit(USER, "refused", news_of(refusal))
            return self._codes.refused(target, _state(said), refusal)
        if digest:
            order = yield from opened(order, digest)
        return (yield from self._flow.begin(request, self._visit(registration, order, subject)))

    def _client(self, said: Pairs) -> Asking[Registration]:
        client_id = _alone(said, "client_id")
        if client_id is None:
            raise Denied("invalid_request", "client_id is missing.")
        return registration_of((yield from find_known(client_id)), self._provider)

    @staticmethod
    def _visit(registration: Registration, order: CodeRequest, subject: str | None) -> Interaction:
        return Interaction(
            client_id=registration.id,
            name=registration.name,
            scope=order.scope,
            order=replace(order, hint="").written(),
            hint=order.hint,
            subject=subject,
            target=order.target,
        )


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint and its pages."""
    return Authorization(provider).routes()


def _read(registration: Registration, form: Form, target: str, was_pushed: bool) -> CodeRequest:
    if registration.par_required and not was_pushed:
        raise Denied("invalid_request", "The client must push its requests.")
    order = understood(registration, form, target)
    if form.get("prompt") == "none":
        raise Denied("login_required", "Nobody is signed in beforehand.")
    return order


def _alone(said: Pairs, name: str) -> str | None:
    """A parameter on which it hangs whether anybody may be sent an answer: once, or not at all."""
    values = [value for key, value in said if key == name and value]
    if len(values) > 1 or any(len(value) > LONGEST for value in values):
        raise Denied("invalid_request", f"{name} is repeated or too long.")
    return values[0] if values else None


def _state(said: Pairs) -> str | None:
    """What the client wants back, also where it is too long to be kept (RFC 6749 §4.1.2.1); two
    states are none.
    """
    values = [value for key, value in said if key == "state" and value]
    return values[0] if len(values) == 1 and len(values[0]) <= LONGEST else None


def _code_of(ticket: str) -> str:
    """As secret as the ticket, and of no use to find it."""
    return to_text(sha256(b"code:" + ticket.encode()).digest())


def _give(code: str, grant: codes.CodeGrant) -> Asking[None]:
    """Let the code wait, and then be known: until both are done nobody has got it, and whoever
    clicks again goes on with what is there. Denied for one that is known and waits no more.
    """
    owner, waits, known = of_account(grant.subject), codes.waiting(code), codes.begun(code)
    is_new = (yield from Peek(known)) is None and (
        yield from PutIfAbsent(waits, grant.written(), codes.LIFETIME, owner)
    )
    text = grant.written() if is_new else (yield from Peek(waits))
    if text is None:
        raise too_old(Cause.USED)
    given = codes.read_grant(text)
    if (yield from PutIfAbsent(known, codes.given_by(given).written(), codes.REMEMBERED, owner)):
        yield from consented(given)
    elif is_new and not _is_of(grant, (yield from Peek(known))):
        yield from Pop(waits)  # another click gave it, and it was used, between two of our steps
        raise too_old(Cause.USED)


def _is_of(grant: codes.CodeGrant, known: str | None) -> bool:
    return known is not None and codes.read_given(known).family == grant.family


def _granted(order: CodeRequest, person: Person) -> Asking[codes.CodeGrant]:
    grant = yield from granted(order.client_id, person, order.scope, order.resources)
    return replace(
        grant,
        redirect_uri=order.redirect_uri,
        challenge=order.challenge,
        nonce=order.nonce,
        jkt=order.jkt,
    )
