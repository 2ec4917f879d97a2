"""The address of one end of a connection."""

from __future__ import annotations

from typing import Any

from reticket.core.addresses import normal_address


def address_of(name: Any) -> tuple[str, int] | None:
    """Address and port of a socket's name; None for a socket without one."""
    return (normal_address(name[0]), name[1]) if isinstance(name, tuple) else None
