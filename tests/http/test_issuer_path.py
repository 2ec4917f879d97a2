"""An issuer that shares its host: a proxy in front may take its path away, or not."""

import asyncio
import json
from urllib.parse import urlencode, urlsplit

import pytest
from tests.http.wire import call

from reticket.http.issuer_path import also_below
from reticket.testing import running_server

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BACKEND = {
    "grant_type": "client_credentials",
    "client_id": "backend",
    "client_secret": "backend-secret",
}


@pytest.fixture(scope="module", params=["/realms/a", "/oauth"])
def path(request):
    return request.param


@pytest.fixture(scope="module")
def server(tmp_path_factory, path):
    settings = {"RETICKET_ISSUER": f"https://id.example.com{path}"}
    with running_server(tmp_path_factory.mktemp("service"), settings=settings) as running:
        yield running


@pytest.fixture(params=["taken away", "left"])
def taken(request, path):
    """The change that the proxy makes to a path, as a function."""
    return (lambda said: said.removeprefix(path)) if request.param == "taken away" else str


def test_rfc8414_3_every_address_in_the_metadata_exists(server, path, taken):
    place = taken(f"{path}/.well-known/openid-configuration")
    status, _, body = call(server.url, "GET", place)
    assert status == 200
    said = json.loads(body)
    assert said["issuer"] == f"https://id.example.com{path}"
    named = [urlsplit(said[name]).path for name in said if name.endswith(("_endpoint", "_uri"))]
    assert len(named) >= 9
    for each in named:
        assert call(server.url, "GET", taken(each))[0] != 404, each
    status, _, body = call(
        server.url, "POST", taken(f"{path}/oauth/token"), urlencode(BACKEND), FORM
    )
    assert (status, json.loads(body)["token_type"]) == (200, "Bearer")


def test_rfc8414_3_1_the_path_of_the_issuer_follows_the_well_known_name(server, path):
    place = f"/.well-known/oauth-authorization-server{path}"
    assert json.loads(call(server.url, "GET", place)[2])["issuer"].endswith(path)


def test_the_pages_are_found_below_the_path_of_the_issuer(server, path, taken):
    assert call(server.url, "GET", taken(f"{path}/oauth/device"))[0] == 200
    assert call(server.url, "GET", f"{path}x/oauth/device")[0] == 404


def test_paths_for_operators_have_one_address(server, path):
    for place in ("/docs", "/health/live", "/admin/v1/clients"):
        assert call(server.url, "GET", place)[0] in (200, 401), place
        assert call(server.url, "GET", f"{path}{place}")[0] == 404, place
    assert call(server.url, "GET", f"{path}/metrics")[0] == 404


@pytest.mark.parametrize("sent", [b"/realms/a/oauth/x%2Fy", b"/%72ealms/a/oauth/x%2Fy"])
def test_the_path_as_sent_loses_the_path_of_the_issuer_as_well(sent):
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["path"], scope["raw_path"]))

    scope = {"type": "http", "path": "/realms/a/oauth/x/y", "raw_path": sent}
    asyncio.run(also_below("/realms/a", ("/oauth",), app)(scope, None, None))
    assert seen == [("/oauth/x/y", b"/oauth/x%2Fy")]
