"""What the pages show of the enabled dialects: their documents and their discovery paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reticket.http.pages import Documents
from reticket.openapi import served_document
from reticket.openapi_to_try import document_to_try
from reticket.wire import Dialect
from reticket.wire_paths import WELL_KNOWN


def documents_of(dialects: Sequence[Dialect], address: str, *, with_examples: bool) -> Documents:
    """The OpenAPI documents of those dialects. `address`: where the service is."""
    published = {each.name: served_document(each, address) for each in dialects}
    to_try = {
        each.name: document_to_try(published[each.name], each, with_examples=with_examples)
        for each in dialects
    }
    return Documents(_as_json(published), _as_json(to_try))


def places_of(dialects: Sequence[Dialect]) -> list[str]:
    """The paths at which clients discover a dialect (RFC 8615)."""
    return [
        route.path
        for dialect in dialects
        for route in dialect.routes
        if route.path.startswith(WELL_KNOWN) and "{" not in route.path
    ]


def _as_json(documents: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: msgspec.json.encode(document) for name, document in documents.items()}
