"""The authorization endpoint (RFC 6749 §4.1, OpenID Connect Core §3.1.2).

An error goes to the redirect URI of the client. A page shows it when the client is unknown or the
redirect URI is not registered (RFC 6749 §4.1.2.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from reticket.core.commands import Asking, Audit
from reticket.core.errors import Code, Refusal, wrong
from reticket.core.people import Client
from reticket.dialects.oauth.document import describe_page
from reticket.dialects.oauth.endpoints.authorization_request import (
    AuthorizationForm,
    AuthorizationRequest,
    ResponseMode,
    fits_form,
    hinted_subject,
    resolve_redirect_uri,
    validate_auth_request,
)
from reticket.dialects.oauth.endpoints.authorization_response import (
    AuthorizationResponses,
    ResponseTarget,
)
from reticket.dialects.oauth.endpoints.code_issuing import PATH, AuthorizationCodeHandler
from reticket.dialects.oauth.endpoints.document_clients import bring_up_to_date
from reticket.dialects.oauth.endpoints.error_target import with_refused_object
from reticket.dialects.oauth.endpoints.par import (
    REQUEST_URI_PREFIX,
    load_pushed,
    request_uri_digest,
)
from reticket.dialects.oauth.endpoints.pushed_answers import (
    expect_unanswered,
    ticket_without_page,
    used_up,
    with_deadline,
)
from reticket.dialects.oauth.endpoints.signed_request import signed_parameters
from reticket.dialects.oauth.endpoints.silent_requests import (
    EntrySearch,
    answers_without_page,
    is_silent,
)
from reticket.dialects.oauth.errors import OAuthError, audit_cause, audited
from reticket.dialects.oauth.inputs import FORM, MAX_VALUE_LENGTH, parse_parameters
from reticket.dialects.oauth.pages.consents import expect_client
from reticket.dialects.oauth.pages.entry import (
    CONSENT,
    NONE,
    Demands,
    Entry,
    demands_of,
)
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.interaction import Interaction
from reticket.dialects.oauth.pages.safe_requests import is_head_or_prefetch, not_yet
from reticket.dialects.oauth.pages.vouching import vouching_note
from reticket.oauth.provider import USER, Provider
from reticket.oauth.registration import Registration, registration_of
from reticket.wire import Operation, Parameter, Route, WireRequest, parse_pairs

_SUMMARY = "Ask a person for a code"
_DESCRIPTIONS = {
    "client_id": "The client.",
    "response_type": "`code` (RFC 6749 §4.1.1).",
    "response_mode": "`query`, by default, or `form_post`.",
    "redirect_uri": "One of the client's, to the byte.",
    "scope": "Scopes, separated by blanks; absent: all of the client's.",
    "state": "Returned to the client unchanged.",
    "code_challenge": "The SHA-256 of the code verifier, base64url (RFC 7636 §4.2). "
    "Confidential clients may be registered so that they can leave it out.",
    "code_challenge_method": "`S256`.",
    "resource": "A resource server that the access token is for (RFC 8707).",
    "nonce": "Copied to the ID token (OpenID Connect Core §3.1.2.1).",
    "prompt": "`none`, `login`, `consent` or `select_account`.",
    "max_age": "Seconds since the person last signed in, at most.",
    "acr_values": "Classes of sign-ins, the preferred one first (OpenID Connect Core §3.1.2.1).",
    "login_hint": "The e-mail address of the person, or `preferred_username`.",
    "id_token_hint": "An ID token of the person that is expected.",
    "dpop_jkt": "The thumbprint of the key that the code is bound to (RFC 9449 §10).",
    "claims": "Claims in JSON that are wanted beside the scopes (OpenID Connect Core §5.5).",
    "request": "A request object: a JWT with these parameters, signed by the client (RFC 9101).",
    "registration": "Not supported.",
    "request_uri": "The `request_uri` of a pushed request (RFC 9126), or a registered address of a "
    "request object.",
}
_QUERY_PARAMETERS = tuple(
    Parameter(name, "query", str, _DESCRIPTIONS[name], required=name == "client_id")
    for name in (*AuthorizationForm.__struct_fields__, "request_uri")
)

Pairs = Sequence[tuple[str, str]]


class Authorization:
    """The endpoint: it checks a request and begins the pages."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._responses = AuthorizationResponses(provider)
        self._handler = AuthorizationCodeHandler(provider)
        self._flow = Flow(provider, self._handler)

    def routes(self) -> tuple[Route, ...]:
        """GET and POST (OpenID Connect Core §3.1.2.1), and the forms of the pages."""
        return (
            Route(
                "GET",
                PATH,
                audited(USER, self._get),
                describe_page(_SUMMARY, parameters=_QUERY_PARAMETERS),
            ),
            Route(
                "POST", PATH, audited(USER, self._post), describe_page(_SUMMARY, AuthorizationForm)
            ),
            *self._flow.routes(),
        )

    def _get(self, request: WireRequest) -> Operation:
        return (yield from self._authorize(request, parse_pairs(request.query)))

    def _post(self, request: WireRequest) -> Operation:
        if request.content_type() != FORM:
            raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE)
        return (yield from self._authorize(request, parse_pairs(request.body)))

    def _authorize(self, request: WireRequest, parameters: Pairs) -> Operation:
        client = yield from self._find_client(request, parameters)
        registration = registration_of(client, self._provider)
        reference = _single(parameters, "request_uri") or ""
        if reference.startswith(REQUEST_URI_PREFIX):
            digest = request_uri_digest(reference)
            parameters = yield from load_pushed(digest, registration.id)
            return (yield from self._begin(request, registration, parameters, digest))
        try:
            counted = yield from self._counted(parameters, client, registration)
        except Refusal as refusal:
            target = _target_of_refusal(registration, parameters, refusal)
            return (yield from self._refuse(request, registration, parameters, target, refusal))
        return (yield from self._begin(request, registration, counted, None))

    def _counted(
        self, parameters: Pairs, client: Client, registration: Registration
    ) -> Asking[Pairs]:
        """The parameters that count of a request that was not pushed.

        Raises:
            Refusal: of all kinds that an error response or a page tells.
        """
        if registration.par_required:
            raise OAuthError("invalid_request", "The client must push its requests.")
        return (yield from signed_parameters(parameters, client, registration, self._provider))

    def _begin(
        self,
        request: WireRequest,
        registration: Registration,
        parameters: Pairs,
        digest: str | None,
    ) -> Operation:
        """Check the parameters that count, and show the first page."""
        redirect_uri = resolve_redirect_uri(registration, _single(parameters, "redirect_uri"))
        try:
            demands, interaction, entry = yield from self._checked(
                request, registration, parameters, redirect_uri, digest
            )
            if is_head_or_prefetch(request) and (
                yield from answers_without_page(self._handler, interaction, entry)
            ):
                return not_yet()
            ticket = _answer_ticket(digest, entry)
            if NONE in demands.prompts:  # what the first page would say goes to the client as well
                return (yield from self._flow.begin(request, interaction, entry, ticket))
        except Refusal as refusal:
            return (
                yield from self._refuse(request, registration, parameters, redirect_uri, refusal)
            )
        return (yield from self._flow.begin(request, interaction, entry, ticket))

    def _checked(
        self,
        request: WireRequest,
        registration: Registration,
        parameters: Pairs,
        redirect_uri: str,
        digest: str | None,
    ) -> Asking[tuple[Demands, Interaction, Entry]]:
        """What a valid request demands, and what its pages begin with.

        Raises:
            Refusal: of all kinds that an error response or a page tells.
        """
        form = parse_parameters(parameters)
        auth_request = validate_auth_request(registration, form, redirect_uri)
        is_answered = False
        if digest:
            is_answered = yield from expect_unanswered(digest, request, self._provider)
            auth_request = yield from with_deadline(auth_request, digest)
        subject = _one_subject((yield from hinted_subject(form)), auth_request.claims.subject)
        demands = demands_of(form, subject, auth_request.claims.level)
        interaction = self._interaction(registration, auth_request, demands)
        search = EntrySearch(request, self._provider, self._handler, demands, interaction)
        entry = yield from search.find() if registration.vouched else search.find_discreetly()
        if is_answered and not (yield from answers_without_page(self._handler, interaction, entry)):
            raise used_up()  # a page could not be answered
        return demands, interaction, entry

    def _refuse(
        self,
        request: WireRequest,
        registration: Registration,
        parameters: Pairs,
        redirect_uri: str,
        refusal: Refusal,
    ) -> Operation:
        """Send the error to the client; or raise it, so that a page shows it to the person."""
        is_trusted = registration.vouched or is_silent(refusal)
        if not is_trusted or _is_for_person(refusal, parameters):
            raise refusal  # a self-registered client could send people anywhere (RFC 9700 §4.11.2)
        if is_head_or_prefetch(request):
            return not_yet()
        yield from Audit(USER, "refused", audit_cause(refusal))
        said = with_refused_object(parameters)
        mode = _mode_of(said)
        target = ResponseTarget(redirect_uri, _state_of(said, mode), mode)
        return self._responses.error(target, refusal)

    def _find_client(self, request: WireRequest, parameters: Pairs) -> Asking[Client]:
        client_id = _single(parameters, "client_id")
        if client_id is None:
            raise OAuthError("invalid_request", "client_id is missing.")
        yield from bring_up_to_date(request, client_id, self._provider)
        return (yield from expect_client(client_id))

    @staticmethod
    def _interaction(
        registration: Registration, auth_request: AuthorizationRequest, demands: Demands
    ) -> Interaction:
        return Interaction(
            client_id=registration.id,
            name=registration.name,
            scope=auth_request.shown_scope,
            request=replace(auth_request, login_hint="").to_json(),
            login_hint=auth_request.login_hint,
            subject=demands.subject,
            max_age=demands.limit_of_age,
            level=demands.level,
            wanted=demands.wanted,
            asks_consent=CONSENT in demands.prompts,
            target=auth_request.target,
            note=vouching_note(registration, auth_request.target),
            policy_uri=registration.policy_uri,
            tos_uri=registration.tos_uri,
        )


