"""Clients of Cloudreve that cannot be run here, as their documents describe what they do. Access
tokens live for seconds, so that each client refreshes.
"""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.http.test_drive_apps import let_in
from tests.judges.browser import ADA

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE, until

AT_ONCE = 5
SHORT = {f"RETICKET_POLICIES__CLOUDREVE__{kind}__ACCESS": "2" for kind in ("USER", "APP")}
SESSION = "/api/v4/session/token"
SIGNED_OUT, DEAD_TOKEN, WRONG_PASSWORD = 401, 40020, 40080


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    with running_server(folder, settings=SHORT) as service:
        yield service


@pytest.fixture
def http(service):
    with httpx.Client(base_url=service.url, timeout=PATIENCE) as http:
        yield http


class Refused(Exception):
    """A code other than 0."""


class Driver:
    """What the drivers of file lists do: at code 401 they refresh once, and ask again."""

    def __init__(self, http, token=None):
        self._http, self.token, self.refreshes = http, token, 0

    def sign_in(self, **said):
        """AList's driver demands that the site offers passkeys."""
        assert self._data("GET", "/api/v4/site/config/login")["authn"] is True
        self.token = self._data("POST", SESSION, said)["token"]

    def ask(self, path):
        try:
            return self._data("GET", path)
        except Refused as refused:
            if refused.args[0] != SIGNED_OUT:
                raise
        self.refresh()
        return self._data("GET", path)

    def refresh(self):
        said = {"refresh_token": self.token["refresh_token"]}
        self.token = self._data("POST", f"{SESSION}/refresh", said)
        self.refreshes += 1

    def sign_out(self):
        self._data("DELETE", SESSION, {"refresh_token": self.token["refresh_token"]})

    def _data(self, method, path, said=None):
        bearer = {"authorization": f"Bearer {self.token['access_token']}"} if self.token else {}
        answer = self._http.request(method, path, json=said, headers=bearer)
        assert answer.status_code == httpx.codes.OK
        if (code := answer.json()["code"]) != 0:
            raise Refused(code)
        return answer.json().get("data")


@pytest.fixture
def driver(http):
    driver = Driver(http)
    driver.sign_in(**ADA)
    return driver


def refusal(action, **said):
    with pytest.raises(Refused) as refused:
        action(**said)
    return refused.value.args[0]


def has_refreshed(driver):
    return driver.ask("/api/v4/user/capacity")["total"] and driver.refreshes


def test_a_driver_of_a_file_list_refreshes_at_code_401(driver):
    first = driver.token
    until(lambda: has_refreshed(driver), "a refresh")
    assert driver.token["refresh_token"] != first["refresh_token"]
    assert driver.ask("/api/v4/user/me")["email"] == ADA["email"]


def test_a_driver_of_a_file_list_is_told_of_a_wrong_password(http):
    assert refusal(Driver(http).sign_in, **ADA | {"password": "wrong"}) == WRONG_PASSWORD


def test_a_driver_of_a_file_list_is_told_of_a_dead_token(driver):
    driver.sign_out()
    assert refusal(driver.refresh) == DEAD_TOKEN


def test_a_driver_of_a_file_list_refreshes_with_a_stale_copy_of_its_token(http, driver):
    """OpenList's driver does: its copy is older than the session, which must go on."""
    stale = Driver(http, driver.token)
    for _ in range(3):
        driver.refresh()
    stale.refresh()
    driver.refresh()


def test_cloudreves_web_client_refreshes_in_parallel_with_one_token(http, driver):
    tabs = [Driver(http, driver.token) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Driver.refresh, tabs))
    assert [tab.refreshes for tab in tabs] == [1] * AT_ONCE


def test_an_app_that_was_let_in_refreshes_at_code_401_also_of_its_files(service, http):
    """The apps for desktop and iOS never refresh at a plain 404."""
    app = Driver(http, let_in(service))
    until(lambda: is_refused(http, app.token, "/api/v4/file"), "the end of the access token")
    app.refresh()
    assert app.ask("/api/v4/user/me")["email"] == ADA["email"]


def is_refused(http, token, path):
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    answer = http.get(path, headers=bearer)
    return answer.status_code == httpx.codes.OK and answer.json()["code"] == SIGNED_OUT
