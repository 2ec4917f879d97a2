"""cloudreve from PyPI: signs in, and leaves refreshes to the program that uses it."""

import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import ADA

from reticket.testing.waiting import until


@pytest.fixture
def client(on_python):
    with on_python("cloudreve") as client:
        yield client


def test_a_person_signs_in_refreshes_and_signs_out(client):
    signed_in = client("sign_in", **ADA)
    assert signed_in["user"]["nickname"] == "Ada"
    assert client("me")["email"] == ADA["email"]
    assert client("refresh", token=signed_in["refresh_token"])["access_token"]
    client("sign_out")
    with pytest.raises(ClientFailed, match="40020: Failed to issue token pair"):
        client("refresh", token=signed_in["refresh_token"])


def test_an_expired_token_is_told_also_by_the_services_that_are_elsewhere(client):
    client("sign_in", **ADA)
    refusal = "401: Login required"
    until(lambda: client.is_told(refusal, "me"), "the refusal")
    assert client.is_told(refusal, "files")


def test_a_wrong_password_is_told(client):
    with pytest.raises(ClientFailed, match="40080: Incorrect password or email address"):
        client("sign_in", **ADA | {"password": "wrong"})


def test_a_dead_token_is_told(client):
    with pytest.raises(ClientFailed, match="40020: Failed to issue token pair"):
        client("refresh", token="dead")
