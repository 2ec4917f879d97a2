"""`python -m tests.http.connection.judge PORT`: which shapes an echo on that port gets wrong.

The echo answers every request 200 once its body was read.
"""

from __future__ import annotations

import socket
import sys

from tests.http.connection.shapes import ANSWERED, REFUSED, SHAPES
from tests.http.connection.stream import at_once, byte_by_byte, read_answer

SILENCE = 0.5
"""Seconds after which nothing more is expected."""


def statuses(port, shape, sent):
    """Of the final answers to a stream."""
    found, said = [], bytearray()
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.settimeout(SILENCE)
        try:
            sent(line, shape.stream)
            while answer := read_answer(line, said):
                found.append(answer.status)
        except (OSError, AssertionError):
            pass
    return [status for status in found if status >= 200]


def is_wrong(port, shape):
    for sent in (at_once, byte_by_byte):
        found = statuses(port, shape, sent)
        if shape in REFUSED and sum(status < 400 for status in found) >= len(shape.statuses):
            return True
        if shape in ANSWERED and len(found) != len(shape.statuses):
            return True
    return False


def main():
    wrong = [shape.name for shape in SHAPES if is_wrong(int(sys.argv[1]), shape)]
    lines = [f"{len(wrong)} of {len(SHAPES)} are wrong", *wrong, ""]
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
