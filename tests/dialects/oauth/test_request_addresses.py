"""Request objects at an address (RFC 9101 §5.2): what a stranger can make us fetch."""

import pytest
from tests.dialects.oauth.request_objects import (
    ADDRESS,
    CLIENT,
    OPENID,
    at_address,
    begun,
    pushed,
    request_object,
)
from tests.dialects.oauth.test_jwks_uri import key_set
from tests.dialects.oauth.token_people import JWKS_URI, KEY, OTHER_KEY, REDIRECT

from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.core.tokens.faces import LONGEST_JWT

HASH = "#2jmj7l5rSw0yVb-vlWAYkK_YBwk"


@pytest.fixture
def asks(browser):
    """Sends a request of the client that names an address."""
    world = browser.world
    world.people.register(CLIENT, redirect_uris=[REDIRECT], request_uris=[ADDRESS])
    world.elsewhere[ADDRESS] = at_address(request_object())

    def ask(address=ADDRESS, /, **beside):
        return browser.posts("/oauth/authorize", client_id=CLIENT, request_uri=address, **beside)

    return ask


def is_refused(browser, error="invalid_request_uri"):
    return browser.answer["error"] == error


def test_rfc9101_5_2_the_object_at_a_registered_address_is_fetched(world, asks):
    assert asks(**OPENID, nonce="outside").headline == "Sign in"
    assert (begun(world)["state"], begun(world)["nonce"]) == ("a state", "outside")
    (request,) = world.fetched
    assert (request.url, request.body) == (ADDRESS, None)
    assert request.accept == ("application/oauth-authz-req+jwt", "application/jwt")


def test_an_object_that_is_fetched_is_checked_like_any(world, asks):
    world.elsewhere[ADDRESS] = at_address(request_object(OTHER_KEY))
    assert is_refused(asks(), "invalid_request_object")


def test_the_text_may_end_with_a_line_break(world, asks):
    world.elsewhere[ADDRESS] = at_address(request_object() + "\r\n")
    assert asks().headline == "Sign in"


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example.com/other.jwt", f"{ADDRESS}/", f"{ADDRESS}?", f"{ADDRESS}?a=b",
        ADDRESS.upper(), "https://app.example.com:443/request.jwt",
        "https://app.example.com/./request.jwt", "http://app.example.com/request.jwt",
        "https://evil.example/request.jwt", "https://169.254.169.254/latest", "file:///etc/passwd",
        "urn:ietf:params:oauth:request_ur", "x", "#",
    ],
)  # fmt: skip
def test_an_address_that_is_not_registered_is_not_fetched(world, asks, address):
    assert is_refused(asks(address))
    assert world.fetched == []


def test_an_address_of_another_client_is_not_fetched(world, asks, browser):
    world.people.register("spa", jwks={"keys": [KEY.as_dict(private=False)]})
    assert is_refused(browser.asks(request_uri=ADDRESS))
    assert world.fetched == []


def test_a_client_that_must_push_has_nothing_fetched(world, asks):
    world.people.register(CLIENT, par_required=True)
    assert is_refused(asks(), "invalid_request")
    assert world.fetched == []


def test_rfc9126_2_1_an_address_is_not_pushed(world, asks):
    assert pushed(world, request_uri=ADDRESS).error == "invalid_request"
    assert world.fetched == []


@pytest.mark.parametrize("registered", [ADDRESS, ADDRESS + HASH, f"{ADDRESS}#x"])
def test_oidc_registration_2_the_fragment_is_of_no_account_for_the_registration(
    world, asks, registered
):
    world.people.register(CLIENT, request_uris=[registered])
    for address in (ADDRESS, ADDRESS + HASH):
        assert asks(address).headline == "Sign in"
    assert {request.url for request in world.fetched} == {ADDRESS}


def test_oidc_registration_2_another_fragment_has_the_object_fetched_again(world, asks):
    for address in (ADDRESS + HASH, ADDRESS + HASH, f"{ADDRESS}#new", f"{ADDRESS}#new"):
        world.elsewhere[ADDRESS] = at_address(request_object(state=address.partition("#")[2]))
        assert asks(address).headline == "Sign in"
        assert f"#{begun(world)['state']}" == "#" + address.partition("#")[2]
    assert len(world.fetched) == 2


