"""The authorization response (RFC 6749 §4.1.2): how its parameters get to the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from reticket.core.errors import Refusal
from reticket.dialects.oauth.endpoints.authorization_request import (
    AuthorizationRequest,
    ResponseMode,
)
from reticket.dialects.oauth.errors import failure_of
from reticket.dialects.oauth.pages import screens
from reticket.dialects.oauth.pages.html import PRIVATE_HEADERS
from reticket.oauth.provider import Provider
from reticket.wire import Headers, WireResponse


class ResponseTarget(NamedTuple):
    """Where a response goes: the redirect URI, with the client's `state`."""

    redirect_uri: str
    state: str | None
    mode: ResponseMode


def target_of(auth_request: AuthorizationRequest) -> ResponseTarget:
    """Where the response to a valid request goes."""
    return ResponseTarget(auth_request.target, auth_request.state, auth_request.response_mode)


class AuthorizationResponses:
    """Makes the responses of a provider."""

    def __init__(self, provider: Provider) -> None:
        self._issuer = provider.issuer

    def error(self, target: ResponseTarget, refusal: Refusal) -> WireResponse:
        """The error response (RFC 6749 §4.1.2.1)."""
        _, error_code, description = failure_of(refusal)
        return self.success(target, error=error_code, error_description=description)

    def success(self, target: ResponseTarget, **parameters: str) -> WireResponse:
        """The response with these parameters, `state` and `iss` (RFC 9207)."""
        if target.mode is ResponseMode.FORM_POST:
            return screens.post_form(target.redirect_uri, self._with_state(target, parameters))
        return redirect(self.uri(target, **parameters))

    def uri(self, target: ResponseTarget, **parameters: str) -> str:
        """The redirect URI with the parameters in its query."""
        return with_query(target.redirect_uri, self._with_state(target, parameters))

    def _with_state(
        self, target: ResponseTarget, parameters: Mapping[str, str]
    ) -> Mapping[str, str]:
        state = {} if target.state is None else {"state": target.state}
        return {**parameters, **state, "iss": self._issuer}


def with_query(uri: str, parameters: Mapping[str, str]) -> str:
    """The URI with parameters added to its query."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"


def redirect(uri: str, headers: Headers = ()) -> WireResponse:
    """303, so that the browser does not post the form of a page to the client (RFC 9700 §4.12)."""
    return WireResponse(303, b"", None, (*PRIVATE_HEADERS, (b"location", uri.encode()), *headers))
