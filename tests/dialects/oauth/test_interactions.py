"""The number of interactions that one address may begin."""

from collections import Counter

import pytest
from msgspec.structs import replace
from tests.dialects.oauth.hall import ISSUER, Harness, request

from reticket.core.commands import Audit, Increment, Peek, PutIfAbsent
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.people import Client
from reticket.core.ports import Counted
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.endpoints.code_issuing import AuthorizationCodeHandler
from reticket.dialects.oauth.endpoints.device import DeviceEndpoint
from reticket.dialects.oauth.endpoints.register import RegistrationEndpoint
from reticket.dialects.oauth.errors import OAuthError
from reticket.dialects.oauth.inputs import FORM
from reticket.dialects.oauth.pages.consents import expect_client
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.html import PageError, error_page
from reticket.dialects.oauth.pages.interaction import (
    MAX_INTERACTIONS,
    Interaction,
    Person,
    browser_cookie,
    cookie_header,
)
from reticket.oauth.provider import USER


def test_one_address_cannot_fill_the_store():
    sums = Counter()

    def tally(said):
        sums[said.key] += said.add
        return Counted(sums[said.key], 17_001)

    harness = Harness(Increment=tally, RandomBytes=lambda said: bytes(said.size))
    flow = Flow(harness.provider, AuthorizationCodeHandler(harness.provider))
    order = AuthorizationRequest("web", "https://app.example.com/", "openid", "c" * 43).to_json()

    def begun():
        return harness.run(
            flow.begin(request("GET"), Interaction("web", "Web", "openid", order))
        ).status

    assert {begun() for _ in range(MAX_INTERACTIONS)} == {200}
    kept = len(harness.did(PutIfAbsent))
    with pytest.raises(Refusal) as raised:
        begun()
    assert (raised.value.code, raised.value.cause) == (Code.TOO_MANY_ATTEMPTS, Cause.LIMITED)
    assert raised.value.retry_after == 18
    assert harness.performed[-1] == Audit(USER, "refused", Cause.LIMITED)
    assert error_page(raised.value).status == 429
    assert len(harness.did(PutIfAbsent)) == kept


def test_a_user_code_is_counted_before_it_is_checked():
    """Parallel guesses must not exceed the limit."""
    harness = Harness(Increment=lambda said: Counted(1, 0))
    harness.run(
        DeviceEndpoint(harness.provider)._accept_user_code(
            request(body="user_code=BBBB-BBBB", content_type=FORM)
        )
    )
    assert [type(each) for each in harness.performed] == [Increment, Peek, Audit]


def test_an_impossible_client_id_is_not_looked_up():
    asked = []
    harness = Harness(FindClient=asked.append)
    with pytest.raises(PageError) as raised:
        harness.run(expect_client("a\0b"))
    assert raised.value.cause is Cause.UNKNOWN_SUBJECT
    assert asked == []


def test_a_registration_of_an_impossible_client_id_is_not_looked_up():
    asked = []
    harness = Harness(FindClient=asked.append)
    path = replace(request("GET", authorization="Bearer x"), parameters={"id": "a\0b"})
    with pytest.raises(OAuthError) as raised:
        harness.run(RegistrationEndpoint(harness.provider).show(path))
    assert raised.value.failure.error_code == "invalid_token"
    assert asked == []


@pytest.mark.parametrize(
    ("client", "cause"),
    [(None, Cause.UNKNOWN_SUBJECT), (Client("web", True, True, {}, 0), Cause.DISABLED)],
)
def test_a_client_disabled_or_deleted_during_the_interaction_gets_no_code(client, cause):
    harness = Harness(FindClient=lambda said: client, RandomBytes=lambda said: bytes(said.size))
    order = AuthorizationRequest("web", "https://app.example.com/", "openid", "c" * 43).to_json()
    person = Person("a" * 32, 1, "ada@example.com", 0, ("pwd",))
    with pytest.raises(PageError) as raised:
        harness.run(
            AuthorizationCodeHandler(harness.provider).allow(
                "ticket", Interaction("web", "Web", "openid", order), person
            )
        )
    assert raised.value.cause is cause
    assert harness.did(PutIfAbsent) == []


@pytest.mark.parametrize(
    ("issuer", "name"),
    [(ISSUER, "__Host-reticket_visit"), ("http://127.0.0.1:8000", "reticket_visit")],
)
def test_over_tls_the_cookie_has_the_host_prefix(issuer, name):
    harness, ours, other = Harness(issuer), "A" * 43, "B" * 42 + "A"
    assert cookie_header(ours, harness.provider)[1].decode().startswith(f"{name}={ours}; ")
    wrong = {"reticket_visit", "__Host-reticket_visit"} - {name}
    sent = "; ".join([*(f"{each}={other}" for each in wrong), f"{name}={ours}"])
    assert harness.run(browser_cookie(request("GET", cookie=sent), harness.provider)) == ours
