"""mozu-node-sdk: applications, developers, admin users and shoppers."""

import pytest
from tests.vendors.programs import ClientFailed
from tests.vendors.services import BAD_SECRET, DEAD_TOKEN, session

from reticket.testing.waiting import until


@pytest.fixture
def client(on_node):
    with on_node("mozu_node_sdk") as client:
        yield client


def test_an_application_and_a_person_sign_in_by_themselves_and_refresh(client):
    first = client("tenant", scope="ADMINUSER")
    assert first["tenant"]["name"] == "Acme US"

    def both_are_new():
        now.update(client.attempt("tenant", scope="ADMINUSER") or first)
        return all(now[each] != first[each] for each in ("application", "person"))

    now = {}
    until(both_are_new, "new tokens")
    for each in ("application", "person"):
        assert session(now[each]) == session(first[each])


def test_a_developer_signs_in_and_refreshes(client):
    first = client("developer")
    until(lambda: client("developer") != first, "a new token")
    assert session(client("developer")) == session(first)


def test_an_application_refreshes_and_signs_out(client):
    ticket = client("application")
    refreshed = client("refreshApplication", refreshToken=ticket["refreshToken"])
    assert session(refreshed["accessToken"]) == session(ticket["accessToken"])
    client("signOutApplication", refreshToken=refreshed["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refreshApplication", refreshToken=refreshed["refreshToken"])


def test_a_person_switches_the_tenant_and_signs_out(client):
    ticket = client("person")
    other = client("refreshPerson", ticket=ticket, tenantId=1001)
    assert (ticket["tenant"]["id"], other["tenant"]["id"]) == (1000, 1001)
    client("signOutPerson", refreshToken=other["refreshToken"])
    with pytest.raises(ClientFailed, match=DEAD_TOKEN):
        client("refreshPerson", ticket=other, tenantId=1001)


def test_a_shopper_who_has_not_signed_in_refreshes(client):
    client("tenant", scope="APP_ONLY")
    ticket = client("shopper")
    assert (
        client("refreshShopper", refreshToken=ticket["refreshToken"])["userId"] == ticket["userId"]
    )


@pytest.mark.parametrize("action", ["signInWrongly", "signInPersonWrongly"])
def test_a_wrong_secret_or_password_is_told(client, action):
    with pytest.raises(ClientFailed, match=BAD_SECRET):
        client(action)
