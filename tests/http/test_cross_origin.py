"""Which pages of other origins may read the responses of OAuth (CORS by client)."""

import base64
import json
from urllib.parse import urlencode

import pytest
import yaml
from tests.http.wire import call

from reticket.testing import running_server

SPA, SHOP, EVIL = "http://127.0.0.1:5173", "https://shop.example.com", "https://evil.example.com"
OFF = "https://off.example.com"
"""The origin of a client that is disabled."""

APP = "capacitor://localhost"
CLIENTS = [
    {"client_id": "spa", "redirect_uris": [f"{SPA}/callback"], "scopes": ["openid"]},
    {"client_id": "app", "allowed_origins": [APP], "policy": "DEVICE", "scopes": ["openid"]},
    {"client_id": "shop", "client_secret": "shop-secret", "scopes": ["orders.read"],
     "grants": ["authorization_code", "client_credentials"], "redirect_uris": [f"{SHOP}/cb"]},
    {"client_id": "off", "disabled": True, "redirect_uris": [f"{OFF}/cb"]},
]  # fmt: skip
ENDPOINTS = [
    ("POST", "/oauth/token"),
    ("POST", "/oauth/revoke"),
    ("POST", "/oauth/introspect"),
    ("POST", "/oauth/par"),
    ("POST", "/oauth/device"),
    ("GET", "/oauth/userinfo"),
    ("POST", "/oauth/userinfo"),
]
METADATA = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("origins")
    path = folder / "seed.yaml"
    path.write_text(yaml.safe_dump({"oauth_clients": CLIENTS}))
    with running_server(folder, seed=path) as server:
        yield server


def preflight(service, path, origin, method="POST"):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,dpop",
    }
    status, headers, _ = call(service.url, "OPTIONS", path, None, asked)
    return status, headers


def cors(headers):
    return {name for name in headers if name.startswith("access-control-")}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("origin", [SPA, SHOP, APP])
def test_a_preflight_names_no_client_so_each_registered_origin_may_ask(
    service, method, path, origin
):
    status, headers = preflight(service, path, origin, method)
    assert status == 204
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-methods"] == method
    assert headers["access-control-allow-headers"] == "authorization, content-type, dpop"
    assert headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("origin", [EVIL, "null", OFF, f"{SHOP}:1", "\xe9"])
def test_no_other_origin_may_ask(service, origin):
    status, headers = preflight(service, "/oauth/token", origin)
    assert (status, cors(headers)) == (204, set())
    assert headers["vary"] == "Origin"


@pytest.mark.parametrize("path", METADATA)
def test_pages_of_mcp_clients_ask_for_the_metadata_with_a_header_of_their_own(service, path):
    status, headers = preflight(service, path, EVIL, "GET")
    assert status == 204
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-allow-headers"] == "*, authorization"


@pytest.mark.parametrize("path", METADATA)
@pytest.mark.parametrize("headers", [{}, {"Origin": EVIL}])
def test_a_copy_of_the_metadata_is_readable_for_everybody(service, path, headers):
    """A shared cache keeps the response to the first page that asked."""
    said = call(service.url, "GET", path, None, headers)[1]
    assert said["access-control-allow-origin"] == "*"
    assert "vary" not in said


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/oauth/token", "POST"),
        ("OPTIONS", "/oauth/authorize", "GET"),
        ("OPTIONS", "/oauth/authorize", "POST"),
        ("OPTIONS", "/oauth/device", "GET"),
        ("OPTIONS", "/oauth/device/code", "POST"),
        ("OPTIONS", "/oauth/token", "PATCH"),
        ("OPTIONS", "/oauth/token", ""),
        ("OPTIONS", "/api/v1/auth/login", "POST"),
        ("OPTIONS", "/oauth/nothing", "POST"),
    ],
)
def test_nothing_else_is_a_preflight(service, method, path, asked):
    headers = {"Origin": SPA, "Access-Control-Request-Method": asked}
    status, said, _ = call(service.url, method, path, None, headers)
    assert status in (404, 405)
    assert cors(said) == set()


def post(service, path, origin, form, **headers):
    said = {**FORM, "Origin": origin, **headers} if origin else {**FORM, **headers}
    return call(service.url, "POST", path, urlencode(form), said)


