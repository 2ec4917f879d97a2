"""The quick start of Authlib's web clients, as its pages have it, but for the address."""

import asyncio
import warnings
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

with warnings.catch_warnings(record=True):
    # It tells whoever imports it which HTTP library will be its next.
    from authlib.integrations.starlette_client import OAuth


class Sessions:
    """One browser's session, in memory."""

    def __init__(self, app):
        self._app, self._session = app, {}

    async def __call__(self, scope, receive, send):
        scope["session"] = self._session
        await self._app(scope, receive, send)


def application(url):
    oauth = OAuth()
    oauth.register(
        name="reticket",
        client_id="web",
        client_secret="web-secret",
        server_metadata_url=f"{url}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile"},
    )

    async def login(request):
        return await oauth.reticket.authorize_redirect(request, request.url_for("auth"))

    async def auth(request):
        token = await oauth.reticket.authorize_access_token(request)
        return JSONResponse(token["userinfo"])

    return Starlette(routes=[Route("/login", login), Route("/auth", auth)])


@pytest.mark.parametrize("place", ["http://127.0.0.1:8000", "http://localhost:8000"])
def test_a_person_signs_in_to_a_web_application(url, browser, place):
    asyncio.run(_visit(url, browser, place))


async def _visit(url, browser, place):
    transport = httpx.ASGITransport(Sessions(application(url)))
    async with httpx.AsyncClient(transport=transport, base_url=place) as visitor:
        asked = (await visitor.get("/login")).headers["location"]
        assert "code_challenge" not in asked  # as first configured
        landed = urlsplit(browser.allow(asked))
        assert f"{landed.scheme}://{landed.netloc}" == place
        said = (await visitor.get(f"{landed.path}?{landed.query}")).json()
    assert (said["iss"], said["aud"]) == (url, "web")
    assert said["nonce"]
