"""Whether the machine's clock is right, since sessions end by it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from reticket.audit.lines import decode
from reticket.cli.doctor.findings import Finding, fault
from reticket.core.errors import Unavailable
from reticket.core.model import Selection
from reticket.core.policy import SECOND
from reticket.runtime.opened_service import OpenedService
from reticket.settings.loading import sqlite_path

TOPIC = "clock"
MOST_OFF = 5 * SECOND
"""Milliseconds by which two clocks may differ; clocks set by the network differ less."""

TAIL = 65_536
"""Bytes at the end of the audit file that hold its newest line."""

REMEDY = "set it by the network (NTP)"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Clocks that differ from ours, and data with a time in the future."""
    for other, time in _clocks(instance):
        off = instance.clock() - time
        if abs(off) > MOST_OFF:
            way = "ahead of" if off > 0 else "behind"
            yield fault(f"is {abs(off) // SECOND} s {way} {other}: {REMEDY}")
    newest = _newest_line(instance.settings.audit_file)
    if newest is not None and newest > instance.clock() + MOST_OFF:
        yield fault(f"is behind the newest line of {instance.settings.audit_file}: {REMEDY}")
    if sqlite_path(instance.settings.sessions) and _has_future_session(instance):
        yield fault(f"is behind a session that has begun already: {REMEDY}")


def _clocks(instance: OpenedService) -> Iterator[tuple[str, int]]:
    """The clocks of the store (our own for a file) and of the file system."""
    try:
        yield "the clock of the store of sessions", instance.store.now()
    except Unavailable:
        return
    with tempfile.NamedTemporaryFile(dir=instance.settings.data, prefix=".doctor") as probe:
        yield "the file system's", Path(probe.name).stat().st_mtime_ns // 1_000_000


def _newest_line(file: Path) -> int | None:
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(max(0, size - TAIL))
            return decode(opened.read().splitlines()[-1]).at
    except (OSError, ValueError, IndexError):
        return None


def _has_future_session(instance: OpenedService) -> bool:
    """Ids begin with the time of the sign-in (RFC 9562 §5.7), and pages are in their order."""
    after = (instance.clock() + MOST_OFF).to_bytes(6, "big") + bytes(10)
    return bool(instance.store.page(Selection(), 1, after).families)