def readable(answer, origin):
    """Whether a page of that origin may read the response; no other may in any case."""
    _, headers, _ = answer
    assert set(headers["vary"].split(", ")) == {"Origin"}
    assert "access-control-allow-credentials" not in headers
    assert headers.get("access-control-allow-origin") in (None, origin)
    return "access-control-allow-origin" in headers


REFRESH = {"grant_type": "refresh_token", "refresh_token": "rtk_x", "client_id": "spa"}


def test_the_page_of_the_client_reads_its_refusal(service):
    answer = post(service, "/oauth/token", SPA, REFRESH)
    assert (answer[0], json.loads(answer[2])["error"]) == (400, "invalid_grant")
    assert readable(answer, SPA)
    exposed = answer[1]["access-control-expose-headers"].split(", ")
    assert {"dpop-nonce", "www-authenticate", "retry-after"} <= set(exposed)


@pytest.mark.parametrize("origin", [SHOP, EVIL, "null", f"{SPA}1"])
def test_a_page_of_another_client_reads_nothing(service, origin):
    assert not readable(post(service, "/oauth/token", origin, REFRESH), origin)


@pytest.mark.parametrize("client_id", ["nobody", "off", "\x07", ""])
def test_a_response_that_concerns_no_client_is_for_no_page(service, client_id):
    form = {**REFRESH, "client_id": client_id}
    for origin in (SPA, OFF):
        assert not readable(post(service, "/oauth/token", origin, form), origin)


def test_an_origin_beside_the_redirect_uris(service):
    answer = post(service, "/oauth/device", APP, {"client_id": "app", "scope": "openid"})
    assert (answer[0], readable(answer, APP)) == (200, True)


def test_the_header_names_the_client_before_the_form_does(service):
    said = base64.b64encode(b"shop:shop-secret").decode()
    form = {"grant_type": "client_credentials", "client_id": "spa"}
    basic = {"Authorization": f"Basic {said}"}
    assert not readable(post(service, "/oauth/token", SPA, form, **basic), SPA)
    answer = post(service, "/oauth/token", SHOP, {"grant_type": "client_credentials"}, **basic)
    assert (answer[0], readable(answer, SHOP)) == (200, True)


def test_a_request_that_cannot_be_read_concerns_no_client(service):
    answer = call(service.url, "POST", "/oauth/token", "client_id=spa&client_id=spa",
                  {**FORM, "Origin": SPA})  # fmt: skip
    assert (answer[0], cors(answer[1])) == (400, set())


def client_token(service):
    said = base64.b64encode(b"shop:shop-secret").decode()
    form = {"grant_type": "client_credentials"}
    answer = post(service, "/oauth/token", None, form, Authorization=f"Basic {said}")
    assert "access-control-allow-origin" not in answer[1]
    return json.loads(answer[2])["access_token"]


@pytest.mark.parametrize(("origin", "reads"), [(SHOP, True), (SPA, False), (EVIL, False)])
def test_userinfo_is_for_pages_of_the_client_of_the_token(service, origin, reads):
    headers = {"Origin": origin, "Authorization": f"Bearer {client_token(service)}"}
    answer = call(service.url, "GET", "/oauth/userinfo", None, headers)
    assert answer[0] == 403
    assert readable(answer, origin) == reads
    answer = post(service, "/oauth/userinfo", origin, {"access_token": client_token(service)})
    assert answer[0] == 403
    assert readable(answer, origin) == reads


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Bearer e30.e30.e30", "Basic e30"])
def test_userinfo_without_a_token_is_for_no_page(service, token):
    headers = {"Origin": SPA, "Authorization": token}
    answer = call(service.url, "GET", "/oauth/userinfo", None, headers)
    assert (answer[0], readable(answer, SPA)) == (401, False)


def test_an_origin_of_the_setting_and_one_of_a_client(tmp_path):
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump({"oauth_clients": CLIENTS}))
    settings = {"RETICKET_CORS_ORIGINS": EVIL}
    with running_server(tmp_path, seed=path, settings=settings) as service:
        for origin, allowed in ((EVIL, EVIL), (SPA, SPA), ("https://third.example.com", None)):
            headers = preflight(service, "/oauth/token", origin)[1]
            assert headers.get("access-control-allow-origin") == allowed
        for origin in (EVIL, SPA):
            assert readable(post(service, "/oauth/token", origin, REFRESH), origin)
