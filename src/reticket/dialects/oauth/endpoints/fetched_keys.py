"""The public keys of a client: those of its registration, or those at its `jwks_uri`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.core.commands import Asking, Fetch
from reticket.core.errors import Cause
from reticket.core.fetching.model import FetchRequest, Unfetched
from reticket.core.people import Client
from reticket.core.policy import DAY
from reticket.dialects.oauth.endpoints.client_keys import (
    MOST_TRIED,
    ClientKey,
    keys_in,
    keys_of,
)
from reticket.dialects.oauth.endpoints.unfetched import record_unfetched

ACCEPT = ("application/jwk-set+json", "application/json")

KEPT = DAY
"""Seconds for which the last copy is used while its server does not give a newer one."""


def find_keys(client: Client, header: Mapping[str, Any]) -> Asking[tuple[ClientKey, ...] | Cause]:
    """The keys that may have made a signature with this header, or the cause why there are none.

    A key that the copy lacks has it fetched again, once a minute at most.
    """
    url = client.registration.get("jwks_uri")
    if url is None:
        return _matching(keys_of(client), header)
    for is_newer in (False, True):
        result = yield from Fetch(FetchRequest(url, ACCEPT), newer=is_newer, keep=KEPT)
        if isinstance(result, Unfetched):
            yield from record_unfetched(client.id, result)
            return Cause.NO_KEYS
        if keys := _matching(keys_in(result.body), header):
            return keys
    return ()


def _matching(keys: tuple[ClientKey, ...], header: Mapping[str, Any]) -> tuple[ClientKey, ...]:
    return tuple(key for key in keys if key.matches(header))[:MOST_TRIED]
