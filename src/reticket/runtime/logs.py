"""The log on standard error: one line an event, ours and the libraries' alike.

Nothing is bound before a line is written: who logs passes `correlation_id=`. As a last line of
defence every rendered line is searched for tokens; whoever logs must not rely on it.
"""

from __future__ import annotations

import logging
import re
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
_RENDERERS: dict[str, list[Processor]] = {
    "json": [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
    "console": [escape_members, structlog.dev.ConsoleRenderer(exception_formatter=_traceback)],
}


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Set the process's logging up; may be done again.

    Args:
        level: `debug`, `info`, `warning` or `error`; libraries are heard from `warning` on.
        form: `json` or `console`.
        stream: where the lines go; None is standard error.
    """
    least = getattr(logging, level.upper())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form))
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


def _formatter(form: str) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_RENDERERS[form],
            redact,
        ],
    )
