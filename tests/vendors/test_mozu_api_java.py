"""mozu-api-java: an application, administrators, developers and shoppers. It refreshes a token that
has less than three minutes left, and so with each call here.
"""

import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import BAD_SECRET, DEAD_TOKEN, session

PLACES = {"Tenant": (1000, 1001), "Developer": (77, 78)}


@pytest.fixture
def client(on_java):
    with on_java("MozuApi") as client:
        yield client


@pytest.fixture
def signed_in(client):
    """The client with its application."""
    client("sign_in_application", secret="s3cret")
    return client


def test_an_application_signs_in_refreshes_and_reads_the_tenant(signed_in):
    first, second = signed_in("token"), signed_in("token")
    assert first != second
    assert session(first) == session(second)
    assert signed_in("tenant") == "Acme US"


def test_an_application_signs_out(client):
    token = client("sign_in_application", secret="s3cret")
    client("sign_out_application")
    client("sign_in_application", secret="s3cret")
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refresh_application", token=token)


@pytest.mark.parametrize("scope", PLACES)
def test_somebody_refreshes_switches_the_place_and_signs_out(signed_in, scope):
    place, other = PLACES[scope]
    first = signed_in("sign_in_person", password="correct horse", scope=scope, place=place)
    later = [signed_in("refresh_person"), signed_in("switch_person", place=other)]
    assert [each["place"] for each in (first, *later)] == [place, place, other]
    assert {session(each["token"]) for each in later} == {session(first["token"])}
    signed_in("sign_out_person")
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        signed_in("refresh_person")


def test_a_shopper_who_has_not_signed_in_refreshes(signed_in):
    ticket = signed_in("shopper")
    assert signed_in("refresh_shopper", token=ticket["refreshToken"])["userId"] == ticket["userId"]


def test_a_wrong_secret_and_a_wrong_password_are_told(client):
    with pytest.raises(ClientFailed, match=BAD_SECRET):
        client("sign_in_application", secret="wrong")
    client("sign_in_application", secret="s3cret")
    with pytest.raises(ClientFailed, match=BAD_SECRET):
        client("sign_in_person", password="wrong", scope="Tenant", place=1000)
