"""mozurestsdk: applications, developers, admin users and shoppers. It refreshes a token that has
less than three minutes left, and so with each call here. It sends the body of one call with later
ones that have none.
"""

import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import BAD_SECRET, DEAD_TOKEN, session

PLACES = {
    "person": ({"tenantId": 1000}, 1001, "tenant"),
    "developer": ({"devAccountId": 77}, 78, "account"),
}


@pytest.fixture
def client(on_python):
    with on_python("mozurestsdk") as client:
        client("sign_in_application", secret="s3cret")
        yield client


def test_an_application_signs_in_refreshes_and_reads_the_tenant(client):
    first, second = client("token"), client("token")
    assert first != second
    assert session(first) == session(second)
    assert client("tenant")["name"] == "Acme US"


def test_an_application_signs_out(client):
    ticket = client("sign_in_application", secret="s3cret")
    renewed = client("refresh_application", token=ticket["refreshToken"])
    client("sign_out_application", token=renewed["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refresh_application", token=renewed["refreshToken"])


@pytest.mark.parametrize("who", PLACES)
def test_somebody_switches_the_place_and_signs_out(client, who):
    place, other, member = PLACES[who]
    ticket = client("sign_in_person", password="correct horse", **place)
    switched = client("refresh_person", to=other)
    assert switched[member]["id"] == other
    assert session(switched["accessToken"]) == session(ticket["accessToken"])
    client(f"sign_out_{who}", token=switched["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refresh_person")


def test_a_shopper_who_has_not_signed_in_refreshes(client):
    ticket = client("shopper")
    assert client("refresh_shopper", token=ticket["refreshToken"])["userId"] == ticket["userId"]


def test_a_wrong_secret_and_a_wrong_password_are_told(client):
    with pytest.raises(ClientFailed, match=BAD_SECRET):
        client("sign_in_person", password="wrong", tenantId=1000)
    with pytest.raises(ClientFailed, match=BAD_SECRET):
        client("sign_in_application", secret="wrong")
