"""The parts of every Kibo response: the correlation id and the negotiated content type."""

from __future__ import annotations

import re
from functools import lru_cache

from reticket.dialects.kibo.fields import Selection
from reticket.wire import Headers, WireRequest, WireResponse

MEDIA_TYPES = ("application/json", "text/json", "text/plain")
_ANY = frozenset({None, "*/*", MEDIA_TYPES[0]})
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def answer(
    request: WireRequest,
    status: int,
    body: bytes,
    wanted: Selection | None = None,
    headers: Headers = (),
) -> WireResponse:
    """A JSON response with the selected members only."""
    shown = body if wanted is None else wanted.of(body)
    content_type = media_type(request.header(b"accept"))
    return WireResponse(status, shown, content_type, (*_headers(request), *headers))


def nothing(request: WireRequest) -> WireResponse:
    """An empty 200."""
    return WireResponse(200, b"", None, _headers(request))


def media_type(accept: str | None) -> bytes:
    """Our media type that `Accept` prefers (RFC 9110 §12.5.1); JSON if it accepts none."""
    return b"application/json" if accept in _ANY else _best(accept or "")


@lru_cache(maxsize=64)
def _best(accept: str) -> bytes:
    ranges = [_range(text) for text in accept.lower().split(",")]
    preferences = {kind: _preference(kind, ranges) for kind in MEDIA_TYPES}
    best = max(preferences, key=lambda kind: preferences[kind])
    return (best if preferences[best][0] > 0 else MEDIA_TYPES[0]).encode()


def _range(text: str) -> tuple[str, float]:
    quality = _QUALITY.search(text)
    return text.partition(";")[0].strip(), float(quality[1]) if quality else 1.0


def _preference(kind: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """The quality of the most specific range, and the negative index of that range."""
    patterns = [pattern for pattern, _ in ranges]
    for pattern in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if pattern in patterns:
            index = patterns.index(pattern)
            return ranges[index][1], -index
    return 0.0, 0


def _headers(request: WireRequest) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"cache-control", b"no-store"),
        (b"x-vol-correlation", request.caller.correlation_id.encode()),
    )
