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
"""IPv4-mapped addresses (RFC 4291 §2.5.5.2), as an IPv6 socket shows IPv4 peers."""

SUBNET = 64
"""Bits of an IPv6 subnet prefix (RFC 4291 §2.5.1): one host may use all addresses in it."""

LONGEST = 64
"""Characters of an address, including the zone of a link-local one (RFC 4007 §11). Callers may send
16 KiB of text instead, and ten thousand such texts would be remembered.
"""


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """The network that limits count for an address.

    An IPv4 address counts as itself, IPv6 as its /64, IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) as its
    IPv4 address. Any other text, such as the empty address of a Unix socket, is returned unchanged.
    """
    try:
        parsed = IPv6Address(address)
    except AddressValueError:
        return _ipv4(address)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), SUBNET), strict=False))


def parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address in a text, or None."""
    return _parsed(address) if len(address) <= LONGEST else None


@lru_cache(maxsize=10_000)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Whether a normalized address is in one of the normalized networks."""
    found = parsed(address)
    return found is not None and any(found in network for network in networks)


def is_loopback(host: str) -> bool:
    """Whether an address or name belongs to this machine only."""
    found = parsed(host)
    return found.is_loopback if found else host.lower().removesuffix(".") == "localhost"


def _ipv4(address: str) -> str:
    try:
        return str(IPv4Address(address))
    except AddressValueError:
        return address


def normal_address(address: str) -> str:
    """The address in its normal form: IPv4 is never written as IPv6."""
    if not address.startswith("::"):
        return address
    try:
        mapped = IPv6Address(address).ipv4_mapped
    except AddressValueError:
        return address
    return str(mapped) if mapped else address


def normal_network(network: Network) -> Network:
    """The network in its normal form."""
    if isinstance(network, IPv4Network) or not network.subnet_of(MAPPED):
        return network
    first = network.network_address.ipv4_mapped
    return IPv4Network((int(first or 0), network.prefixlen - MAPPED.prefixlen))
