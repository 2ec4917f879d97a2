"""Which clients have the symmetric key of a kind's access tokens. Whoever has it can forge them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reticket.core.people import Client
from reticket.core.tokens.kinds import TokenKind
from reticket.oauth.registration import is_confidential
from reticket.oauth.self_registration import has_registered_itself

SHARED_KEYS = "shared_keys"
"""Member of a registration, set by verbs of its own, since taking a key away needs a rotation."""

WARNING = (
    "whoever holds this key can forge access tokens of everybody of that kind. Prefer ES256 "
    "(access_algorithm), then introspection"
)


def shared_in(registration: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds whose key the client of a registration has."""
    return tuple(registration.get(SHARED_KEYS, ()))


def sharing_fault(client: Client, kind: str, kinds: Iterable[TokenKind]) -> str | None:
    """A sentence why the client cannot have the key of a kind, or None.

    Args:
        client: its record.
        kind: the name of a kind of tokens.
        kinds: those of the service.
    """
    symmetric = [each.name for each in kinds if each.symmetric and each.is_inspected]
    if kind not in symmetric:
        named = ", ".join(symmetric) or "none"
        return f"{kind} has no key that can be shared; kinds with one: {named}"
    if not is_confidential(client) or has_registered_itself(client.registration):
        return f"{client.id} must be registered by an operator, and have a secret or keys"
    return None


def shared(client: Client, kind: str) -> Mapping[str, Any]:
    """The registration of a client after it was given the key of a kind."""
    kinds = sorted({*shared_in(client.registration), kind})
    return {**client.registration, SHARED_KEYS: kinds}


def unshared(client: Client, kind: str) -> Mapping[str, Any]:
    """The registration after the key was taken away. The client still knows the key, so the ring
    must rotate.
    """
    kinds = [each for each in shared_in(client.registration) if each != kind]
    rest = {name: value for name, value in client.registration.items() if name != SHARED_KEYS}
    return {**rest, SHARED_KEYS: kinds} if kinds else rest
