"""The way back from an audit stream: the events that ended sessions or the trust in a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog

from reticket.audit.lines import decode
from reticket.core.errors import Cause
from reticket.core.ports import Event

REVOCATIONS = frozenset({"revocation", "revoked", "reused", "key_compromised"})
OVER = ("refused", Cause.REVOKED)

_log = structlog.get_logger("reticket.audit")


def revocations(path: Path) -> Iterator[Event]:
    """The events of a stream that ended families or the trust in a key, in order. So does one
    that refused a token because its family was over: a crash may have cost the line of the end.

    A line that a crash or a full disk has torn is passed over and logged.
    """
    with path.open("rb") as stream:
        for number, text in enumerate(stream, 1):
            try:
                event = decode(text)
            except ValueError:
                if text.strip():
                    _log.warning("audit_line_unreadable", file=str(path), line=number)
                continue
            if event.event in REVOCATIONS or (event.event, event.cause) == OVER:
                yield event
