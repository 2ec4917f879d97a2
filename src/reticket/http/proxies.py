"""The client behind a proxy. Forwarding headers are trusted from `trusted_proxies` and no one else.

A peer in a private network that forwards without being trusted makes all its clients one address.
It is logged, counted, and remembered for `reticket doctor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from reticket.core.addresses import Network, is_among, normal_address, parsed
from reticket.http.untrusted_proxies import UntrustedProxies

HOPS = 32
"""Proxies in a row that are read at most."""

Known = Mapping[bytes, Sequence[bytes]]
"""Values of headers by name, as `connection.head` has them."""

_SCHEMES = {b"http": "http", b"https": "https"}


class Proxies:
    """Owns the trusted networks.

    Args:
        networks: of proxies, with normal addresses.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self.trusts = lru_cache(maxsize=4096)(self._trusts)
        self.may_be_unnamed = lru_cache(maxsize=4096)(self._may_be_unnamed)

    def client(self, peer: str, known: Known) -> str:
        """The address that a trusted peer forwards for. Hops are read from the right, and the first
        untrusted one is the client. An invalid address ends the search.
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
        """The scheme that the client used, by a trusted peer's header; None without one."""
        values = known.get(b"x-forwarded-proto")
        return _SCHEMES.get(values[-1].rpartition(b",")[2].strip().lower()) if values else None

    def _trusts(self, address: str) -> bool:
        return is_among(address, self._networks)

    def _may_be_unnamed(self, address: str) -> bool:
        """Whether a peer is in a private network and not trusted."""
        found = parsed(address)
        return found is not None and not found.is_global and not self.trusts(address)


class UntrustedForwarding:
    """Handles a peer that forwards requests without being trusted.

    Args:
        report: counts it and returns whether it was logged.
        exempt: exempts it from the limit of connections for each address.
        unnamed: remembers it.
    """

    def __init__(
        self,
        report: Callable[[str], bool],
        exempt: Callable[[str], None],
        unnamed: UntrustedProxies,
    ) -> None:
        self._report = report
        self._exempt = exempt
        self._unnamed = unnamed

    def seen(self, address: str) -> None:
        """The peer has forwarded a request."""
        if self._report(address):
            self._exempt(address)
            self._unnamed.remember(address)


def _hops(values: Sequence[bytes]) -> Iterable[bytes]:
    """The addresses of all such headers, nearest first."""
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
