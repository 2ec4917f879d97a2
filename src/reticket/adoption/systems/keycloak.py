"""Keycloak: `RefreshToken` of its source. A session of a person, `sid`, has one of each client."""

from __future__ import annotations

from reticket.adoption.keys import ALGORITHMS
from reticket.adoption.system import Claims, Facts, System, optional_text, text_in
from reticket.core.adoption.model import Adoption


def read(claims: Claims, adoption: Adoption) -> Facts:
    """The facts. Before version 24 `sid` was `session_state` alone."""
    session = optional_text(claims, "sid") or text_in(claims, "session_state")
    client = text_in(claims, "azp")
    scope = optional_text(claims, "scope")
    return Facts(f"{session}/{client}", text_in(claims, "sub"), client=client, scope=scope)


SYSTEM = System("typ", "Refresh", ALGORITHMS, read, needs_issuer=True)
