"""What belongs to no dialect: health, the OpenAPI documents, the page to try them. On Starlette."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from reticket.core.errors import ReticketError, Unavailable
from reticket.http.assets import InPieces, assets_below

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
"""Swagger UI sets style attributes; nothing else is inline, nothing comes from elsewhere."""

_INITIALIZE = """\
window.addEventListener("load", () => {
  const urls = JSON.parse(document.getElementById("documents").dataset.urls);
  window.ui = SwaggerUIBundle({
    urls, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
  });
});
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>reticket: try the dialects</title>
  <link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
  <div id="documents" data-urls="{urls}"></div>
  <div id="swagger-ui"></div>
  <script src="/docs/assets/swagger-ui-bundle.js"></script>
  <script src="/docs/assets/swagger-ui-standalone-preset.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
"""


def pages(
    documents: Mapping[str, bytes],
    to_try: Mapping[str, bytes],
    ready: Callable[[], None],
    lifespan: Callable[[Starlette], Any],
    more: Sequence[Route] = (),
) -> Starlette:
    """The application of the pages.

    Args:
        documents: OpenAPI documents as JSON by the dialect's name.
        to_try: the same with this service as their server.
        ready: raises Unavailable while the stores do not answer.
        lifespan: what runs beside the service, as Starlette takes it.
        more: other pages.
    """
    page = _docs_page(documents)

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def readiness(request: Request) -> Response:
        try:
            await run_in_threadpool(ready)
        except Unavailable as failure:
            headers = {"retry-after": str(failure.retry_after)}
            return JSONResponse({"status": "unavailable"}, 503, headers)
        return JSONResponse({"status": "ready"})

    async def document(request: Request) -> Response:
        return _json(documents, request.path_params["name"])

    async def document_to_try(request: Request) -> Response:
        return _json(to_try, request.path_params["name"])

    async def docs(request: Request) -> Response:
        return HTMLResponse(page, headers={"content-security-policy": CONTENT_POLICY})

    async def start(request: Request) -> Response:
        return Response(_INITIALIZE, media_type="text/javascript")

    app = Starlette(
        routes=[
            *more,
            Route("/health/live", live),
            Route("/health/ready", readiness),
            Route("/openapi/{name}.json", document),
            Route("/docs", docs),
            Route("/docs/start.js", start),
            Route("/docs/{name}.json", document_to_try),
            assets_below("/docs/assets"),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _plain, ReticketError: _internal},
    )
    app.router.redirect_slashes = False  # a redirect would name the Host that the caller sent
    return app


def _json(documents: Mapping[str, bytes], name: str) -> Response:
    if name not in documents:
        return PlainTextResponse("no such document", 404)
    return InPieces(documents[name], media_type="application/json")


def _docs_page(documents: Mapping[str, bytes]) -> str:
    urls = [{"url": f"/docs/{name}.json", "name": name} for name in documents]
    quoted = JSONResponse(urls).body
    return _PAGE.replace("{urls}", html.escape(bytes(quoted).decode(), quote=True))


async def _plain(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse("not found" if status == 404 else "not allowed", status, headers)


async def _internal(request: Request, error: Exception) -> Response:
    return PlainTextResponse("something went wrong", 500)
