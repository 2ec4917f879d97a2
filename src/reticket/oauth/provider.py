"""The facts that all endpoints of an installation share: its issuer, limits and policy presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from reticket.core.policy import DAY, Policy
from reticket.oauth.self_registration import NO_DOCUMENTS, OFF, DocumentRules, RegistrationRules

BASE = "/oauth"
USER, CLIENT = "oauth.user", "oauth.client"
"""The token kinds: tokens with a user's consent, and tokens that clients get for themselves."""

LOGIN_IDLE, LOGIN_ABSOLUTE = DAY, 14 * DAY
"""Seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """An installation; a process has one.

    Args:
        issuer: the issuer identifier (RFC 8414 §2), without a slash at its end.
        presets: policies by name, with and without their year.
        per_address: pushed requests, and device codes, of one public client and one address in ten
            minutes.
        per_client: the same for a client that authenticates, from all addresses.
        login_idle: seconds after which an unused login session ends.
        login_absolute: seconds after which every login session ends.
        registration: how clients may register themselves.
        issuer_audience: whether the assertions of all clients must name the issuer alone.
        signing_algorithm: of access tokens, and of ID tokens where the client names none.
        documents: how clients may be registered by their metadata documents.
    """

    issuer: str
    presets: Mapping[str, Policy] = field(repr=False)
    per_address: int = 600
    per_client: int = 60_000
    login_idle: int = LOGIN_IDLE
    login_absolute: int = LOGIN_ABSOLUTE
    issuer_audience: bool = False
    registration: RegistrationRules = OFF
    signing_algorithm: str = "ES256"
    documents: DocumentRules = NO_DOCUMENTS

    def url(self, path: str) -> str:
        """The address of an endpoint, given its path, as `/token`."""
        return f"{self.issuer}{BASE}{path}"

    def path_of(self, path: str) -> str:
        """The path of an endpoint, as a browser sees it, given its path below the dialect's."""
        return f"{self.path}{BASE}{path}"

    @property
    def path(self) -> str:
        """The path of the issuer; empty unless the issuer shares its host (RFC 8414 §3.1)."""
        return urlsplit(self.issuer).path
