"""@kibocommerce/sdk-authentication: application tickets by `/oauth`. It has no sign-out."""

import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import BAD_SECRET, DEAD_TOKEN, session

from reticket.testing.waiting import until


@pytest.fixture
def client(on_node):
    with on_node("sdk_authentication") as client:
        yield client


def test_it_keeps_its_token_until_it_expires_and_then_refreshes(client):
    first = client("token")
    until(lambda: client("token") != first, "a new access token")
    assert session(client("token")) == session(first)


def test_a_wrong_secret_is_told(client):
    with pytest.raises(ClientFailed, match=f"^{BAD_SECRET}$"):
        client("signIn", secret="wrong")


def test_a_dead_token_is_told(client):
    with pytest.raises(ClientFailed, match=f"^{DEAD_TOKEN}$"):
        client("refresh", token="rtk_dead")


def test_two_callers_refresh_with_one_token(client):
    ticket = client("signIn", secret="s3cret")
    refreshed = [client("refresh", token=ticket["refresh_token"]) for _ in range(2)]
    assert {session(each["access_token"]) for each in refreshed} == {
        session(ticket["access_token"])
    }
