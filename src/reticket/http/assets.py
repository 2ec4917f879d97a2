"""Files of the page to try the documents: held once in memory, written in small pieces."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import swagger_ui_bundle  # type: ignore[import-untyped]
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reticket.http.asgi import Receive, Scope, Send

PIECE = 16_384
"""Bytes of an answer that wait for a client at once."""

NAMES = (
    "favicon-32x32.png",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
)
"""What the page asks for."""


class InPieces(Response):
    """An answer of which a client that does not read holds one piece in memory, however long it
    is: the next one is written when that is read.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        for begin in range(0, len(self.body) or 1, PIECE):
            end = begin + PIECE
            piece: dict[str, Any] = {"type": "http.response.body", "body": self.body[begin:end]}
            await send({**piece, "more_body": end < len(self.body)})


class Asset:
    """Owns the bytes of a file, and its tag (RFC 9110 §8.8.3)."""

    def __init__(self, file: Path) -> None:
        self._content = file.read_bytes()
        self._type = guess_type(file.name)[0]
        self._tag = f'"{sha256(self._content).hexdigest()[:32]}"'

    def answer(self, known: str) -> Response:
        """The file, or 304 where the client has it.

        Args:
            known: the header `If-None-Match`.
        """
        headers = {"etag": self._tag}
        if self._tag in known:
            return Response(status_code=304, headers=headers)
        return InPieces(self._content, media_type=self._type, headers=headers)


def assets_below(path: str) -> Route:
    """The files of the page, each as a name below that path."""
    folder = Path(swagger_ui_bundle.swagger_ui_path)
    held: Mapping[str, Asset] = {name: Asset(folder / name) for name in NAMES}

    async def asset(request: Request) -> Response:
        found = held.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return found.answer(request.headers.get("if-none-match", ""))

    return Route(f"{path}/{{name}}", asset)
