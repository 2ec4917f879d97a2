"""Which groups may use a client: on the pages, at every endpoint, and after a change of groups."""

import json

import pytest
from tests.dialects.oauth.browser import JOAN
from tests.dialects.oauth.token_people import ADA
from tests.dialects.oauth.token_world import ISSUER, PRESETS, claims_of

from reticket.core.errors import Cause, Refusal
from reticket.dialects.oauth.grants.device_codes import POLL_INTERVAL
from reticket.oauth.direct_session import SessionOptions, start_session
from reticket.oauth.provider import Provider
from reticket.oauth.registration import DEVICE_CODE, TOKEN_EXCHANGE

DENIED = "You may not use spa"
TYPE = "urn:ietf:params:oauth:token-type:"
ALLOW = "Allow spa to access your account?"


@pytest.fixture
def world(world):
    for client in ("spa", "backend", "tv"):
        world.people.register(client, groups_allowed=["admins", "staff"])
    world.people.change(groups=("staff",))
    return world


def leave(world):
    world.people.change(groups=("friends",))


def come_back(world):
    world.people.change(groups=("admins", "friends"))


def asks_for_codes(browser):
    """What a device gets; a person types the code that it shows."""
    codes = json.loads(browser.posts("/oauth/device", client_id="tv").text)
    browser.posts("/oauth/device/code", user_code=codes["user_code"])
    return codes


def poll(world, code):
    return world.token("tv", grant_type=DEVICE_CODE, device_code=code)


def swapped(world, pair, kind):
    said = {"subject_token": pair[kind], "subject_token_type": TYPE + kind}
    return world.token("backend", grant_type=TOKEN_EXCHANGE, **said)


def is_refused(world, reply, error="invalid_grant"):
    assert (reply.status, reply.error) == (400, error)
    assert world.audited()[-1] == ("refused", Cause.GROUP_REQUIRED)
    return True


def test_a_person_in_a_group_gets_tokens(world):
    pair = world.pair("backend")
    assert world.refresh(pair["refresh_token"], "backend").status == 200
    assert world.who(pair["access_token"]).status == 200


def test_a_code_of_a_person_who_left_the_group_is_refused_and_not_used_up(world):
    code = world.code()
    leave(world)
    before = world.spendable()
    assert is_refused(world, world.exchange(code))
    assert world.spendable() == before
    come_back(world)
    assert world.exchange(code).status == 200


def test_a_devices_consent_of_a_person_who_left_the_group_is_refused_and_not_used_up(
    world, browser
):
    code = asks_for_codes(browser)["device_code"]
    browser.sends(email=ADA.email, password="right").sends(answer="allow")
    leave(world)
    assert is_refused(world, poll(world, code))
    come_back(world)
    world.clock.forward(POLL_INTERVAL)
    assert poll(world, code).status == 200


def test_a_refresh_of_a_person_who_left_the_group_is_refused_and_the_session_goes_on(world):
    token = world.pair("backend")["refresh_token"]
    leave(world)
    before = world.spendable()
    reply = world.refresh(token, "backend")
    assert is_refused(world, reply)
    assert reply.body == world.refresh("x", "backend").body
    assert world.spendable() == before
    come_back(world)
    assert world.refresh(token, "backend").status == 200


def test_rfc8693_2_2_2_the_token_of_a_person_who_left_the_group_cannot_be_exchanged(world):
    pair = world.pair("backend")
    kinds = ("access_token", "refresh_token")
    assert all(swapped(world, pair, kind).status == 200 for kind in kinds)
    leave(world)
    before = world.spendable()
    for kind in kinds:
        assert is_refused(world, swapped(world, pair, kind), "invalid_request")
    assert world.spendable() == before


def test_a_token_of_a_person_who_left_the_group_is_inactive(world):
    pair = world.pair("backend")
    tokens = pair["access_token"], pair["refresh_token"]
    assert all(world.look(token).said["active"] for token in tokens)
    leave(world)
    for token in tokens:
        assert world.is_inactive(token)
        assert world.causes()[-1] == Cause.GROUP_REQUIRED
    assert (reply := world.who(pair["access_token"])).error == "invalid_token"
    assert reply.status == 401
    come_back(world)
    assert all(world.look(token).said["active"] for token in tokens)


