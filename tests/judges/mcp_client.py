"""The official client of the Model Context Protocol, with a browser and a store of tokens."""

from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

import httpx2
from anyio.to_thread import run_sync
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
)
from tests.judges.browser import Browser

REDIRECT = "http://127.0.0.1:3000/callback"


class Storage:
    """Keeps the tokens and the id of one client."""

    def __init__(self, client=None):
        self.tokens, self._client = None, client

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self._client

    async def set_client_info(self, client_info):
        assert self._client is None, "a registered client registers itself"
        self._client = client_info


class Person:
    """Signs in and allows what is asked for; a new browser each time."""

    def __init__(self, issuer):
        self.asked, self._issuer, self._landed = [], issuer, ""

    async def visit(self, url):
        self.asked.append(dict(parse_qsl(urlsplit(url).query)))
        self._landed = await run_sync(self._allow, url)

    async def came_back(self):
        return AuthorizationCodeResult(**dict(parse_qsl(urlsplit(self._landed).query)))

    def _allow(self, url):
        with Browser(self._issuer) as browser:
            return browser.allow(url)


def registered(server, client_id, person):
    """A client that was registered beforehand."""
    said = {"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
    storage = Storage(OAuthClientInformationFull(client_id=client_id, **said))
    return _provider(server, storage, person)


def described(server, url, person):
    """A client whose id is the URL of its metadata."""
    return _provider(server, Storage(), person, url)


def _provider(server, storage, person, url=None):
    metadata = OAuthClientMetadata(redirect_uris=[REDIRECT], client_name="Notes")
    steps = person.visit, person.came_back
    return OAuthClientProvider(server, metadata, storage, *steps, client_metadata_url=url)


@asynccontextmanager
async def connected(server, auth, mode):
    """A client of the server; `mode` chooses the revision of the protocol."""
    async with (
        httpx2.AsyncClient(auth=auth, timeout=30) as http,
        Client(streamable_http_client(server, http_client=http), mode=mode) as client,
    ):
        yield client
