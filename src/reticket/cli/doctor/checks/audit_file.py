"""Whether the audit file is rotated, and so stays small."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.audit.lines import decode
from reticket.cli.doctor.findings import Finding, warning
from reticket.cli.house import House
from reticket.core.policy import SECOND

TOPIC = "audit file"
PATIENCE = 2
"""By how much a file may be over its limit before nobody seems to rotate it."""

LINE = 65_536
"""Bytes of the longest line."""


def look(house: House) -> Iterator[Finding]:
    """A file that is much bigger, or covers a much longer time, than the settings say."""
    file, limits = house.settings.audit_file, house.settings.audit
    if not file.is_file():
        return
    remedy = "see that the service may rename files there"
    size = file.stat().st_size
    if size > PATIENCE * limits.rotate_size:
        yield warning(f"{file} has {size >> 20} MiB and is not rotated: {remedy}")
    with file.open("rb") as opened:
        first = opened.read(LINE).partition(b"\n")[0]
        opened.seek(max(0, size - LINE))
        last = opened.read().rstrip(b"\n").rpartition(b"\n")[2]
    times = _times(first, last)
    if times and times[-1] - times[0] > PATIENCE * limits.rotate_age * SECOND:
        yield warning(f"{file} began long ago and is not rotated: {remedy}")


def _times(*lines: bytes) -> list[int]:
    """When they were written; none where one is torn."""
    try:
        return [decode(line).at for line in lines]
    except ValueError:
        return []