def test_a_resource_server_is_told_by_the_groups_of_the_tokens_client(world):
    world.people.register("spa", resources=["other"])
    token = world.pair("spa", resources=("other",))["access_token"]
    assert world.look(token, "other").said["active"]
    leave(world)
    assert not world.look(token, "other").said["active"]


def test_a_token_that_a_client_got_for_itself_needs_no_group(world):
    assert world.look(world.alone("backend")).said["active"]


def test_a_client_that_gets_groups_later_refuses_the_sessions_of_others(world):
    token = world.pair("other")["refresh_token"]
    world.people.register("other", groups_allowed=["admins"])
    assert is_refused(world, world.refresh(token, "other"))


def test_a_person_may_sign_out_without_the_group(world):
    token = world.pair("spa")["refresh_token"]
    leave(world)
    assert world.post("/revoke", f"client_id=spa&token={token}").status == 200
    come_back(world)
    assert world.refresh(token).error == "invalid_grant"


def test_an_operator_cannot_start_a_session_for_a_person_without_the_group(world):
    options = SessionOptions(world.clock() // 1000)
    found = (
        Provider(ISSUER, PRESETS),
        world.people.client("spa"),
        ADA,
        options,
        world.clock() // 1000,
    )
    with pytest.raises(Refusal) as refused:
        world.carry_out(start_session(*found))
    assert (refused.value.parameter, refused.value.cause) == ("user", Cause.GROUP_REQUIRED)


def test_a_person_in_none_of_the_groups_sees_a_page_with_two_ways_out(world, browser):
    browser.signs_in(JOAN)
    assert (browser.page.status, browser.headline) == (403, DENIED)
    assert world.audited()[-1] == ("refused", Cause.GROUP_REQUIRED)
    assert world.audit.events[-1].subject == JOAN.id
    assert world.audit.events[-1].detail == {"client": "spa"}
    assert browser.sends(answer="switch").headline == "Sign in"
    assert browser.sends(email=ADA.email, password="right").headline == ALLOW
    code = browser.sends(answer="allow").answer["code"]
    assert claims_of(world.exchange(code).said["access_token"])["sub"] == ADA.id


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_the_way_back_tells_the_client_that_access_was_denied(browser, mode):
    browser.signs_in(JOAN, response_mode=mode).sends(answer="deny")
    if mode == "query":
        assert browser.answer["error"] == "access_denied"
        assert browser.answer["state"] == "a state"
    else:
        assert 'value="access_denied"' in browser.text


def test_a_person_who_is_signed_in_already_sees_the_page_as_well(browser, world):
    browser.signs_in().sends(answer="allow")
    leave(world)
    assert browser.asks().headline == DENIED
    come_back(world)
    assert browser.asks().answer["code"]


def test_a_person_who_leaves_the_group_while_the_consent_page_is_open_is_refused(browser, world):
    browser.signs_in()
    leave(world)
    assert browser.sends(answer="allow").headline == DENIED
    assert not world.consents.kept
    assert browser.sends(answer="allow").page.status == 403


def test_a_first_party_client_is_for_its_groups_only(browser, world):
    world.people.register("spa", first_party=True)
    assert browser.signs_in(JOAN).headline == DENIED


def test_openid_connect_core_3_1_2_1_with_prompt_none_the_client_is_told(browser, world):
    browser.signs_in().sends(answer="allow")
    leave(world)
    assert browser.asks(prompt="none").answer["error"] == "access_denied"
    assert world.audited()[-1] == ("refused", Cause.GROUP_REQUIRED)


def test_the_page_of_the_own_account_needs_no_group(browser, world):
    browser.signs_in(JOAN)
    assert browser.gets("/oauth/account").headline == "Your account"


def test_a_device_is_not_connected_by_a_person_without_the_group(browser, world):
    codes = asks_for_codes(browser)
    browser.sends(email=JOAN.email, password="right")
    assert (browser.page.status, browser.headline) == (403, "You may not use tv")
    assert poll(world, codes["device_code"]).error == "authorization_pending"
    assert browser.sends(answer="deny").headline == "Your device is not connected"
    world.clock.forward(POLL_INTERVAL)
    assert poll(world, codes["device_code"]).error == "access_denied"
