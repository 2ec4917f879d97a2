"""cloudreve-sdk-api from Cargo: refreshes a token that has expired. It cannot ask for a second
factor: it reads the answer to each sign-in as a session.
"""

import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import ADA, ALAN

from reticket.testing.waiting import until

REFUSED = "Login required: Failed to issue token pair"


@pytest.fixture
def client(on_rust):
    with on_rust("cloudreve_sdk_api") as client:
        yield client


def test_a_token_is_refreshed_when_it_expires(client):
    signed_in = client("sign_in", **ADA)
    assert client("me") == signed_in["nickname"] == "Ada"
    assert client("refreshed") is None
    until(lambda: client.attempt("me") and client("refreshed"), "a refresh")
    assert client("refreshed") != signed_in["refresh_token"]
    assert client("me") == "Ada"
    assert client("capacity") > 0


def test_after_a_sign_out_its_refresh_is_refused(client):
    client("sign_out", token=client("sign_in", **ADA)["refresh_token"])
    until(lambda: client.is_told(REFUSED, "me"), "the refusal")


def test_a_wrong_password_is_told(client):
    with pytest.raises(ClientFailed, match=r"code 40080\): Incorrect password"):
        client("sign_in", **ADA | {"password": "wrong"})


def test_it_fails_where_a_person_has_a_second_factor(client):
    with pytest.raises(ClientFailed, match="JSON error"):
        client("sign_in", **ALAN)
