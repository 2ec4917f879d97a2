"""The authorization request (RFC 6749 §4.1.1): parsing, and the checks against its client.

The redirect URI is checked first. An error is sent to it only when it is registered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from reticket.core.commands import Asking, ReadIdentity
from reticket.core.errors import Cause, Refusal, wrong
from reticket.core.texts import has_control
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.inputs import Form, expect_short, required
from reticket.dialects.oauth.pages.entry import NONE, PROMPTS, SECONDS
from reticket.oauth.lists import split_list
from reticket.oauth.registration import AUTHORIZATION_CODE, Registration
from reticket.oauth.requested_claims import LONGEST as LONGEST_CLAIMS
from reticket.oauth.requested_claims import (
    NOTHING,
    RequestedClaims,
    preferred_class,
    read_requested_claims,
)
from reticket.oauth.terms import OPENID

_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
"""SHA-256 in base64url without padding (RFC 7636 §4.2, RFC 7638)."""

_STORED_PARAMETERS = ("state", "nonce", "login_hint")
MAX_STORED_BYTES = 2048
"""Bytes of each stored parameter. A request needs no password, so its size has a limit."""

_PKCE = frozenset({"code_challenge", "code_challenge_method"})
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?((?:[/?].*)?)", re.DOTALL)


class ResponseMode(StrEnum):
    """How the parameters of an answer get to the client."""

    QUERY = "query"
    """In the query of the redirect URI (RFC 6749 §4.1.2)."""
    FORM_POST = "form_post"
    """In a form that the browser posts (OAuth 2.0 Form Post Response Mode)."""


class AuthorizationForm(msgspec.Struct):
    """RFC 6749 §4.1.1, with what RFC 7636, 8707, 9449 and OpenID Connect Core §3.1.2.1 add."""

    client_id: str
    response_type: str | None = None
    response_mode: str | None = None
    redirect_uri: str | None = None
    scope: str | None = None
    state: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    resource: str | None = None
    nonce: str | None = None
    prompt: str | None = None
    max_age: str | None = None
    acr_values: str | None = None
    login_hint: str | None = None
    id_token_hint: str | None = None
    dpop_jkt: str | None = None
    claims: str | None = None
    request: str | None = None
    registration: str | None = None


class AuthorizationRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A valid authorization request.

    Args:
        target: the redirect URI that the response uses.
        redirect_uri: the parameter of the request, or None when it was absent.
        challenge: S256 of the code verifier (RFC 7636 §4.2); None when the client need not use
            PKCE and did not.
        jkt: thumbprint of the key to which the code is bound (RFC 9449 §10), or None.
        response_mode: how the answer gets to the client.
        login_hint: an e-mail address, or empty; stored as `hint`.
        pushed: digest of the `request_uri` (RFC 9126), or None for a request that was not pushed.
        answer_until: the end of a pushed request, in milliseconds; stored as `until`.
        claims: those that are asked for beside the scopes.
    """

    client_id: str
    target: str
    scope: str
    challenge: str | None = None
    redirect_uri: str | None = None
    state: str | None = None
    resources: tuple[str, ...] = ()
    nonce: str | None = None
    jkt: str | None = None
    response_mode: ResponseMode = ResponseMode.QUERY
    login_hint: str = msgspec.field(default="", name="hint")
    pushed: str | None = None
    answer_until: int = msgspec.field(default=0, name="until")
    claims: RequestedClaims = NOTHING

    @property
    def shown_scope(self) -> str:
        """The scope that the person consents to. A claim counts as the scope that gives it."""
        return " ".join(dict.fromkeys((*split_list(self.scope), *self.claims.scopes())))

    def to_json(self) -> str:
        """The stored form."""
        return msgspec.json.encode(self).decode()


def load_auth_request(text: str) -> AuthorizationRequest:
    """The request from the text of `to_json`."""
    return msgspec.json.decode(text, type=AuthorizationRequest)


def resolve_redirect_uri(registration: Registration, redirect_uri: str | None) -> str:
    """The redirect URI of the response: a registered one, compared to the byte.

    The port of a loopback address may differ (RFC 8252 §7.3). The parameter may be absent when one
    URI is registered (RFC 6749 §3.1.2.3).

    Raises:
        OAuthError: `unauthorized_client` for a client without codes, which has no redirect URIs;
            `invalid_request`. The browser must not be redirected.
    """
    if not registration.allows(AUTHORIZATION_CODE):
        sentence = "The client is not registered for codes."
        raise OAuthError("unauthorized_client", sentence, Cause.WRONG_GRANT)
    registered = registration.redirect_uris
    if redirect_uri is None and len(registered) == 1:
        return registered[0]
    if redirect_uri is None:
        raise OAuthError("invalid_request", "redirect_uri is missing.", Cause.WRONG_REDIRECT)
    if not any(_is_same_uri(left, redirect_uri) for left in registered):
        sentence = "redirect_uri is not registered for this client."
        raise OAuthError("invalid_request", sentence, Cause.WRONG_REDIRECT)
    return redirect_uri


def validate_auth_request(
    registration: Registration, form: Form, target: str
) -> AuthorizationRequest:
    """The request, checked against the registration of its client.

    Raises:
        Refusal: INVALID_PARAMETER.
        OAuthError: with the error code of RFC 6749 §4.1.2.1 or OpenID Connect Core §3.1.2.6.
    """
    _refuse_unsupported(form)
    for name in _STORED_PARAMETERS:
        expect_short(form, name, MAX_STORED_BYTES)
    _check_response(form)
    _check_prompt(form)
    scope = requested_scope(registration, form)
    if OPENID in split_list(form.get("scope", "")):
        required(form, "redirect_uri")
    return AuthorizationRequest(
        client_id=registration.id,
        target=target,
        scope=scope,
        challenge=_code_challenge(registration, form),
        redirect_uri=form.get("redirect_uri"),
        state=form.get("state"),
        resources=requested_resources(registration, form),
        nonce=form.get("nonce"),
        jkt=_thumbprint(form, "dpop_jkt"),
        response_mode=ResponseMode(form.get("response_mode", ResponseMode.QUERY)),
        login_hint=form.get("login_hint", ""),
        claims=requested_claims(registration, form),
    )


