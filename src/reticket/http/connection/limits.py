"""Limits on what a connection may send before its request is complete, in bytes."""

from __future__ import annotations

from dataclasses import dataclass

CHUNK_LINE = 256
"""Bytes of a chunk's size line with its extensions; no known client sends extensions."""

SMALL_CHUNK, MOST_SMALL = 1024, 256
"""Bytes of a small chunk, and how many small chunks a body may have. A chunk costs the same however
short it is. One read may bring 64 KiB of chunks of one byte, which would delay all other
connections by some 30 ms. Each connection may send as many.
"""

MOST_HEADERS = 128
"""Headers of a request. A browser behind some proxies sends 40. Each takes over a hundred bytes in
memory, however short it is, so 64 KiB of short headers would take 1.5 MB.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, without line ends.

    Args:
        line: of the request line.
        header: of one header line.
        headers: of all header lines, and of all trailer lines.
    """

    line: int = 16_384
    header: int = 16_384
    headers: int = 65_536
