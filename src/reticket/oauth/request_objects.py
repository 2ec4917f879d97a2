"""What a registration says about request objects (RFC 9101, OpenID Connect Core §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reticket.oauth.signing import CLIENT_ALGORITHMS, FAPI_REFUSED

REQUEST_URIS = "request_uris"
REQUEST_OBJECT_ALG = "request_object_signing_alg"
SIGNED_REQUIRED = "require_signed_request_object"
OF_REQUEST_OBJECTS = (REQUEST_URIS, REQUEST_OBJECT_ALG, SIGNED_REQUIRED)
"""Members that have no effect without keys of the client."""


@dataclass(frozen=True, slots=True)
class RequestObjectRules:
    """Which request objects of a client are accepted.

    Args:
        algorithms: by which they may be signed.
        addresses: where they may be fetched, without fragments.
        required: whether every authorization request must be one (RFC 9101 §10.5).
        fapi: whether the client has a FAPI preset, whose request objects end soon.
    """

    algorithms: tuple[str, ...]
    addresses: frozenset[str]
    required: bool
    fapi: bool

    @property
    def signed_alone(self) -> bool:
        """Whether parameters beside a request object never count (RFC 9101 §6.3)."""
        return self.required or self.fapi


def request_object_rules(metadata: Mapping[str, Any], *, is_fapi: bool) -> RequestObjectRules:
    """The rules of a registration."""
    usual = tuple(name for name in CLIENT_ALGORITHMS if not is_fapi or name != FAPI_REFUSED)
    algorithm = metadata.get(REQUEST_OBJECT_ALG)
    return RequestObjectRules(
        algorithms=(algorithm,) if algorithm else usual,
        addresses=frozenset(map(without_fragment, metadata.get(REQUEST_URIS, ()))),
        required=bool(metadata.get(SIGNED_REQUIRED, False)),
        fapi=is_fapi,
    )


def without_fragment(address: str) -> str:
    """The address that is fetched. The fragment names the version of what is there (OpenID Connect
    Registration §2).
    """
    return address.partition("#")[0]
