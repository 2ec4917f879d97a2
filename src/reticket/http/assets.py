"""Files of the pages: held once in memory, written in small pieces.

Swagger UI comes from a package that each of its versions is put into; nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reticket.core.errors import StartupError
from reticket.http.asgi import Receive, Scope, Send

PIECE = 16_384
"""Bytes of an answer that wait for a client at once."""

NAMES = (
    "favicon-32x32.png",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
)
"""What the page asks for."""


_BASE = Path(__file__).parents[1] / "base.css"


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

    def __init__(self, name: str, content: bytes) -> None:
        self._content = content
        self._type = guess_type(name)[0]
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
    folder = _viewer()
    held: Mapping[str, Asset] = {name: Asset(name, (folder / name).read_bytes()) for name in NAMES}

    async def asset(request: Request) -> Response:
        found = held.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return found.answer(request.headers.get("if-none-match", ""))

    return Route(f"{path}/{{name}}", asset)


def _viewer() -> Path:
    """The folder of Swagger UI. The package around it, for a framework, is not imported."""
    package = find_spec("flask_swagger_ui")
    if package is None or package.origin is None:
        raise StartupError("the package flask-swagger-ui is not installed; see docs = false")
    return Path(package.origin).parent / "dist"


class Site:
    """Owns the texts of our own pages."""

    _folder = Path(__file__).parent / "site"

    def text(self, name: str) -> str:
        """A file as it is."""
        return (self._folder / name).read_text("utf-8")

    def route(self, path: str) -> Route:
        """A file of the site at that path, whose last part is the file's name. A style begins with
        that of every page.
        """
        name = path.rpartition("/")[2]
        base = _BASE.read_text("utf-8") if name.endswith(".css") else ""
        held = Asset(name, (base + self.text(name)).encode())

        async def asset(request: Request) -> Response:
            return held.answer(request.headers.get("if-none-match", ""))

        return Route(path, asset)