def requested_claims(registration: Registration, form: Form) -> RequestedClaims:
    """The claims of the parameter `claims` that one of the client's scopes gives (OpenID Connect
    Core §5.5).

    Raises:
        Refusal: INVALID_PARAMETER.
    """
    expect_short(form, "claims", LONGEST_CLAIMS)
    try:
        return read_requested_claims(form.get("claims"), registration.scopes)
    except ValueError as error:
        raise wrong("claims", str(error)) from None


def requested_scope(registration: Registration, form: Form) -> str:
    """The requested scopes that the client may have, or all of the client when the request has none
    (RFC 6749 §3.3). The token response says which were granted.

    Raises:
        OAuthError: `invalid_scope` when the client may have none of them.
    """
    if "scope" not in form:
        return registration.ordered_scope(registration.default_scopes)
    scope = registration.ordered_scope(split_list(form["scope"]))
    if not scope:
        sentence = "scope has no member that this client may have."
        raise OAuthError("invalid_scope", sentence, Cause.WRONG_SCOPE)
    return scope


def requested_resources(registration: Registration, form: Form) -> tuple[str, ...]:
    """The requested audiences (RFC 8707 §2), which may be none.

    Raises:
        OAuthError: `invalid_target`.
    """
    requested = registration.requested_resources(form.get("resource", ""))
    if not set(requested) <= set(registration.resources):
        sentence = "resource is not one that this client may have."
        raise OAuthError("invalid_target", sentence, Cause.WRONG_TARGET)
    return requested


def canonical_form(auth_request: AuthorizationRequest, form: Form) -> Form:
    """A valid request as a form again: only known parameters, each once.

    Validation of this form gives the same request.
    """
    parameters = {
        "client_id": auth_request.client_id,
        "response_type": "code",
        "redirect_uri": auth_request.redirect_uri,
        "scope": auth_request.scope if "scope" in form else None,
        "state": auth_request.state,
        "code_challenge": auth_request.challenge,
        "code_challenge_method": auth_request.challenge and "S256",
        "response_mode": auth_request.response_mode.value,
        "resource": " ".join(auth_request.resources),
        "nonce": auth_request.nonce,
        "login_hint": auth_request.login_hint,
        "dpop_jkt": auth_request.jkt,
        "prompt": form.get("prompt"),
        "max_age": form.get("max_age"),
        "acr_values": preferred_class(form.get("acr_values", "")),
        "id_token_hint": form.get("id_token_hint"),
        "claims": form.get("claims"),
    }
    return {name: value for name, value in parameters.items() if value}


def hinted_subject(form: Form) -> Asking[str | None]:
    """The subject of `id_token_hint`, or None without one (OpenID Connect Core §3.1.2.1).

    An expired ID token is accepted while its key is in the key ring.

    Raises:
        Refusal: INVALID_PARAMETER for any other text.
    """
    if "id_token_hint" not in form:
        return None
    try:
        claims: Mapping[str, Any] = yield from ReadIdentity(form["id_token_hint"])
    except Refusal as refusal:
        raise wrong("id_token_hint", "is no ID token of this service") from refusal
    return str(claims["sub"])


def fits_form(state: str, mode: str | None) -> bool:
    """Whether a form can return the state, if the mode has one. Browsers change line ends in it."""
    return mode != ResponseMode.FORM_POST or not has_control(state)


def _is_same_uri(registered: str, requested: str) -> bool:
    if requested == registered:
        return True
    left, right = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(requested)
    return left is not None and right is not None and left.groups() == right.groups()


def _refuse_unsupported(form: Form) -> None:
    if "registration" in form:  # OpenID Connect Core §3.1.2.6
        raise OAuthError("registration_not_supported", "registration is not supported.")


def _check_response(form: Form) -> None:
    if required(form, "response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    if form.get("response_mode", ResponseMode.QUERY) not in tuple(ResponseMode):
        raise wrong("response_mode", f"must be {' or '.join(ResponseMode)}")
    if not fits_form(form.get("state", ""), form.get("response_mode")):
        raise wrong("state", "has a control character")


def _check_prompt(form: Form) -> None:
    if not SECONDS.fullmatch(form.get("max_age", "0")):
        raise wrong("max_age", "must be a number of seconds")
    prompts = set(split_list(form.get("prompt", "")))
    if not prompts <= PROMPTS or (NONE in prompts and len(prompts) > 1):
        raise wrong("prompt", "is not one that is known")


def _code_challenge(registration: Registration, form: Form) -> str | None:
    """S256 alone (RFC 9700 §2.1.1); a request without a method means `plain` (RFC 7636 §4.3)."""
    if not registration.pkce_required and form.keys().isdisjoint(_PKCE):
        return None
    challenge = required(form, "code_challenge")
    if form.get("code_challenge_method") != "S256":
        raise wrong("code_challenge_method", "must be S256")
    if not _SHA256.fullmatch(challenge):
        raise wrong("code_challenge", "must be a SHA-256 in base64url")
    return challenge


def _thumbprint(form: Form, name: str) -> str | None:
    if name in form and not _SHA256.fullmatch(form[name]):
        raise wrong(name, "must be a SHA-256 in base64url")
    return form.get(name)
