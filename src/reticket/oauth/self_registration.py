"""What a client may get that registered itself (RFC 7591)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

REGISTERED_BY = "registered_by"
SELF = "self"
"""The value of that member for a client that no operator has registered."""

REGISTER = "register"
"""The scope of an initial access token (RFC 7591 §3)."""

Mode = Literal["off", "token", "open"]


@dataclass(frozen=True, slots=True)
class RegistrationRules:
    """How clients may register themselves.

    Args:
        mode: not at all, with an initial access token, or everybody.
        scopes: all scopes that such a client may be granted.
        resources: all audiences that its tokens may have beside the issuer.
        per_address: registrations of one network in an hour.
        most: how many such clients there may be.
    """

    mode: Mode = "off"
    scopes: tuple[str, ...] = ("openid", "profile", "email", "offline_access")
    resources: tuple[str, ...] = ()
    per_address: int = 20
    most: int = 10_000


OFF = RegistrationRules()


def has_registered_itself(metadata: Mapping[str, Any]) -> bool:
    """Whether nobody vouches for the client of that registration."""
    return metadata.get(REGISTERED_BY) == SELF
