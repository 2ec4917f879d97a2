"""cloudreve-api from Cargo: signs in, also with a second factor, and leaves refreshes to the
program that uses it.
"""

import time

import pytest
from tests.pages.instance import TOTP_SECRET
from tests.pages.people import one_time_password
from tests.vendors.programs import ClientFailed
from tests.vendors.services import ADA, ALAN, session

from reticket.testing.waiting import until

DEAD = r"Failed to issue token pair \(code: 40020\)"


@pytest.fixture
def client(on_rust):
    with on_rust("cloudreve_api") as client:
        yield client


def test_it_finds_the_version_by_itself(client):
    assert client("version") == "v4"


def test_a_person_signs_in_refreshes_and_signs_out(client):
    signed_in = client("sign_in", **ADA)
    assert signed_in["nickname"] == "Ada"
    assert client("capacity") > 0
    refreshed = [client("refresh", token=signed_in["refresh_token"]) for _ in range(2)]
    assert len({session(each["access_token"]) for each in refreshed}) == 1
    client("sign_out", token=refreshed[-1]["refresh_token"])
    with pytest.raises(ClientFailed, match=DEAD):
        client("refresh", token=signed_in["refresh_token"])


def test_a_person_with_a_second_factor_signs_in(client):
    with pytest.raises(ClientFailed, match="Two-factor authentication required"):
        client("sign_in", **ALAN)
    with pytest.raises(ClientFailed, match=r"Incorrect 2FA code \(code: 40022\)"):
        client("second_factor", code="000000")
    signed_in = client("second_factor", code=one_time_password(TOTP_SECRET, time.time()))
    assert signed_in["nickname"] == "Alan"
    assert client("capacity") > 0


def test_an_expired_token_is_told_also_by_the_services_that_are_elsewhere(client):
    client("sign_in", **ADA)
    refusal = "Unauthorized: Login required"
    until(lambda: client.is_told(refusal, "capacity"), "the refusal")
    assert client.is_told(refusal, "files")


def test_a_wrong_password_and_a_dead_token_are_told(client):
    with pytest.raises(ClientFailed, match=r"email address \(code: 40080\)"):
        client("sign_in", **ADA | {"password": "wrong"})
    with pytest.raises(ClientFailed, match=DEAD):
        client("refresh", token="dead")
