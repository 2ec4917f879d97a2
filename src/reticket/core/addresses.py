"""Which addresses are counted together: one subscriber has one IPv4 address or one IPv6 /64."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Network = IPv4Network | IPv6Network

MAPPED = IPv6Network("::ffff:0:0/96")
"""IPv4-mapped addresses (RFC 4291 §2.5.5.2): IPv4 as a socket of IPv6 shows it."""

SUBNET = 64
"""Bits of the prefix of an IPv6 subnet (RFC 4291 §2.5.1): one host may use all addresses below."""

LONGEST = 64
"""Characters of an address, with the zone of a link-local one (RFC 4007 §11). Callers send texts of
16 KiB in the place of one, and ten thousand of them would be remembered.
"""


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """The network that limits count for an address.

    An IPv4 address stands for itself, IPv6 for its /64, IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) for
    the IPv4 address. Anything else, as the empty address of a Unix socket, is returned as it is.
    """
    try:
        parsed = IPv6Address(address)
    except AddressValueError:
        return _ipv4(address)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), SUBNET), strict=False))


def parsed(address: str) -> IPv4Address | IPv6Address | None:
    """An address, or None for a text that is none."""
    return _parsed(address) if len(address) <= LONGEST else None


@lru_cache(maxsize=10_000)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address, normal as they are, is in one of those networks."""
    found = parsed(address)
    return found is not None and any(found in network for network in networks)


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's alone."""
    found = parsed(host)
    return found.is_loopback if found else host.lower().removesuffix(".") == "localhost"


def _ipv4(address: str) -> str:
    try:
        return str(IPv4Address(address))
    except AddressValueError:
        return address


def normal_address(address: str) -> str:
    """The address as everything in this service spells it: IPv4 never in its IPv6 form."""
    if not address.startswith("::"):
        return address
    try:
        mapped = IPv6Address(address).ipv4_mapped
    except AddressValueError:
        return address
    return str(mapped) if mapped else address


def normal_network(network: Network) -> Network:
    """The same for a network."""
    if isinstance(network, IPv4Network) or not network.subnet_of(MAPPED):
        return network
    first = network.network_address.ipv4_mapped
    return IPv4Network((int(first or 0), network.prefixlen - MAPPED.prefixlen))
