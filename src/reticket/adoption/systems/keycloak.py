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
    return Facts(imported(session, client), text_in(claims, "sub"), client=client, scope=scope)


def imported(session: str, client: str | None) -> str:
    """The identity of a session of one client."""
    if client is None:
        raise ValueError("the row needs a client: a session has tokens of several")
    return f"{session}/{client}"


SYSTEM = System("typ", "Refresh", ALGORITHMS, read, needs_issuer=True, imported=imported)