def routes(provider: Provider) -> tuple[Route, ...]:
    """The endpoint and its pages."""
    return Authorization(provider).routes()


def _answer_ticket(digest: str | None, entry: Entry) -> str | None:
    """The ticket of an answer without a page to a pushed request; None for any other."""
    return ticket_without_page(digest, entry.account) if digest and entry.account else None


def _target_of_refusal(registration: Registration, parameters: Pairs, refusal: Refusal) -> str:
    """The redirect URI for the error of a request object, which may have been the only place that
    had it.

    Raises:
        Refusal: there is none.
    """
    redirect_uri = _single(parameters, "redirect_uri")
    if redirect_uri is None and len(registration.redirect_uris) != 1:
        raise refusal
    return resolve_redirect_uri(registration, redirect_uri)


def _one_subject(hinted: str | None, claimed: str | None) -> str | None:
    """The only person who may answer, by the hint or by the claim `sub`.

    Raises:
        Refusal: INVALID_PARAMETER, for two.
    """
    if None not in (hinted, claimed) and hinted != claimed:
        raise wrong("claims", "asks for another person than id_token_hint")
    return hinted or claimed


def _single(parameters: Pairs, name: str) -> str | None:
    """A parameter that is needed before an error may be redirected; None when it is absent.

    Raises:
        OAuthError: `invalid_request`, when it is repeated or too long.
    """
    values = [value for key, value in parameters if key == name and value]
    if len(values) > 1 or any(len(value) > MAX_VALUE_LENGTH for value in values):
        raise OAuthError("invalid_request", f"{name} is repeated or too long.")
    return values[0] if values else None


def _is_for_person(refusal: Refusal, parameters: Pairs) -> bool:
    """Whether a page says what happened; never to a client that forbids pages by `prompt=none`."""
    return isinstance(refusal, PageError) and _single(parameters, "prompt") != NONE


def _state_of(parameters: Pairs, mode: ResponseMode) -> str | None:
    """The `state` for an error response, even one that is too long to store (RFC 6749 §4.1.2.1).

    A repeated `state` counts as absent, and so does one that no form can return.
    """
    values = [value for key, value in parameters if key == "state" and value]
    if len(values) != 1 or len(values[0]) > MAX_VALUE_LENGTH or not fits_form(values[0], mode):
        return None
    return values[0]


def _mode_of(parameters: Pairs) -> ResponseMode:
    """The response mode of an error response; the usual one unless the request has a valid one."""
    values = [value for key, value in parameters if key == "response_mode"]
    return ResponseMode.FORM_POST if values == [ResponseMode.FORM_POST] else ResponseMode.QUERY