def test_a_copy_is_used_as_its_headers_say(world, asks):
    assert [asks().headline for _ in range(2)] == ["Sign in"] * 2
    assert len(world.fetched) == 1
    world.clock.forward(3600)
    world.elsewhere[ADDRESS] = at_address(request_object(state="new"), lifetime=0)
    for fetched in (2, 3):
        asks()
        assert (begun(world)["state"], len(world.fetched)) == ("new", fetched)


@pytest.mark.parametrize("fault", FetchFault)
def test_without_the_object_the_address_is_invalid_and_the_log_says_why(world, asks, fault):
    world.elsewhere[ADDRESS] = Unfetched(fault)
    assert is_refused(asks())
    assert world.audited() == [("fetch_failed", None), ("refused", "invalid_request_uri")]
    assert world.audit.events[0].detail == {"client": CLIENT, "fault": fault.value}


def test_a_failure_is_not_remembered_and_hides_no_older_version(world, asks):
    world.elsewhere[ADDRESS] = Unfetched(FetchFault.TIMED_OUT)
    assert is_refused(asks())
    world.elsewhere[ADDRESS] = at_address(request_object())
    assert asks().headline == "Sign in"
    world.elsewhere[ADDRESS] = Unfetched(FetchFault.TIMED_OUT)
    assert is_refused(asks(ADDRESS + HASH))
    world.clock.forward(3600)
    assert is_refused(asks())


def test_names_of_a_private_network_are_told_to_nobody(world, asks):
    told = set()
    for fault in (FetchFault.NO_ADDRESS, FetchFault.REFUSED_ADDRESS):
        world.elsewhere[ADDRESS] = Unfetched(fault)
        told.add(asks().answer["error_description"])
    assert told == {"The request object cannot be had: its host has no public address."}


@pytest.mark.parametrize("body", ["", "no JWT", "é.é.é", "a.b.c", "x" * (LONGEST_JWT + 1)])
def test_what_is_no_object_is_refused(world, asks, body):
    world.elsewhere[ADDRESS] = at_address(body)
    assert is_refused(asks(), "invalid_request_object")


def test_a_long_answer_takes_no_room(world, asks):
    world.elsewhere[ADDRESS] = at_address("x" * 60_000)
    assert [is_refused(asks(), "invalid_request_object") for _ in range(2)] == [True] * 2
    assert len(world.fetched) == 2


def test_the_keys_of_the_client_may_be_at_an_address_too(world, browser):
    far = {"redirect_uris": [REDIRECT], "request_uris": [ADDRESS]}
    world.people.register("far", **far)
    world.elsewhere[JWKS_URI] = key_set(k1=KEY)
    world.elsewhere[ADDRESS] = at_address(request_object(client_id="far", iss="far"))
    browser.posts("/oauth/authorize", client_id="far", request_uri=ADDRESS)
    assert browser.headline == "Sign in"
    assert [request.url for request in world.fetched] == [ADDRESS, JWKS_URI]


def test_without_the_keys_the_object_is_invalid(world, browser):
    world.people.register("far", redirect_uris=[REDIRECT])
    text = request_object(client_id="far", iss="far")
    browser.posts("/oauth/authorize", client_id="far", request=text)
    assert is_refused(browser, "invalid_request_object")
    assert world.audited()[-1] == ("refused", "no_keys")


def test_rfc9700_4_11_2_an_error_of_a_self_registered_client_is_a_page(world, asks):
    world.people.register(CLIENT, registered_by="self")
    world.elsewhere[ADDRESS] = Unfetched(FetchFault.TIMED_OUT)
    page = asks(redirect_uri=REDIRECT)
    assert (page.page.status, page.location) == (400, None)
    assert "invalid_request_uri" in page.text


@pytest.mark.parametrize("repeated", [(ADDRESS, ADDRESS), (ADDRESS, "x")])
def test_a_repeated_address_is_refused(world, asks, repeated):
    body = "&".join(f"request_uri={each}" for each in repeated) + f"&client_id={CLIENT}"
    assert world.post("/authorize", body).status == 400
    assert world.fetched == []
