"""What belongs to no dialect: the front page, health, the OpenAPI documents, the page to try them.
On Starlette. Its texts are in `site/`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from reticket.core.errors import ReticketError, Unavailable
from reticket.http.assets import InPieces, Site, assets_below

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Swagger UI sets style attributes; nothing else is inline, nothing comes from elsewhere."""

_LEAD = "This is a token service: programs sign people in here, and keep them signed in."
_DEMO = "This is reticket {version} with demo data: everybody knows the passwords."
_TRY = "Choose an operation, then Try it out and Execute."
_TRY_DEMO = (
    f"{_TRY} Sign in first: the next requests take the tokens of its answer in place of "
    "ACCESS_TOKEN and REFRESH_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Documents:
    """OpenAPI documents as JSON by the dialect's name; none where they are not served.

    Args:
        published: as a dialect has them.
        to_try: the same with this service as their server.
    """

    published: Mapping[str, bytes]
    to_try: Mapping[str, bytes]


def pages(
    documents: Documents,
    ready: Callable[[], None],
    lifespan: Callable[[Starlette], Any],
    *,
    more: Sequence[Route] = (),
    places: Sequence[str] = (),
    demo_version: str | None = None,
) -> Starlette:
    """The application of the pages.

    Args:
        documents: what the page to try them shows; without any there is no such page.
        ready: raises Unavailable while the stores do not answer.
        lifespan: what runs beside the service, as Starlette takes it.
        more: other pages.
        places: paths of dialects that the front page names.
        demo_version: the version, which only a demo says; None elsewhere.
    """
    site = Site()
    front = _front_page(site, documents, places, demo_version)

    async def root(request: Request) -> Response:
        return _page(front)

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def readiness(request: Request) -> Response:
        try:
            await run_in_threadpool(ready)
        except Unavailable as failure:
            headers = {"retry-after": str(failure.retry_after)}
            return JSONResponse({"status": "unavailable"}, 503, headers)
        return JSONResponse({"status": "ready"})

    app = Starlette(
        routes=[
            *more,
            Route("/", root),
            site.route("/site.css"),
            Route("/health/live", live),
            Route("/health/ready", readiness),
            *(_docs(site, documents, demo_version) if documents.published else ()),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _plain, ReticketError: _internal},
    )
    app.router.redirect_slashes = False  # a redirect would name the Host that the caller sent
    return app


def _docs(site: Site, documents: Documents, demo_version: str | None) -> list[Route]:
    """The documents, and the page to try them."""
    shown = {name: _docs_page(site, name, documents, demo_version) for name in documents.published}
    first = next(iter(shown))

    async def document(request: Request) -> Response:
        return _json(documents.published, request.path_params["name"])

    async def document_to_try(request: Request) -> Response:
        return _json(documents.to_try, request.path_params["name"])

    async def docs(request: Request) -> Response:
        asked = request.query_params.get("dialect", first)
        return _page(shown[asked]) if asked in shown else PlainTextResponse("no such dialect", 404)

    return [
        Route("/openapi/{name}.json", document),
        Route("/docs", docs),
        site.route("/docs/start.js"),
        Route("/docs/{name}.json", document_to_try),
        assets_below("/docs/assets"),
    ]


def _page(text: str) -> Response:
    return HTMLResponse(text, headers={"content-security-policy": CONTENT_POLICY})


def _json(documents: Mapping[str, bytes], name: str) -> Response:
    if name not in documents:
        return PlainTextResponse("no such document", 404)
    return InPieces(documents[name], media_type="application/json")


def _front_page(
    site: Site, documents: Documents, places: Sequence[str], demo_version: str | None
) -> str:
    names = list(documents.published)
    sections = [
        ("Requests to try", [(f"docs?dialect={name}", name) for name in names]),
        ("OpenAPI documents", [(f"openapi/{name}.json", name) for name in names]),
        ("For clients", [(place.lstrip("/"), place) for place in places]),
        ("For operators", [("health/live", "Liveness"), ("health/ready", "Readiness")]),
    ]
    said = "\n".join(_section(title, links) for title, links in sections if links)
    lead = _DEMO.format(version=demo_version) if demo_version else _LEAD
    return site.text("index.html").replace("{lead}", lead).replace("{sections}", said)


def _section(title: str, links: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<li>{_link(target, text)}</li>" for target, text in links)
    return f"  <h2>{title}</h2>\n  <ul>{items}</ul>"


def _link(target: str, text: str, *, is_here: bool = False) -> str:
    here = ' aria-current="page"' if is_here else ""
    return f'<a href="{html.escape(target)}"{here}>{html.escape(text)}</a>'


def _docs_page(site: Site, name: str, documents: Documents, demo_version: str | None) -> str:
    links = "".join(
        f"<li>{_link(f'docs?dialect={each}', each, is_here=each == name)}</li>"
        for each in documents.published
    )
    said = {"name": html.escape(name), "links": links, "lead": _TRY_DEMO if demo_version else _TRY}
    text = site.text("docs.html")
    for place, value in said.items():
        text = text.replace(f"{{{place}}}", value)
    return text


async def _plain(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse("not found" if status == 404 else "not allowed", status, headers)


async def _internal(request: Request, error: Exception) -> Response:
    return PlainTextResponse("something went wrong", 500)
