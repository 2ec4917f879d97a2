"""Names of resource servers (RFC 8707 §2): as clients write them, as they were registered, and in
tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def audiences_in(claims: Mapping[str, object]) -> Collection[object]:
    """The audiences of a verified token: `aud` is a text or a list (RFC 7519 §4.1.3)."""
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else (audience,)


def is_bearer_for(issuer: str, claims: Mapping[str, object]) -> bool:
    """Whether a token is for the service itself: the issuer is in its audience (RFC 9068 §4).

    A token that is bound to a key is none, since it is no bearer token (RFC 9449 §7.2).
    """
    return issuer in audiences_in(claims) and "cnf" not in claims


def as_registered(requested: Iterable[str], registered: Sequence[str]) -> tuple[str, ...]:
    """Each name in its registered spelling, once. A name of no registered address stays as it is.

    A token's `aud` is compared to the byte, so it never has the spelling of a client.
    """
    spellings = {_canonical(each): each for each in reversed(registered)}
    spellings |= {each: each for each in registered}
    found = (spellings.get(each) or spellings.get(_canonical(each), each) for each in requested)
    return tuple(dict.fromkeys(found))


def _canonical(name: str) -> str:
    """One spelling of an address (RFC 3986 §6.2.2.1, §6.2.3), without a slash at the end of its
    path. Clients of the Model Context Protocol are told to leave that out. Every other name stays.
    """
    try:
        parts = urlsplit(name)
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return name
    user, at, _ = parts.netloc.rpartition("@")
    netloc = f"{user}{at}{parts.hostname}:{port}"
    return parts._replace(netloc=netloc, path=parts.path.removesuffix("/")).geturl()
