"""The facts that all endpoints of an installation share: its issuer, limits and policy presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from reticket.core.policy import Policy

BASE = "/oauth"
USER, CLIENT = "oauth.user", "oauth.client"
"""The token kinds: tokens with a user's consent, and tokens that clients get for themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """An installation; there is one in a process.

    Args:
        issuer: without a slash at its end.
        presets: policies by name, with and without their year.
        per_address: requests in ten minutes that one address may push for one public client, and
            device codes that it may ask for.
        per_client: the same for a client that authenticates, from all addresses.
    """

    issuer: str
    presets: Mapping[str, Policy] = field(repr=False)
    per_address: int = 600
    per_client: int = 60_000

    def url(self, path: str) -> str:
        """Where clients find an endpoint, as `/token`."""
        return f"{self.issuer}{BASE}{path}"

    @property
    def path(self) -> str:
        """The path of the issuer: empty, unless it shares its host (RFC 8414 §3.1)."""
        return urlsplit(self.issuer).path
