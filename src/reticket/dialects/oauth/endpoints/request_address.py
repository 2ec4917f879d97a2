"""Request objects at an address (`request_uri`, RFC 9101 §5.2), which the client has registered."""

from __future__ import annotations

from reticket.core.commands import Asking, Fetch
from reticket.core.errors import Cause
from reticket.core.fetching.model import FetchRequest, FetchResult, Unfetched
from reticket.core.people import Client
from reticket.core.tokens.faces import LONGEST_JWT
from reticket.dialects.oauth.endpoints.unfetched import record_unfetched, told_fault
from reticket.dialects.oauth.errors import OAuthError
from reticket.oauth.registration import Registration
from reticket.oauth.request_objects import without_fragment

ACCEPT = ("application/oauth-authz-req+jwt", "application/jwt")
"""RFC 9101 §5.2.3, and the type of any JWT (RFC 7519 §10.3.1)."""


def fetch_request_object(address: str, client: Client, registration: Registration) -> Asking[str]:
    """The text at a registered address.

    The fragment names the version of the text (OpenID Connect Registration §2). A copy is used as
    the headers of the answer say, and only for the same fragment.

    Raises:
        OAuthError: `invalid_request_uri`.
    """
    url = without_fragment(address)
    if url not in registration.request_objects.addresses:
        sentence = "request_uri is not registered for this client."
        raise OAuthError("invalid_request_uri", sentence, Cause.WRONG_TARGET)
    version = address.removeprefix(url)
    request = FetchRequest(url, ACCEPT)
    result: FetchResult = yield from Fetch(request, is_kept=_is_short, version=version, shortest=0)
    if isinstance(result, Unfetched):
        yield from record_unfetched(client.id, result)
        sentence = f"The request object cannot be had: {told_fault(result)}."
        raise OAuthError("invalid_request_uri", sentence)
    return result.body.decode("ascii", "replace").strip()


def _is_short(body: bytes) -> bool:
    """Whether the body may be a request object at all; anything else takes no room."""
    return len(body) <= LONGEST_JWT
