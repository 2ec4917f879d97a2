"""The addresses of one run: the provider that is judged, and the suite that judges it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

ALIAS = "reticket"
"""The suite puts it into the redirect URI, so every plan has the same one."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs without a trailing slash.

    Args:
        provider: the service, which is also the issuer.
        suite: the conformance suite.
        resource: the protected resource of the plans for client credentials.
        front: the proxy before the suite, for requests of the provider.
    """

    provider: str
    suite: str
    resource: str
    front: str = "https://localhost:21004"

    @property
    def discovery(self) -> str:
        return f"{self.provider}/.well-known/openid-configuration"

    @property
    def authorize(self) -> str:
        return f"{self.provider}/oauth/authorize"

    @property
    def logout(self) -> str:
        return f"{self.provider}/oauth/logout"

    @property
    def userinfo(self) -> str:
        return f"{self.provider}/oauth/userinfo"

    @property
    def callback(self) -> str:
        return f"{self.suite}/test/a/{ALIAS}/callback"

    @property
    def after_logout(self) -> str:
        return f"{self.suite}/test/a/{ALIAS}/post_logout_redirect"

    @property
    def told_of_logout(self) -> str:
        """The `backchannel_logout_uri` of the suite's clients."""
        return f"{self.front}/test/a/{ALIAS}/backchannel_logout"


def port_of(url: str) -> int:
    """The port of a base URL, which must name one."""
    port = urlsplit(url).port
    if port is None:
        raise ValueError(f"{url} names no port")
    return port
