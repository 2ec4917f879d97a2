"""What a connection may send before its request is whole, in bytes."""

from __future__ import annotations

from dataclasses import dataclass

CHUNK_LINE = 256
"""Bytes of a chunk's size with its extensions; no client that we know sends extensions."""

MOST_HEADERS = 128
"""Of a request. A browser behind some proxies sends 40. Each takes more than a hundred bytes once
it is read, however short it is, so 64 KiB of them would take 1.5 MB.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, without the line end.

    Args:
        line: of the request line.
        header: of one header line.
        headers: of all header lines, and of all trailer lines.
    """

    line: int = 16_384
    header: int = 16_384
    headers: int = 65_536
