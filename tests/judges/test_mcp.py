"""The official client of the Model Context Protocol, and the server of docs/mcp.md.

Tests import the client themselves: it takes two seconds, and each worker collects this file.
"""

import asyncio

import httpx
import pytest
from tests.judges.mcp_page import TEXT, running_page

from reticket.verify import AccessTokens

READ, MORE = "notes.read offline_access", "notes.read offline_access notes.write"
REVISIONS = ["auto", "legacy"]
"""2026-07-28, and the one before it."""


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    with running_page(tmp_path_factory.mktemp("service")) as places:
        yield places


@pytest.fixture
def issuer(places):
    return places.issuer


@pytest.fixture
def notes(places):
    return places.notes


@pytest.fixture
def person(issuer):
    from tests.judges.mcp_client import Person

    return Person(issuer)


@pytest.fixture(params=["registered", "document"])
def auth(request, places, person):
    from tests.judges.mcp_client import described, registered

    if request.param == "registered":
        return registered(places.notes, "notes-cli", person)
    return described(places.notes, places.document, person)


def call(notes, auth, mode, *calls):
    """The texts of the tools' answers, one after the other on one connection."""
    from tests.judges.mcp_client import connected

    async def called():
        async with connected(notes, auth, mode) as client:
            return [(await client.call_tool(name, said)).content[0].text for name, said in calls]

    return asyncio.run(called())


@pytest.mark.parametrize("mode", REVISIONS)
def test_its_client_signs_in_and_calls_a_tool(issuer, notes, auth, person, mode):
    (subject,) = call(notes, auth, mode, ("whoami", {}))
    token = AccessTokens(issuer, notes).verify(auth.context.storage.tokens.access_token)
    assert token.subject == subject
    assert token.claims["aud"] == notes
    assert [(asked["scope"], asked["resource"]) for asked in person.asked] == [(READ, notes)]


@pytest.mark.parametrize("mode", REVISIONS)
def test_a_tool_needs_one_more_scope(notes, auth, person, mode):
    subject, written = call(notes, auth, mode, ("whoami", {}), ("write", {"text": "milk"}))
    assert written == f"{subject} wrote milk"
    assert [set(asked["scope"].split()) for asked in person.asked] == [
        set(READ.split()), set(MORE.split()),
    ]  # fmt: skip


def test_a_client_of_a_document_has_its_url_for_an_id(places, person):
    from tests.judges.mcp_client import described

    auth = described(places.notes, places.document, person)
    call(places.notes, auth, "auto", ("whoami", {}))
    token = auth.context.storage.tokens.access_token
    found = AccessTokens(places.issuer, places.notes).verify(token)
    assert found.claims["client_id"] == places.document
    assert [asked["client_id"] for asked in person.asked] == [places.document]


def test_it_refreshes_once_its_token_has_ended(notes, auth, person):
    first = call(notes, auth, "auto", ("whoami", {}))
    before = auth.context.storage.tokens
    auth.context.token_expiry_time = 1
    assert call(notes, auth, "auto", ("whoami", {})) == first
    assert auth.context.storage.tokens.access_token != before.access_token
    assert auth.context.storage.tokens.refresh_token != before.refresh_token
    assert len(person.asked) == 1


def where_it_asks(issuer, server):
    """The addresses of the issuer's metadata, in the order of the client."""
    from mcp.client.auth.utils import build_oauth_authorization_server_metadata_discovery_urls

    return build_oauth_authorization_server_metadata_discovery_urls(issuer, server)


def test_it_finds_an_issuer_that_shares_its_host(tmp_path):
    from tests.judges.mcp_client import Person, registered

    with running_page(tmp_path, "/auth") as (issuer, notes, _):
        auth = registered(notes, "notes-cli", Person(issuer))
        (subject,) = call(notes, auth, "auto", ("whoami", {}))
        token = AccessTokens(issuer, notes).verify(auth.context.storage.tokens.access_token)
        tried = where_it_asks(issuer, notes)
        told = [httpx.get(url).json()["issuer"] for url in tried]
    assert (token.subject, token.claims["iss"]) == (subject, issuer)
    assert told == [issuer] * 3
    assert issuer.endswith("/auth")


def test_a_request_without_a_valid_token_is_refused(notes):
    for said in ({}, {"authorization": "Bearer x"}):
        answer = httpx.post(notes, json={}, headers=said)
        assert answer.status_code == 401
        assert 'scope="notes.read", resource_metadata="' in answer.headers["www-authenticate"]


def test_a_slash_at_the_end_of_the_resource_makes_no_difference(issuer, notes, auth, person):
    """Clients of other libraries add one."""
    auth.context.get_resource_url = lambda: f"{notes}/"
    call(notes, auth, "auto", ("whoami", {}))
    assert [asked["resource"] for asked in person.asked] == [f"{notes}/"]
    token = AccessTokens(issuer, notes).verify(auth.context.storage.tokens.access_token)
    assert token.claims["aud"] == notes


@pytest.mark.parametrize("path", ["", "/auth"])
def test_its_client_asks_where_the_page_says(path):
    """`tests/dialects/oauth/test_metadata.py` asks the service at these addresses."""
    root = "https://example.com"
    tried = where_it_asks(f"{root}{path}", root)
    if path:
        assert [url for url in tried if f"`{url}`" not in TEXT] == []
    else:
        assert [url.removeprefix(f"{root}/.well-known") for url in tried] == [
            "/oauth-authorization-server", "/openid-configuration",
        ]  # fmt: skip
