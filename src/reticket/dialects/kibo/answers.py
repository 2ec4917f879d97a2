"""What every Kibo answer has: the correlation id, and the content type that was asked for."""

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
    """A JSON answer, cut to what is wanted of it."""
    shown = body if wanted is None else wanted.of(body)
    content_type = media_type(request.header(b"accept"))
    return WireResponse(status, shown, content_type, (*_headers(request), *headers))


def nothing(request: WireRequest) -> WireResponse:
    """An empty 200."""
    return WireResponse(200, b"", None, _headers(request))


def media_type(accept: str | None) -> bytes:
    """That of ours which `Accept` likes best (RFC 9110 §12.5.1); JSON when it likes none."""
    return b"application/json" if accept in _ANY else _best(accept or "")


@lru_cache(maxsize=64)
def _best(accept: str) -> bytes:
    ranges = [_range(said) for said in accept.lower().split(",")]
    likings = {kind: _liking(kind, ranges) for kind in MEDIA_TYPES}
    best = max(likings, key=lambda kind: likings[kind])
    return (best if likings[best][0] > 0 else MEDIA_TYPES[0]).encode()


def _range(said: str) -> tuple[str, float]:
    quality = _QUALITY.search(said)
    return said.partition(";")[0].strip(), float(quality[1]) if quality else 1.0


def _liking(kind: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """Its quality by the most precise range, and how early in the list that stands."""
    said = [pattern for pattern, _ in ranges]
    for pattern in (kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if pattern in said:
            place = said.index(pattern)
            return ranges[place][1], -place
    return 0.0, 0


def _headers(request: WireRequest) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"cache-control", b"no-store"),
        (b"x-vol-correlation", request.caller.correlation_id.encode()),
    )
