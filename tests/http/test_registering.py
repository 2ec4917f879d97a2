"""A client that registers itself at a running service, and removes itself."""

import json
import urllib.error
import urllib.request

import pytest
from tests.http.wire import call

from reticket.testing import running_server

APP = {"redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none"}


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    said = {"RETICKET_DIALECTS__OAUTH__REGISTRATION": "open"}
    with running_server(tmp_path_factory.mktemp("open"), settings=said) as running:
        yield running


def ask(url, method="GET", said=None, token=None):
    headers = {"content-type": "application/json"}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    data = None if said is None else json.dumps(said).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_the_metadata_tell_the_endpoint_where_it_is_on(open_server, server):
    path = "/.well-known/openid-configuration"
    assert ask(open_server.url + path)[1]["registration_endpoint"] == (
        f"{open_server.url}/oauth/register"
    )
    assert "registration_endpoint" not in ask(server.url + path)[1]
    assert ask(f"{server.url}/oauth/register", "POST", APP)[0] == 404


def test_a_client_registers_changes_and_removes_itself(open_server):
    status, made = ask(f"{open_server.url}/oauth/register", "POST", APP)
    assert status == 201, made
    address, token = made["registration_client_uri"], made["registration_access_token"]
    assert ask(address, token="x")[0] == 401
    said = APP | {"client_id": made["client_id"], "client_name": "Notes"}
    assert ask(address, "PUT", said, token)[1]["client_name"] == "Notes"
    assert ask(address, token=token)[1]["client_name"] == "Notes"
    assert ask(address, "DELETE", token=token)[0] == 204
    assert ask(address, token=token)[0] == 401
    lines = (open_server.data / "audit.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert "client_registered" in events


@pytest.mark.parametrize("path", ["/oauth/register", "/oauth/register/some-id"])
def test_pages_of_every_origin_may_register_a_client(open_server, path):
    method = "POST" if path == "/oauth/register" else "PUT"
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": method}
    status, headers, _ = call(open_server.url, "OPTIONS", path, None, asked)
    assert (status, headers["access-control-allow-origin"]) == (204, "*")
    assert headers["access-control-allow-headers"] == "*, authorization"
    assert "access-control-allow-credentials" not in headers
    said = {"Origin": "https://app.example.com", "Content-Type": "application/json"}
    status, headers, _ = call(open_server.url, method, path, json.dumps(APP), said)
    assert status in (201, 401)
    assert headers["access-control-allow-origin"] == "*"
