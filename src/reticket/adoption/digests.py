"""How other systems store opaque tokens: functions from a token to what is stored of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from reticket.core.tokens.faces import to_text


def _signature(token: str) -> str:
    """The part after the last dot, as ORY Hydra stores a refresh token."""
    return token.rpartition(".")[2]


DIGESTS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda token: token,
    "sha256-hex": lambda token: hashlib.sha256(token.encode()).hexdigest(),
    "sha256-base64url": lambda token: to_text(hashlib.sha256(token.encode()).digest()),
    "sha512-hex": lambda token: hashlib.sha512(token.encode()).hexdigest(),
    "signature": _signature,
}
"""`plain` is for systems that store the token itself."""
