"""@kibocommerce/graphql-client: an application, and a shopper who has not signed in. Of a refusal
it says that the ticket is not valid.
"""

import httpx
import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import claims, session

from reticket.testing.waiting import until

REFUSED = "Invalid auth ticket!"
SHOPPERS = "/api/commerce/customer/authtickets"


@pytest.fixture
def client(on_node):
    with on_node("graphql_client", SHARED_SECRET="s3cret") as client:
        yield client


def test_an_application_signs_in_and_so_does_its_shopper(client):
    assert claims(client("application"))["sub"] == "ns.shop.1.0.0.Release"
    assert client("anonymous")["userId"] == client("kept")["userId"]


def test_the_ticket_of_a_shopper_is_refreshed_when_it_expires(client):
    first = client("anonymous")
    until(lambda: client("shopper")["accessToken"] != first["accessToken"], "a new ticket")
    assert client("shopper")["userId"] == first["userId"]
    assert session(client("shopper")["accessToken"]) == session(first["accessToken"])


def test_a_ticket_of_an_ended_session_is_refused(client, url):
    ticket = client("anonymous")
    headers = {"authorization": f"Bearer {client('application')}", "x-vol-tenant": "1000"}
    asked = {"refreshToken": ticket["refreshToken"]}
    httpx.delete(f"{url}{SHOPPERS}", params=asked, headers=headers).raise_for_status()
    assert client("refreshToken", token=ticket["refreshToken"])["errorCode"] == "ITEM_NOT_FOUND"

    def is_told():
        try:
            return not client("shopper")
        except ClientFailed as failed:
            return REFUSED in str(failed)

    until(is_told, "the refusal")


def test_a_wrong_secret_is_refused(on_node):
    with (
        on_node("graphql_client", SHARED_SECRET="wrong") as client,
        pytest.raises(ClientFailed, match=REFUSED),
    ):
        client("anonymous")
