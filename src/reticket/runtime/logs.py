"""The log on standard error: one line an event, ours and the libraries' alike.

No context is bound to the logger: each call passes `correlation_id=`. As a last line of defence
every rendered line is searched for tokens. No caller may rely on that.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from io import StringIO
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from reticket.core.texts import escaped, escaped_lines

REDACTED = "[redacted]"
_SECRET = re.compile(
    r"rtk_[A-Za-z0-9_-]+"
    r"|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"
    r"|(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"
    r"|(?<=basic )[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)


def escape_members(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """The processor before a renderer that writes texts as they are; JSON's escapes them."""
    return {name: escaped(said) if isinstance(said, str) else said for name, said in line.items()}


def _traceback(stream: TextIO, error: ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    stream.write(escaped_lines(text.getvalue()))


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_JSON: list[Processor] = [
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(),
]


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Set the process's logging up; may be done again.

    Args:
        level: `debug`, `info`, `warning` or `error`; libraries are heard from `warning` on.
        form: `json`, `console`, or `auto`: `console` where a person reads, else `json`.
        stream: where the lines go; None is standard error.
    """
    stream = stream or sys.stderr
    least = getattr(logging, level.upper())
    handler = logging.StreamHandler(stream)
    is_read = form == "console" or (form == "auto" and stream.isatty())
    handler.setFormatter(_formatter(_console(stream) if is_read else _JSON))
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)
    for name in ("reticket", "uvicorn"):
        logging.getLogger(name).setLevel(least)
    # Its lines carry whole URLs, and some clients put refresh tokens there.
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def redact(logger: WrappedLogger, method: str, line: EventDict | str) -> str:
    """The processor after the renderer: replaces whatever looks like a token."""
    return _SECRET.sub(REDACTED, str(line))


def request_first(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """The processor that lets the line of a request begin with what a person looks for."""
    if line["event"] != "request":
        return line
    route, status, took = line.pop("route"), line.pop("status"), line.pop("milliseconds")
    return {**line, "event": f"{status} {route or 'no route'} in {took} ms"}


def _console(stream: TextIO) -> list[Processor]:
    """Text for people; in colours on a terminal, unless NO_COLOR is set (no-color.org)."""
    colors = stream.isatty() and not os.environ.get("NO_COLOR")
    renderer = structlog.dev.ConsoleRenderer(
        colors=colors, sort_keys=False, exception_formatter=_traceback
    )
    return [request_first, escape_members, renderer]


def _formatter(renderers: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *renderers,
            redact,
        ],
    )
