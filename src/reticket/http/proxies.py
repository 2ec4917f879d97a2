"""Whom a proxy forwards for: believed of those that `trusted_proxies` names, and of nobody else.

A peer of our own network that forwards without being named makes all of its clients one address.
It is told of in the log, counted, and remembered for `reticket doctor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from reticket.core.addresses import Network, is_among, normal_address, parsed
from reticket.http.untrusted_proxies import UntrustedProxies

HOPS = 32
"""Proxies in a row that are looked at."""

Known = Mapping[bytes, Sequence[bytes]]
"""Values of headers by name, as `connection.head` has them."""

_SCHEMES = {b"http": "http", b"https": "https"}


class Proxies:
    """Owns who is trusted.

    Args:
        networks: of proxies, with normal addresses.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self.trusts = lru_cache(maxsize=4096)(self._trusts)
        self.may_be_unnamed = lru_cache(maxsize=4096)(self._may_be_unnamed)

    def client(self, peer: str, known: Known) -> str:
        """The address that a trusted peer forwards for: hops are counted from the right, and the
        first that is not trusted is the client. What is no address ends the search.
        """
        client = peer
        for hop in _hops(known.get(b"x-forwarded-for", ())):
            address = _address(hop)
            if address is None:
                break
            client = address
            if not self.trusts(client):
                break
        return client

    def scheme(self, known: Known) -> str | None:
        """What a trusted peer was asked by; None when it says nothing."""
        said = known.get(b"x-forwarded-proto")
        return _SCHEMES.get(said[-1].rpartition(b",")[2].strip().lower()) if said else None

    def _trusts(self, address: str) -> bool:
        return is_among(address, self._networks)

    def _may_be_unnamed(self, address: str) -> bool:
        """Whether a peer is of our own network and not trusted."""
        found = parsed(address)
        return found is not None and not found.is_global and not self.trusts(address)


class Strangers:
    """What is done about a peer that forwards and is not named.

    Args:
        met: counts it and says whether it was logged.
        spare: lets it have more connections than an address may.
        unnamed: remembers it.
    """

    def __init__(
        self, met: Callable[[str], bool], spare: Callable[[str], None], unnamed: UntrustedProxies
    ) -> None:
        self._met = met
        self._spare = spare
        self._unnamed = unnamed

    def saw(self, address: str) -> None:
        """It has forwarded a request."""
        if self._met(address):
            self._spare(address)
            self._unnamed.remember(address)


def _hops(values: Sequence[bytes]) -> Iterable[bytes]:
    """The addresses of all such headers, the nearest first."""
    return reversed(b",".join(values).rsplit(b",", HOPS)[-HOPS:])


def _address(hop: bytes) -> str | None:
    """`1.2.3.4`, `1.2.3.4:80`, `::1` or `[::1]:80` without its port, in its normal form."""
    text = hop.strip().decode("latin-1")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    found = parsed(text)
    return normal_address(str(found)) if found else None
