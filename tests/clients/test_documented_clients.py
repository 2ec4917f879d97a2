"""Clients of vendors that cannot be run here, as their documents describe what they do."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.judges.browser import ADA

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE

AT_ONCE = 5
AKINON = "/api/v1/auth"
CLOUDREVE = "/api/v4/session/token"


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


def test_cloudreves_web_client_refreshes_in_parallel_with_one_token(http):
    token = http.post(CLOUDREVE, json=ADA).json()["data"]["token"]["refresh_token"]

    def refresh(_):
        return http.post(f"{CLOUDREVE}/refresh", json={"refresh_token": token}).json()["code"]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(refresh, range(AT_ONCE))) == [0] * AT_ONCE


def test_a_driver_of_a_file_list_refreshes_with_a_stale_copy_of_its_token(http):
    """OpenList's driver does: its copy is older than the session, which must go on."""
    stale = http.post(CLOUDREVE, json=ADA).json()["data"]["token"]["refresh_token"]
    newest = stale
    for _ in range(3):
        newest = _refreshed(http, newest)
    assert _refreshed(http, stale)
    assert _refreshed(http, newest)


def _refreshed(http, token):
    return http.post(f"{CLOUDREVE}/refresh", json={"refresh_token": token}).json()["data"][
        "refresh_token"
    ]
