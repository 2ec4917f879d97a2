"""What signs the ID tokens of a new client that names no algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.oauth.registration import AUTHORIZATION_CODE, DEVICE_CODE, grants_of
from reticket.oauth.signing import FAPI_USUAL, ID_TOKEN_ALG, USUAL, is_fapi


def with_usual_algorithm(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a new client: if people sign in to it, its ID tokens have an algorithm of its
    own, whatever the service's becomes.
    """
    if not has_people(metadata):
        return dict(metadata)
    return {ID_TOKEN_ALG: FAPI_USUAL if is_fapi(metadata) else USUAL, **metadata}


def has_people(metadata: Mapping[str, Any]) -> bool:
    """Whether people sign in to the client of that metadata."""
    grants = grants_of(metadata)
    return AUTHORIZATION_CODE in grants or DEVICE_CODE in grants
