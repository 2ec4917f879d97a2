"""The reason why the bytes of a connection are not a valid request."""

from __future__ import annotations


class Refused(Exception):
    """The request is answered with this status, and the connection closes.

    Args:
        status: of the response.
        reason: a word of ours for the log and the counts; never a part of the request.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
