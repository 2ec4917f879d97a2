"""Whether the audit file is rotated, and revocations are kept as long as a restore needs them."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.audit.lines import decode
from reticket.audit.rotated_files import size_of_ends
from reticket.cli.doctor.findings import Finding, warning
from reticket.core.policy import SECOND
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.policies import longest_session

TOPIC = "audit file"
PATIENCE = 2
"""How many times its limit a file may reach before it counts as not rotated."""

LINE = 65_536
"""Bytes of the longest line."""


def look(instance: OpenedService) -> Iterator[Finding]:
    """Revocations that are deleted too early, too many of them, and a file that is not rotated."""
    yield from _forgotten_ends(instance)
    yield from _many_ends(instance)
    yield from _unrotated(instance)


def _forgotten_ends(instance: OpenedService) -> Iterator[Finding]:
    """A session in a backup may be live for `absolute` seconds after its revocation."""
    kept, longest = instance.settings.audit.keep_ends, longest_session(instance)
    if kept < longest:
        yield warning(
            f"ends are kept for {kept} s, and a session may live {longest} s: after a restore a "
            f"session that was ended would go on; set audit.keep_ends to {longest} at least"
        )


def _many_ends(instance: OpenedService) -> Iterator[Finding]:
    """Revocations are kept, however many there are. A client that signs in and out again and again
    fills the disk.
    """
    size, limit = size_of_ends(instance.settings.audit_file), instance.settings.audit.total_size
    if size > limit:
        yield warning(
            f"the files of ends have {size >> 20} MiB, more than audit.total_size, and none "
            f"is removed before {instance.settings.audit.keep_ends} s: find the program or person "
            "that has the most revoked lines there and block it; see that the disk has room"
        )


def _unrotated(instance: OpenedService) -> Iterator[Finding]:
    """A file that is much bigger, or covers a much longer time, than the settings say."""
    file, limits = instance.settings.audit_file, instance.settings.audit
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
    """When the lines were written; empty when one is incomplete."""
    try:
        return [decode(line).at for line in lines]
    except ValueError:
        return []
