"""The algorithms that sign the tokens and userinfo of a client (OpenID Connect Registration §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.core.policy import BROWSER

ALGORITHMS = ("ES256", "EdDSA", "RS256")
"""All algorithms that may sign an ID token, now or later.

Clients keep the metadata for as long as they run. OpenID Connect Discovery §3 requires RS256.
"""

CLIENT_ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
"""The algorithms by which clients sign assertions and request objects: never `none`, and never one
with a shared secret.
"""

ID_TOKEN_ALG = "id_token_signed_response_alg"  # noqa: S105
USERINFO_ALG = "userinfo_signed_response_alg"
MEMBERS = (ID_TOKEN_ALG, USERINFO_ALG)
"""The members of a registration that name an algorithm."""

USUAL = "RS256"
"""Of the ID tokens of a new client that names none (OpenID Connect Registration §2)."""

FAPI_USUAL = "ES256"
"""The same for a client with a FAPI preset; of its access tokens where the service has RS256."""

FAPI_PRESET = "FAPI_2_SESSION"

FAPI_REFUSED = "RS256"
"""An algorithm that FAPI 2.0 Security Profile §5.4.1 does not have."""


def algorithms_in(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The algorithms that a registration names: each needs a key."""
    return tuple(metadata[name] for name in MEMBERS if name in metadata)


def preset_of(metadata: Mapping[str, Any]) -> str:
    """The preset of the client's policy."""
    return str((metadata.get("policy") or {}).get("preset", BROWSER))


def is_fapi(metadata: Mapping[str, Any]) -> bool:
    """Whether the client of that metadata has a FAPI preset."""
    return preset_of(metadata).startswith(FAPI_PRESET)


def algorithms_wanted(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The algorithms that need a key before a registration is stored. A client with a FAPI preset
    needs one that is not RS256.
    """
    usual = (FAPI_USUAL,) if is_fapi(metadata) else ()
    return tuple(dict.fromkeys((*algorithms_in(metadata), *usual)))


def access_token_algorithm(*, is_fapi: bool, service: str) -> str | None:
    """The algorithm of a client's access tokens; None is that of the service.

    Args:
        is_fapi: whether it has a FAPI preset.
        service: the algorithm of the service.
    """
    return FAPI_USUAL if is_fapi and service == FAPI_REFUSED else None


def id_token_algorithm(metadata: Mapping[str, Any], *, is_fapi: bool, service: str) -> str | None:
    """The algorithm of a client's ID tokens; None is that of the service.

    Args:
        metadata: the registration.
        is_fapi: whether it has a FAPI preset.
        service: the algorithm of the service.
    """
    named = metadata.get(ID_TOKEN_ALG)
    return named or access_token_algorithm(is_fapi=is_fapi, service=service)
