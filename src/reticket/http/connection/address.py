"""Where the end of a connection is."""

from __future__ import annotations

from typing import Any

from reticket.core.addresses import normal_address


def place(name: Any) -> tuple[str, int] | None:
    """Address and port of a socket's name; None for a socket that has none."""
    return (normal_address(name[0]), name[1]) if isinstance(name, tuple) else None
