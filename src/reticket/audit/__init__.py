"""The audit stream: JSON lines in a file that only its owner reads, and the way back from it.

Knows the port and the disk. A failure to write is logged and counted and never reaches the caller:
losing a line must not lose a session.
"""

from reticket.audit.file import FileAuditLog
from reticket.audit.reading import revocations

__all__ = ["FileAuditLog", "revocations"]
