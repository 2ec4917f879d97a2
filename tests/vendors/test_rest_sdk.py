"""@kibocommerce/rest-sdk: all resources, over https, at the domain of the tenant."""

import pytest
from tests.vendors import programs, services
from tests.vendors.programs import ClientFailed
from tests.vendors.services import BAD_SECRET, DEAD_TOKEN, session

from reticket.testing.waiting import until

DENIED = "There is no access to this for you."


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    with services.over_tls(folder) as (url, certificate):
        variables = {"RETICKET_URL": url, "NODE_EXTRA_CA_CERTS": str(certificate)}
        with programs.node("rest_sdk", folder, variables) as client:
            yield client


def test_it_signs_in_and_reads_the_tenant(client):
    assert client("tenant")["name"] == "Acme US"


def test_it_keeps_its_token_until_it_expires_and_then_refreshes(client):
    first = client("token")
    until(lambda: client("token") != first, "a new access token")


def test_an_application_refreshes_and_signs_out(client):
    ticket = client("signInApplication", secret="s3cret")
    refreshed = client("refreshApplication", refreshToken=ticket["refreshToken"])
    assert session(refreshed["accessToken"]) == session(ticket["accessToken"])
    client("signOutApplication", refreshToken=refreshed["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refreshApplication", refreshToken=refreshed["refreshToken"])


def test_a_person_switches_the_tenant_and_signs_out(client):
    ticket = client("signIn", password="correct horse")
    assert ticket["tenant"]["id"] == 1000
    other = client("refresh", ticket=ticket, tenantId=1001)
    assert other["tenant"]["id"] == 1001
    assert session(other["accessToken"]) == session(ticket["accessToken"])
    client("signOut", refreshToken=other["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refresh", ticket=other)


def test_a_developer_switches_the_account_and_signs_out(client):
    ticket = client("signInDeveloper", password="correct horse")
    other = client("refreshDeveloper", ticket=ticket, developerAccountId=78)
    assert (ticket["account"]["id"], other["account"]["id"]) == (77, 78)
    client("signOutDeveloper", refreshToken=other["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refreshDeveloper", ticket=other)


def test_a_shopper_who_has_not_signed_in_refreshes(client):
    ticket = client("shopper")
    refreshed = client("refreshShopper", refreshToken=ticket["refreshToken"])
    assert refreshed["userId"] == ticket["userId"]


def test_a_tenant_that_the_person_may_not_see_is_told(client):
    ticket = client("signIn", password="correct horse")
    with pytest.raises(ClientFailed, match=DENIED):
        client("refresh", ticket=ticket, tenantId=1002)


def test_a_wrong_secret_and_a_wrong_password_are_told(client):
    for action, given in {
        "signInApplication": {"secret": "wrong"},
        "signIn": {"password": "wrong"},
        "signInDeveloper": {"password": "wrong"},
    }.items():
        with pytest.raises(ClientFailed, match=BAD_SECRET):
            client(action, **given)
