"""Keycloak: `RefreshToken` of its source. A session of a person, `sid`, has one of each client.

An offline token has the `sid` of the session that it was made in, and outlives it.
"""

from __future__ import annotations

from reticket.adoption.keys import ALGORITHMS, base64url_secret
from reticket.adoption.system import Claims, System, TokenFacts, optional_text, text_in
from reticket.core.adoption.model import Adoption

ONLINE, OFFLINE = "Refresh", "Offline"
_PREFIX = "offline:"
"""Before the id of an offline session, so that it is not taken for the online one."""


def read(claims: Claims, adoption: Adoption) -> TokenFacts:
    """The facts. Before version 24 `sid` was `session_state` alone."""
    session = optional_text(claims, "sid") or text_in(claims, "session_state")
    client = text_in(claims, "azp")
    is_offline = claims["typ"] == OFFLINE
    return TokenFacts(
        imported(_PREFIX + session if is_offline else session, client),
        text_in(claims, "sub"),
        client=client,
        scope=optional_text(claims, "scope"),
        may_be_endless=is_offline,
    )


def imported(session: str, client: str | None) -> str:
    """The identity of a session of one client."""
    if client is None:
        raise ValueError("the row needs a client: a session has tokens of several")
    return f"{session}/{client}"


SYSTEM = System(
    "typ",
    (ONLINE, OFFLINE),
    ALGORITHMS,
    read,
    needs_issuer=True,
    imported=imported,
    secret_of=base64url_secret,  # `AbstractGeneratedSecretKeyProvider` decodes `config.secret`
)
