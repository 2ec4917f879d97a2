"""The audit stream: JSON lines in files that only their owner can read, and their replay.

Knows the port and the disk. A failed write is logged and counted, and never reaches the caller:
losing a line must not lose a session.
"""

from pathlib import Path

from reticket.audit.file import FileAuditLog
from reticket.audit.reading import is_stream, revocations
from reticket.audit.rotation import Rotation
from reticket.audit.summing import SummingAuditLog
from reticket.core.ports import AuditLog, Clock
from reticket.settings.audit import AuditTable

__all__ = ["is_stream", "open_audit_log", "revocations"]


def open_audit_log(path: Path, limits: AuditTable, now: Clock) -> AuditLog:
    """The audit log of that file. StartupError when it cannot be opened."""
    return SummingAuditLog(FileAuditLog(path, Rotation(path, limits, now)))
