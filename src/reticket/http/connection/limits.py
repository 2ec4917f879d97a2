"""What a connection may send before its request is whole, in bytes."""

from __future__ import annotations

from dataclasses import dataclass

CHUNK_LINE = 256
"""Bytes of a chunk's size with its extensions; no client that we know sends extensions."""

SMALL_CHUNK, MOST_SMALL = 1024, 256
"""Bytes of a chunk, and how many chunks of a body may have fewer. A chunk costs the same however
short it is: 64 KiB of one byte each, which is what one read brings, would keep everybody else
waiting for some 30 ms, and each connection may send as many.
"""

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
