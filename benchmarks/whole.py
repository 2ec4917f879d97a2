"""An ASGI application that gives one answer to everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def answering(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Any:
    """An application that reads a whole request and sends the whole answer."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _live(receive: Any, send: Any) -> None:
    """Say yes to start and stop."""
    message = {"type": "lifespan"}
    while message["type"] != "lifespan.shutdown":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
