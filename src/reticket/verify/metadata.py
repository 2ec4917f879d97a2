"""What a resource server tells its clients beforehand (RFC 9728).

Owns the document, its headers and its address. Knows no framework.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

import msgspec

from reticket.verify.jose import ALGORITHMS
from reticket.verify.rejections import Rejected
from reticket.verify.tokens import AccessTokens

WELL_KNOWN = "/.well-known/oauth-protected-resource"
LIFETIME = 300
"""Seconds that a client may keep the document."""

HEADERS = {
    "cache-control": f"public, max-age={LIFETIME}",
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "*",
}
"""Of a response with the document, and of one to a preflight. Pages of any origin may read it: it
holds no secret, and clients in a browser send headers of their own.
"""


class _Document(msgspec.Struct, omit_defaults=True):
    """RFC 9728 §2."""

    resource: str
    authorization_servers: tuple[str, ...]
    scopes_supported: tuple[str, ...] = ()
    bearer_methods_supported: tuple[str, ...] = ()
    dpop_signing_alg_values_supported: tuple[str, ...] = ()
    resource_name: str = ""


class ProtectedResource:
    """The metadata of a resource server: clients find the token service by them.

    Attributes:
        origin: scheme and host of the resource.
        path: where this server serves the document.
        url: where clients find it.
        body: the document, as JSON.

    Args:
        tokens: their audience is the address of the resource, to the character.
        scopes: what clients should ask for.
        name: shown to people.

    Raises:
        ValueError: the audience is not such an address.
    """

    def __init__(self, tokens: AccessTokens, *scopes: str, name: str = "") -> None:
        parts = _checked(tokens.audience)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.path = WELL_KNOWN + ("" if parts.path == "/" else parts.path)
        self.url = self.origin + self.path
        self.body = msgspec.json.encode(
            _Document(
                resource=tokens.audience,
                authorization_servers=(tokens.issuer,),
                scopes_supported=scopes,
                bearer_methods_supported=("header",),
                dpop_signing_alg_values_supported=ALGORITHMS if tokens.proofs else (),
                resource_name=name,
            )
        )

    def challenge(self, rejection: Rejected) -> str:
        """`WWW-Authenticate` of a refusal, with the address of the document (RFC 9728 §5.1)."""
        return rejection.challenge_with({"resource_metadata": self.url})


def _checked(audience: str) -> SplitResult:
    parts = urlsplit(audience)
    more = parts.query or parts.fragment or "@" in parts.netloc or audience.endswith(("?", "#"))
    is_plain = audience.isascii() and audience.isprintable() and not set(' "\\') & set(audience)
    if parts.scheme not in ("http", "https") or not parts.hostname or more or not is_plain:
        raise ValueError(
            f"the audience must be an address such as https://orders.example.com, is {audience!r}"
        )
    return parts
