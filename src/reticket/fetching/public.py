"""Which addresses belong to the public internet. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""RFC 4291 §2.4: everything else is not a host of the internet."""

TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses behind a translator (RFC 6052 §2.1)."""

TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""6to4 and Teredo: each address leads to an IPv4 address that it contains."""


def is_public(text: str) -> bool:
    """Whether the address is one of the public internet.

    Private, loopback, link-local, shared (RFC 6598), multicast and reserved ones are not. An IPv6
    address that contains an IPv4 one is judged by that.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public4(address) if isinstance(address, IPv4Address) else _is_public6(address)


def _is_public4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_public6(address: IPv6Address) -> bool:
    if address.ipv4_mapped is not None:
        return _is_public4(address.ipv4_mapped)
    if address in TRANSLATED:
        return _is_public4(IPv4Address(int(address) & 0xFFFF_FFFF))
    is_tunnel = any(address in tunnel for tunnel in TUNNELS)
    return address in GLOBAL_UNICAST and address.is_global and not is_tunnel
