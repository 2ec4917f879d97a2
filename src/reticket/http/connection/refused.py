"""Why a connection's bytes are no request."""

from __future__ import annotations


class Refused(Exception):
    """Answered with this status, and the connection closes.

    Args:
        status: of the answer.
        reason: a word of ours for the log and for counts; nothing that was sent.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
