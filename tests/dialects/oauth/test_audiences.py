"""RFC 8707 §2: `resource` in any spelling of a registered address ends in its registered one."""

from urllib.parse import urlencode

import pytest
from tests.dialects.oauth.test_registration import registered
from tests.dialects.oauth.test_requests import FORM
from tests.dialects.oauth.test_token_exchange import ACCESS
from tests.dialects.oauth.test_token_exchange import GRANT as EXCHANGE
from tests.dialects.oauth.token_people import ORDERS, STOCK
from tests.dialects.oauth.token_world import ISSUER, claims_of

from reticket.dialects.oauth.endpoints.authorization_request import requested_resources
from reticket.oauth.audiences import as_registered

MCP = "https://mcp.example.com/mcp"
SPELT = "HTTPS://ORDERS.example.com:443/"
SAME = [
    (MCP, f"{MCP}/"),
    (f"{MCP}/", MCP),
    (MCP, "HTTPS://MCP.Example.COM/mcp"),
    (MCP, "https://mcp.example.com:443/mcp"),
    ("https://mcp.example.com", "https://mcp.example.com/"),
    ("https://mcp.example.com/", "https://mcp.example.com"),
    ("http://127.0.0.1:8000/mcp", "http://127.0.0.1:8000/mcp/"),
]
OTHERS = [
    "https://mcp.example.com/MCP", "https://mcp.example.com/mcp//", "https://mcp.example.com",
    "https://mcp.example.com:8443/mcp", "http://mcp.example.com/mcp", f"{MCP}?a=b", f"{MCP}/x",
    "https://u@mcp.example.com/mcp", "https://mcp.example.com/mc%70", "https://[/mcp",
    "https://mcp.example.com:x/mcp", "mcp", "urn:mcp", "",
]  # fmt: skip


@pytest.mark.parametrize(("registered", "asked"), SAME)
def test_another_spelling_of_the_same_address(registered, asked):
    assert as_registered([asked], [STOCK, registered]) == (registered,)


@pytest.mark.parametrize("asked", OTHERS)
def test_another_address_stays_as_it_is(asked):
    assert as_registered([asked], [MCP, "urn:MCP"]) == (asked,)


def test_the_exact_spelling_comes_first():
    both = [MCP, f"{MCP}/"]
    assert as_registered(reversed(both), both) == (f"{MCP}/", MCP)
    assert as_registered(["https://MCP.example.com/mcp"], both) == (MCP,)


def test_two_spellings_are_one_audience():
    assert as_registered([MCP, f"{MCP}/"], [MCP]) == (MCP,)


def test_an_authorization_request():
    registration = registered(resources=[ORDERS, STOCK])
    assert requested_resources(registration, {"resource": f"{STOCK}/ {SPELT}"}) == (STOCK, ORDERS)


@pytest.mark.parametrize(("size", "error"), [(4095, "invalid_target"), (4096, "invalid_request")])
def test_all_names_of_one_request_are_as_long_as_one_value_at_most(world, size, error):
    """Each is parsed: 64 KiB of names kept the event loop busy for 50 ms, without credentials."""
    names = ("a" * size, "b " * (size // 2) + "b")
    form = [*FORM.items(), *(("resource", each) for each in names)]
    reply = world.post("/authorize", urlencode(form))
    assert f"error={error}&" in reply.headers["location"]


def test_a_code(world):
    code = world.code("backend", resources=(ORDERS, STOCK))
    pair = world.exchange(code, "backend", resource=SPELT).said
    assert claims_of(pair["access_token"])["aud"] == [ORDERS, ISSUER]


def test_a_refresh(world):
    token = world.pair("backend", resources=(ORDERS, STOCK))["refresh_token"]
    said = world.refresh(token, "backend", resource=f"{STOCK}/").said
    assert claims_of(said["access_token"])["aud"] == [STOCK, ISSUER]


def test_client_credentials(world):
    said = world.token("backend", grant_type="client_credentials", resource=SPELT).said
    assert claims_of(said["access_token"])["aud"] == ORDERS


def test_a_token_exchange(world):
    token = world.pair("backend", resources=(ORDERS, STOCK))["access_token"]
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS}
    said = world.token("backend", resource=SPELT, **form).said
    assert claims_of(said["access_token"])["aud"] == [ORDERS, ISSUER]
