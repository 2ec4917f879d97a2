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
    """Keeps the tokens of one client, which was registered beforehand."""

    def __init__(self, client_id):
        self.tokens = None
        self._client = OAuthClientInformationFull(
            client_id=client_id, redirect_uris=[REDIRECT], token_endpoint_auth_method="none"
        )

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self._client

    async def set_client_info(self, client_info):
        raise AssertionError("the client has registered itself")


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


def provider(server, client_id, person):
    metadata = OAuthClientMetadata(redirect_uris=[REDIRECT], client_name="Notes")
    return OAuthClientProvider(server, metadata, Storage(client_id), person.visit, person.came_back)


@asynccontextmanager
async def connected(server, auth, mode):
    """A client of the server; `mode` chooses the revision of the protocol."""
    async with (
        httpx2.AsyncClient(auth=auth, timeout=30) as http,
        Client(streamable_http_client(server, http_client=http), mode=mode) as client,
    ):
        yield client
