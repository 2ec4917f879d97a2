"""Clients of vendors that cannot be run here, as their documents describe what they do. Those of
Cloudreve have a file of their own.
"""

import httpx
import pytest
from tests.judges.browser import ADA

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE

AKINON = "/api/v1/auth"
KIBO = "/api/platform/applications/authtickets"
KIBO_APPLICATION = {"applicationId": "ns.app.1.0.0.Release", "sharedSecret": "s3cret"}
TOKEN_REFUSED = "INVALID_ACCESS_TOKEN"


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    with (
        running_server(tmp_path_factory.mktemp("service")) as service,
        httpx.Client(base_url=service.url, timeout=PATIENCE) as http,
    ):
        yield http


def test_an_application_of_akinons_app_maker_logs_in_refreshes_and_logs_out(http):
    said = {"username": ADA["email"], "password": ADA["password"]}
    pair = http.post(f"{AKINON}/login", json=said).json()
    old = {"x-access-token": pair["accessToken"]}
    refreshed = http.post(
        f"{AKINON}/refresh-token", json={"refreshToken": pair["refreshToken"]}, headers=old
    )
    assert refreshed.status_code == httpx.codes.CREATED
    new = refreshed.json()
    me = http.get("/api/v1/profile/me", headers={"authorization": f"Bearer {new['accessToken']}"})
    assert me.json()["user"]["email"] == ADA["email"]
    ended = {"refreshToken": new["refreshToken"]}
    assert http.post(f"{AKINON}/logout", json=ended).status_code == httpx.codes.NO_CONTENT
    dead = http.post(f"{AKINON}/refresh-token", json=ended)
    assert dead.status_code == httpx.codes.UNAUTHORIZED
    assert len(dead.json()["apiError"]) == 1


def test_akinons_app_maker_tells_of_a_wrong_password(http):
    said = {"username": ADA["email"], "password": "wrong"}
    refused = http.post(f"{AKINON}/login", json=said)
    assert refused.status_code == httpx.codes.UNAUTHORIZED
    assert len(refused.json()["apiError"]) == 1


def test_an_old_client_of_kibo_refreshes_with_the_token_in_the_path(http):
    ticket = http.post(f"{KIBO}/", json=KIBO_APPLICATION).json()
    refreshed = http.put(f"{KIBO}/refresh-ticket/{ticket['refreshToken']}")
    assert refreshed.status_code == httpx.codes.OK
    new = refreshed.json()
    assert new["accessToken"] != ticket["accessToken"]
    tenant = {"x-vol-app-claims": new["accessToken"]}
    assert http.get("/api/platform/tenants/1000", headers=tenant).json()["id"] == 1000
    signed_out = http.delete(f"{KIBO}/{new['refreshToken']}")
    assert signed_out.status_code == httpx.codes.OK
    assert refusal_of(http.put(f"{KIBO}/refresh-ticket/{new['refreshToken']}")) == TOKEN_REFUSED


def test_an_old_client_of_kibo_is_told_of_a_wrong_secret(http):
    refused = http.post(f"{KIBO}/", json=KIBO_APPLICATION | {"sharedSecret": "wrong"})
    assert refusal_of(refused) == "INVALID_CREDENTIALS"


def refusal_of(response):
    """The code, which this client reads only beside the header."""
    assert response.status_code == httpx.codes.UNAUTHORIZED
    assert response.headers["x-vol-correlation"]
    return response.json()["errorCode"]
