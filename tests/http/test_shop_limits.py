"""Wrong passwords and codes that a stranger types into the form of a shop."""

from contextlib import contextmanager

import httpx
import pytest
from tests.http.test_shoppers import (
    NEW,
    PASSWORD,
    fault,
    new_name,
    redeem,
    sign_in,
    sign_in_as,
    sign_up,
)
from tests.http.wire import audit_stream_when, events

from reticket.testing import running_server

SEED = """
tenants: [{id: 5, name: Small}, {id: 6, name: Other}]
applications:
  - {application_id: ns.small, shared_secret: small-secret, tenants: [5, 6]}
  - {application_id: ns.phone, shared_secret: phone-secret, tenants: [5]}
users:
  - {email: mia@example.com, password: mia of the shop, realm: "kibo.shopper:5"}
  - {email: mia@example.com, password: mia of the other shop, realm: "kibo.shopper:6"}
  - {email: mia@example.com, password: mia who keeps the shop, tenants: {5: [1]}}
"""
OF_ADDRESS, OF_APPLICATION = 3, 14
SETTINGS = {
    "RETICKET_SIGN_IN__ADDRESS_FAILURES": str(OF_ADDRESS),
    "RETICKET_SIGN_IN__APPLICATION_FAILURES": str(OF_APPLICATION),
    "RETICKET_HASHING__MEMORY": "8",
    "RETICKET_HASHING__PARALLELISM": "1",
    "RETICKET_HASHING__TIME_COST": "1",
}
ADMINS = "/api/platform/adminuser/authtickets/tenants"


def served(folder, **settings):
    seed = folder / "small.yaml"
    seed.write_text(SEED)
    return running_server(folder, seed=seed, settings=SETTINGS | settings)


@pytest.fixture
def server(tmp_path):
    with served(tmp_path) as running:
        yield running


@contextmanager
def shop_at(server, application="ns.small", secret="small-secret", tenant="5"):
    with httpx.Client(base_url=server.url, headers={"x-vol-tenant": tenant}) as client:
        yield sign_in_as(client, application, secret)


@pytest.fixture
def shop(server):
    with shop_at(server) as client:
        yield client


def mia(shop, password="mia of the shop", **headers):
    shop.headers.update(headers)
    return sign_in(shop, "mia@example.com", password)


def spray(shop, tries):
    """The status of each guess; no two are at the same account."""
    return [sign_in(shop, new_name(), "Summer2026!").status_code for _ in range(tries)]


def reached(server):
    return [line for line in events(server) if line["event"] == "application_limit_reached"]


def test_a_stranger_at_the_form_of_a_shop_locks_nobody_out(shop):
    assert spray(shop, OF_ADDRESS + 3) == [401] * (OF_ADDRESS + 3)
    assert mia(shop).status_code == 200


def test_spraying_through_a_shop_is_limited_and_those_who_signed_in_there_go_on(server, shop):
    name = new_name()
    sign_up(shop, name)
    assert spray(shop, OF_APPLICATION + 2) == [401] * OF_APPLICATION + [429] * 2
    refused = mia(shop)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert sign_in(shop, name, PASSWORD).status_code == 200
    audit_stream_when(server, lambda lines: reached(server))
    (line,) = reached(server)
    assert (line["kind"], line["subject"]) == ("kibo.shopper", "ns.small")
    said = {"realm": "kibo.shopper:5", "failures": OF_APPLICATION, "window": 300}
    assert line["detail"] == said


def test_the_limit_of_an_application_is_of_one_tenant_and_no_other_application(server, shop):
    spray(shop, OF_APPLICATION)
    assert mia(shop).status_code == 429
    with shop_at(server, "ns.phone", "phone-secret") as other:
        assert mia(other).status_code == 200
    with shop_at(server, tenant="6") as other:
        assert mia(other, "mia of the other shop").status_code == 200


def test_callers_without_an_application_are_counted_by_address(server, shop):
    spray(shop, OF_APPLICATION)
    with httpx.Client(base_url=server.url) as client:
        guesses = [
            client.post(ADMINS, json={"emailAddress": f"{new_name()}@example.com", "password": "x"})
            for _ in range(OF_ADDRESS + 1)
        ]
        answers = [answer.status_code for answer in guesses]
    assert answers == [401] * OF_ADDRESS + [429]


def test_guesses_at_one_account_through_a_shop_are_limited(shop):
    name, other = new_name(), new_name()
    sign_up(shop, name), sign_up(shop, other)
    guesses = [sign_in(shop, name, f"guess {number}").status_code for number in range(12)]
    assert guesses == [401] * 10 + [429] * 2
    assert sign_in(shop, other, PASSWORD).status_code == 200


def test_wrong_codes_and_old_passwords_through_a_shop_refuse_no_other_shopper(shop):
    for _ in range(OF_ADDRESS + 3):
        assert fault(redeem(shop, new_name(), "guess"))[0] == "confirmationCode"
    account = sign_up(shop, new_name()).json()["customerAccount"]["id"]
    path = f"/api/commerce/customer/accounts/{account}/Change-Password"
    for _ in range(OF_ADDRESS + 3):
        wrong = shop.post(path, json={"oldPassword": "a guess", "newPassword": NEW})
        assert fault(wrong)[0] == "oldPassword"
    assert mia(shop).status_code == 200


def test_visitors_whose_addresses_a_shop_tells_are_counted_by_address(tmp_path):
    told = {
        "RETICKET_TRUSTED_PROXIES": "127.0.0.1",
        "RETICKET_DIALECTS__KIBO__SHOPPER_ADDRESS": "visitor",
    }
    with served(tmp_path, **told) as server, shop_at(server) as shop:
        shop.headers["x-forwarded-for"] = "203.0.113.7"
        assert spray(shop, OF_ADDRESS + 1) == [401] * OF_ADDRESS + [429]
        assert mia(shop).status_code == 429
        assert mia(shop, **{"x-forwarded-for": "198.51.100.9"}).status_code == 200
