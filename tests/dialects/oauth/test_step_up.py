"""A client asks for a stronger sign-in: `acr_values` and an essential `acr` (OpenID Connect Core
§3.1.2.1, §5.5.1.1; RFC 9470).
"""

import json
import re
from dataclasses import replace

import pytest
from tests.dialects.oauth.browser import JOAN, PagesWorld
from tests.dialects.oauth.request_objects import request_object
from tests.dialects.oauth.test_login_session import tokens
from tests.dialects.oauth.test_pushed_loads import link, load
from tests.dialects.oauth.token_people import ADA, REDIRECT
from tests.dialects.oauth.token_world import claims_of

from reticket.core.commands import OpenFactorSession, SecondFactor
from reticket.verify import Authentication, Rejected

PASSWORD, FACTOR = "urn:reticket:acr:1", "urn:reticket:acr:2"
ESSENTIAL = {"claims": json.dumps({"id_token": {"acr": {"essential": True, "value": FACTOR}}})}
UNKNOWN = {"claims": json.dumps({"id_token": {"acr": {"essential": True, "value": "gold"}}})}
VOLUNTARY = {"acr_values": FACTOR}
ASKED = pytest.mark.parametrize("asked", [ESSENTIAL, VOLUNTARY], ids=["essential", "voluntary"])


class FactorWorld(PagesWorld):
    """Every one-time password is right here."""

    async def _performed(self, command, caller):
        if isinstance(command, OpenFactorSession):
            return command.user.id
        if isinstance(command, SecondFactor):
            user = self.people.user(command.session_id)
            for each in command.keeps(user):
                await super()._performed(each, caller)
            return user
        return await super()._performed(command, caller)


@pytest.fixture
def world():
    made = FactorWorld()
    yield made
    made.close()


@pytest.fixture
def known(browser):
    """A browser whose person has signed in by password and has consented."""
    return browser.signs_in().sends(answer="allow")


@pytest.fixture
def stronger(known, world):
    """The same, and the person has got a second factor since then."""
    world.people.change(second_factor=True)
    return known


def steps_up(browser, email=ADA.email):
    """Sign in by password and one-time password."""
    return browser.sends(email=email, password="right").sends(code="123456")


def classes(browser):
    """`acr` of both tokens."""
    said = tokens(browser)
    return {claims_of(said[name])["acr"] for name in ("id_token", "access_token")}


@ASKED
def test_openid_connect_core_5_5_1_1_a_stronger_class_asks_for_a_sign_in(stronger, asked):
    assert stronger.asks(**asked).headline == "Sign in"
    assert classes(steps_up(stronger)) == {FACTOR}
    assert classes(stronger.asks(**asked)) == {FACTOR}


@ASKED
def test_a_stronger_class_is_asked_for_in_a_pushed_request_as_well(stronger, world, asked):
    assert load(stronger, link(world, **asked)).headline == "Sign in"
    assert classes(steps_up(stronger)) == {FACTOR}


def challenged(token, world):
    """The parameter of the request that a resource server's challenge asks for."""
    with pytest.raises(Rejected) as raised:
        Authentication(FACTOR).check(claims_of(token), world.clock() / 1000)
    return {"acr_values": re.search(r'acr_values="([^"]+)"', raised.value.challenge)[1]}


def test_rfc_9470_5_a_client_that_follows_the_challenge_is_admitted(stronger, world):
    said = challenged(tokens(stronger.asks())["access_token"], world)
    assert stronger.asks(**said).headline == "Sign in"
    token = tokens(steps_up(stronger))["access_token"]
    Authentication(FACTOR).check(claims_of(token), world.clock() / 1000)


def test_a_signed_request_asks_for_a_class_as_well(stronger, world):
    world.people.register("keyed", redirect_uris=[REDIRECT])
    for said, has_left in (({}, True), (VOLUNTARY, False)):
        text = request_object(**said)
        page = stronger.posts("/oauth/authorize", client_id="keyed", request=text)
        page = page.sends(answer="allow") if page.headline.startswith("Allow") else page
        assert page.has_left is has_left


def test_a_person_without_a_second_factor_is_told_so_after_the_sign_in(known):
    assert known.asks(**ESSENTIAL).headline == "Sign in"
    answer = known.sends(email=ADA.email, password="right").answer
    assert answer["error"] == "unmet_authentication_requirements"


def test_a_voluntary_class_that_the_person_cannot_reach_asks_for_nothing(known):
    assert classes(known.asks(**VOLUNTARY)) == {PASSWORD}


def test_prompt_none_is_answered_by_what_is_there_or_by_login_required(stronger):
    assert stronger.asks(prompt="none", **ESSENTIAL).answer["error"] == "login_required"
    assert classes(stronger.asks(prompt="none", **VOLUNTARY)) == {PASSWORD}


@pytest.mark.parametrize(
    ("acr_values", "headline"),
    [
        (PASSWORD, None),
        ("gold", None),
        (f"{PASSWORD} {FACTOR}", None),
        (f"gold {FACTOR}", "Sign in"),
        (f"{FACTOR} {PASSWORD}", "Sign in"),
    ],
)
def test_openid_connect_core_3_1_2_1_the_first_known_class_counts(stronger, acr_values, headline):
    page = stronger.asks(acr_values=acr_values)
    assert (None if page.has_left else page.headline) == headline


def test_an_essential_class_that_nobody_reaches_asks_for_no_sign_in(stronger):
    answer = stronger.asks(**UNKNOWN).answer
    assert answer["error"] == "unmet_authentication_requirements"


@ASKED
def test_an_account_that_signed_in_by_a_weaker_class_is_not_chosen(stronger, world, asked):
    world.people.users[JOAN.id] = replace(JOAN, second_factor=True)
    steps_up(stronger.asks(prompt="login"), JOAN.email).sends(answer="allow")
    stronger.asks(prompt="select_account", **asked)
    assert list(stronger.choices) == [JOAN.email]
    ada = stronger.asks(prompt="select_account").choices[ADA.email]
    assert stronger.asks(prompt="select_account", **asked).sends(account=ada).headline == "Sign in"


def test_the_consent_page_leads_to_no_account_of_a_weaker_class(stronger, world):
    world.people.users[JOAN.id] = replace(JOAN, second_factor=True)
    steps_up(stronger.asks(prompt="login"), JOAN.email)
    steps_up(stronger.asks(prompt="login consent", **ESSENTIAL), JOAN.email)
    assert stronger.sends(answer="switch").headline == "Sign in"


def test_only_the_class_that_counts_is_stored_of_a_pushed_request(world):
    link(world, acr_values=f"junk {'j' * 4000} {FACTOR} {PASSWORD}")
    (kept,) = [said for key, (said, *_) in world.ephemeral._entries.items() if "pushed" in key]
    assert json.loads(kept)["acr_values"] == FACTOR
