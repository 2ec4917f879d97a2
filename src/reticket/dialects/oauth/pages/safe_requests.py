"""Requests that must change nothing: a page is shown to them, and no client is answered."""

from __future__ import annotations

from reticket.dialects.oauth.pages.html import PRIVATE_HEADERS
from reticket.wire import WireRequest, WireResponse


def is_head_or_prefetch(request: WireRequest) -> bool:
    """Whether the request is a HEAD, which changes nothing (RFC 9110 §9.2.1), or a prefetch.
    Browsers name a prefetch in `Sec-Purpose` (Fetch §2.2.5), older ones in `Purpose`.
    """
    purposes = [request.header(name) or "" for name in (b"sec-purpose", b"purpose")]
    return request.method == "HEAD" or any("prefetch" in each.lower() for each in purposes)


def not_yet() -> WireResponse:
    """503 in place of a redirect to a client. A browser uses no prefetched answer of that status:
    it sends the request again when the person goes there.
    """
    return WireResponse(503, b"", None, PRIVATE_HEADERS)
