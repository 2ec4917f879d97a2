"""The sector of a client (OpenID Connect Registration §5): whether its document has its addresses.

A subject is the same for every client, so a sector changes nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from reticket.core.commands import Asking, Fetch
from reticket.core.fetching.model import FetchRequest, FetchResult, Unfetched
from reticket.dialects.oauth.endpoints.unfetched import record_unfetched, told_fault
from reticket.oauth.client_metadata import SECTOR, MetadataFault

ACCEPT = ("application/json", "+json")


def expect_sector(client_id: str, registration: Mapping[str, Any]) -> Asking[None]:
    """Check that the document of the sector has every redirect URI of the registration.

    Raises:
        MetadataFault: it has not, or cannot be had.
    """
    url = registration.get(SECTOR)
    if url is None:
        return
    result: FetchResult = yield from Fetch(FetchRequest(url, ACCEPT))
    if isinstance(result, Unfetched):
        yield from record_unfetched(client_id, result)
        raise _invalid(f"cannot be had: {told_fault(result)}")
    if not set(registration.get("redirect_uris", ())) <= set(_addresses(result.body)):
        raise _invalid("has not every redirect URI")


def _addresses(body: bytes) -> Sequence[str]:
    try:
        return msgspec.json.decode(body, type=list[str])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _invalid("is no list of addresses in JSON") from None


def _invalid(fault: str) -> MetadataFault:
    return MetadataFault("invalid_client_metadata", f"{SECTOR} {fault}.")
