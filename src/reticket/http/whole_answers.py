"""Head and body of an answer in one write.

An ASGI server gets them as two messages. Each write to a socket wakes whoever reads at its other
end, which costs more than to join the two.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WholeAnswers(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, on connections that join writes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As the class above."""
        self._joined = JoinedWrites(transport, self.loop)
        super().connection_made(self._joined)  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        """Nothing of an answer stays behind: its client may hang up before the next turn."""
        self._joined.flush()
        super().on_response_complete()


class JoinedWrites:
    """A transport that holds a write back for the next one, until the next turn of the loop at
    most. Everything else is the transport's own affair.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send these bytes with those that are held, or hold them."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(b"".join((held, data)))
        else:
            self._held = data
            self._loop.call_soon(self.flush)

    def close(self) -> None:
        """Send what is held, then close."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send what is held, unless the connection is gone."""
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)
