"""The rules that hand paths of an old back end over, in nginx and in Caddy."""

import pytest
from tests.deploy.moving import FOLDERS, running
from tests.deploy.proxies import DEPLOY
from tests.http.wire import call

from reticket import dialects
from reticket.wire_paths import whole_path

BASE = "/realms/shop"
KEYCLOAK = f"{BASE}/protocol/openid-connect"
PATHS = {
    "akinon": {
        "/api/v1/auth/login": None, "/api/v1/profile/me": None, "/api/v1/projects": "old",
        "/api/v1/profile/me/x": "old",
    },
    "cloudreve": {
        "/api/v4/session/token/refresh": None, "/api/v4/user/me": None, "/api/v4/file": "old",
        "/api/v4/site/captcha": None, "/": "old",
    },
    "kibo": {
        "/api/platform/applications/authtickets": None,
        "/api/platform/applications/AuthTickets/refresh-ticket": None,
        "/api/platform/adminuser/authtickets/tenants?tenantId=1": None,
        "/api/platform/developer/authtickets": None,
        "/api/commerce/customer/authtickets/anonymousshopper": None,
        "/api/commerce/customer/accounts/Add-Account-And-Login": None,
        "/api/commerce/customer/accounts/7/Change-Password": None,
        "/api/commerce/customer/accounts/7": "old",
        "/api/commerce/orders": "old",
    },
    "keycloak": {
        f"{KEYCLOAK}/auth?a=b": f"{BASE}/oauth/authorize?a=b",
        f"{KEYCLOAK}/token": f"{BASE}/oauth/token",
        f"{KEYCLOAK}/token/introspect": f"{BASE}/oauth/introspect",
        f"{KEYCLOAK}/certs": f"{BASE}/.well-known/jwks.json",
        f"{KEYCLOAK}/revoke": f"{BASE}/oauth/revoke",
        f"{KEYCLOAK}/logout": f"{BASE}/oauth/logout",
        f"{KEYCLOAK}/userinfo": f"{BASE}/oauth/userinfo",
        f"{KEYCLOAK}/auth/device": f"{BASE}/oauth/device",
        f"{BASE}/.well-known/openid-configuration": None, f"{BASE}/oauth/authorize/sign-in": None,
        "/realms/other/protocol/openid-connect/token": "old",
    },
    "hydra": {
        "/oauth2/auth?a=b": "/oauth/authorize?a=b", "/oauth2/token": "/oauth/token",
        "/oauth2/revoke": "/oauth/revoke", "/userinfo": "/oauth/userinfo",
        "/oauth2/sessions/logout": "/oauth/logout", "/oauth2/device/auth": "/oauth/device",
        "/.well-known/openid-configuration": None, "/oauth/device": None, "/admin/clients": "old",
    },
    "django-oauth-toolkit": {
        "/o/authorize/?a=b": "/o/oauth/authorize?a=b", "/o/token/": "/o/oauth/token",
        "/o/revoke_token/": "/o/oauth/revoke", "/o/introspect/": "/o/oauth/introspect",
        "/o/userinfo/": "/o/oauth/userinfo", "/o/logout/": "/o/oauth/logout",
        "/o/device-authorization/": "/o/oauth/device",
        "/o/.well-known/openid-configuration": None, "/o/applications/": "old", "/admin/": "old",
    },
    "simplejwt": {"/oauth/token": None, "/.well-known/jwks.json": None, "/api/token/": "old"},
}  # fmt: skip
"""By the system: paths, with that which reaches us if it is another, or `old`."""


def test_every_file_has_its_paths_here():
    for proxy, ending in FOLDERS.items():
        files = (DEPLOY / "moving" / proxy).glob(f"*.{ending}")
        assert {file.stem for file in files} == set(PATHS)


@pytest.mark.parametrize("proxy", FOLDERS)
@pytest.mark.parametrize("system", PATHS)
def test_paths_of_sessions_are_handed_over_and_no_others(proxy, system, tmp_path_factory, place):
    folder = place / f"{proxy}-{system}"
    folder.mkdir()
    with running(proxy, system, folder) as url:
        reached = {path: call(url, "GET", path)[2].decode() for path in PATHS[system]}
    assert reached == {
        path: f"old {path}" if here == "old" else f"ours {here or path}"
        for path, here in PATHS[system].items()
    }


@pytest.mark.parametrize("system", ["keycloak", "hydra", "django-oauth-toolkit"])
def test_every_path_that_reaches_us_is_a_route(system):
    oauth = dialects.modules()["oauth"].build()
    known = {whole_path(oauth, route) for route in oauth.routes}
    base = {"keycloak": BASE, "hydra": "", "django-oauth-toolkit": "/o"}[system]
    for here in filter(None, PATHS[system].values()):
        if here != "old":
            assert here.partition("?")[0].removeprefix(base) in known, here
