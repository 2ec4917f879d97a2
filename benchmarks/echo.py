"""The same server without the work: answers every request with the bytes of one real answer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_said = json.loads(Path(os.environ["BENCH_ECHO"]).read_text())
STATUS: int = _said["status"]
BODY: bytes = _said["body"].encode()
HEADERS = [(name.encode(), value.encode()) for name, value in _said["headers"]]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole request, send the whole answer."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    await send({"type": "http.response.start", "status": STATUS, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
