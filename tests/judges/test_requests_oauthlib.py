"""requests-oauthlib uses every grant that it supports."""

import pytest
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from tests.judges.instance import REDIRECT

SCOPE = ["openid", "profile", "orders.read"]
SPA_REDIRECT = "http://127.0.0.1:5173/callback"


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    """The library refuses an address that is not https otherwise."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def session(client="web", redirect=REDIRECT, **said):
    return OAuth2Session(client, redirect_uri=redirect, scope=SCOPE, pkce="S256", **said)


def signed_in(url, browser, oauth, **credentials):
    address, state = oauth.authorization_url(f"{url}/oauth/authorize")
    landed = browser.allow(address)
    assert f"state={state}" in landed
    return oauth.fetch_token(f"{url}/oauth/token", authorization_response=landed, **credentials)


@pytest.fixture(params=["basic", "post", "public"])
def kind(request):
    """How a client says who it is: its session's arguments and those of its requests."""
    return {
        "basic": ({}, {"auth": HTTPBasicAuth("web", "web-secret")}),
        "post": ({}, {"client_secret": "web-secret", "include_client_id": True}),
        "public": ({"client": "spa", "redirect": SPA_REDIRECT}, {"include_client_id": True}),
    }[request.param]


def test_authorization_code_with_pkce_and_refresh(url, browser, kind):
    about, credentials = kind
    with session(**about) as oauth:
        tokens = signed_in(url, browser, oauth, **credentials)
        assert tokens["token_type"] == "Bearer"
        assert sorted(tokens["scope"]) == sorted(SCOPE)
        assert oauth.get(f"{url}/oauth/userinfo").json()["name"] == "Ada Lovelace"
        credentials.setdefault("client_id", oauth.client_id)
        renewed = oauth.refresh_token(f"{url}/oauth/token", **credentials)
        assert renewed["refresh_token"] != tokens["refresh_token"]
        assert oauth.get(f"{url}/oauth/userinfo").json()["sub"]


def test_refresh_by_itself_when_the_token_has_expired(url, browser):
    kept = []
    with session(
        auto_refresh_url=f"{url}/oauth/token",
        auto_refresh_kwargs={"client_id": "web", "client_secret": "web-secret"},
        token_updater=kept.append,
    ) as oauth:
        tokens = signed_in(url, browser, oauth, auth=HTTPBasicAuth("web", "web-secret"))
        oauth.token = {**tokens, "expires_in": -1, "expires_at": 1}
        answer = oauth.get(f"{url}/oauth/userinfo")
        assert answer.json()["name"] == "Ada Lovelace"
        (renewed,) = kept
        assert renewed["access_token"] != tokens["access_token"]
        assert renewed["refresh_token"] != tokens["refresh_token"]


@pytest.mark.parametrize("include", [True, False], ids=["post", "basic"])
def test_client_credentials(url, include):
    client = BackendApplicationClient(client_id="backend", scope=["orders.read"])
    with OAuth2Session(client=client) as oauth:
        tokens = oauth.fetch_token(
            f"{url}/oauth/token",
            client_id="backend",
            client_secret="backend-secret",
            include_client_id=include,
        )
    assert tokens["scope"] == ["orders.read"]
    assert "refresh_token" not in tokens


def test_the_library_understands_a_refusal(url, browser):
    with session() as oauth:
        signed_in(url, browser, oauth, auth=HTTPBasicAuth("web", "web-secret"))
        with pytest.raises(InvalidGrantError):
            oauth.refresh_token(
                f"{url}/oauth/token", "rtk_forged", auth=HTTPBasicAuth("web", "web-secret")
            )
    client = BackendApplicationClient(client_id="backend")
    with OAuth2Session(client=client) as oauth, pytest.raises(OAuth2Error, match="invalid_client"):
        oauth.fetch_token(f"{url}/oauth/token", client_id="backend", client_secret="wrong")
