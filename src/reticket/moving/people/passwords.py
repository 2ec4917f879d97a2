"""How many rows of a file have a password in clear text, and how long hashing them takes."""

from __future__ import annotations

import time
from pathlib import Path

from reticket.core.ports import SecretHasher

PIECE = 1 << 20
"""Bytes that are read at once."""

MEMBER = b'"password"'


def count_in_json_lines(path: Path) -> int:
    """How often the member `password` is in a file: one row may have it several times in vain."""
    found, rest = 0, b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            piece = rest + piece
            found += piece.count(MEMBER)
            rest = piece[-(len(MEMBER) - 1) :]
    return found


def count_in_csv(path: Path) -> int:
    """How many rows a file has, if a column is `password`; else 0."""
    with path.open("rb") as file:
        names = [name.strip(b'" \r\n') for name in file.readline(PIECE).split(b",")]
        if MEMBER.strip(b'"') not in names:
            return 0
        pieces = iter(lambda: file.read(PIECE), b"")
        return sum(piece.count(b"\n") for piece in pieces)


def seconds_of_hashing(hasher: SecretHasher) -> float:
    """Seconds that one hash takes on this machine."""
    began = time.perf_counter()
    hasher.hash("a password to measure with")
    return time.perf_counter() - began
