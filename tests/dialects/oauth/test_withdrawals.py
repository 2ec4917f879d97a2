"""A code, or a consent to a device, from before its person took the consent back."""

import json

from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.test_account import ended, signed_in, with_an_app
from tests.dialects.oauth.token_people import ADA

from reticket.core.commands import EndSessions, Peek
from reticket.dialects.oauth.grants.device_codes import DEVICE_CODE_LIFETIME

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def code(browser, **changes):
    """An unused code; the consent is remembered."""
    if browser.asks(**changes).headline == "Sign in":
        browser.sends(email=ADA.email, password="right")
    return (browser if browser.has_left else browser.sends(answer="allow")).answer["code"]


def takes_back(browser, app="spa"):
    """In another tab, a moment later."""
    browser.world.clock.forward(1)
    browser.gets("/oauth/account").sends(app=app)
    browser.world.clock.forward(1)


def living(world):
    return [each for each in world.families() if not each.revoked_at and each.client]


def test_owasp_asvs_10_7_3_an_unused_code_ends_with_the_consent(browser, world):
    unused = code(browser)
    takes_back(browser)
    assert world.exchange(unused).error == "invalid_grant"
    assert world.audited()[-1] == ("refused", "revoked")
    assert living(world) == []


def test_each_withdrawal_counts(browser, world):
    code(browser)
    takes_back(browser)
    unused = code(browser)
    takes_back(browser)
    assert world.exchange(unused).error == "invalid_grant"


def test_a_consent_after_the_withdrawal_holds(browser, world):
    code(browser)
    takes_back(browser)
    assert world.exchange(code(browser)).status == 200


def test_codes_of_other_apps_and_of_other_people_go_on(browser, world):
    unused = code(browser)
    theirs = code(Browser(world), scope="openid")
    joan = signed_in(Browser(world), JOAN)
    takes_back(joan)
    takes_back(browser, app="native")
    assert world.exchange(unused).status == world.exchange(theirs).status == 200


def test_a_device_gets_nothing_after_the_withdrawal(browser, world):
    said = json.loads(browser.posts("/oauth/device", client_id="tv").text)
    browser.gets("/oauth/device").sends(user_code=said["user_code"])
    browser.sends(email=ADA.email, password="right").sends(answer="allow")
    takes_back(browser, app="tv")
    reply = world.token("tv", grant_type=DEVICE_GRANT, device_code=said["device_code"])
    assert reply.error == "invalid_grant"
    assert living(world) == []


def test_a_code_that_is_used_during_the_withdrawal_begins_no_session(browser, world):
    unused, asked = code(browser), []

    async def withdraw_meanwhile(command):
        if isinstance(command, Peek) and command.key.startswith("oauth:withdrawn:"):
            asked.append(command)
            if len(asked) == 2:
                world.ephemeral.put_if_absent(command.key, DEVICE_CODE_LIFETIME, str(world.clock()))

    world.before = withdraw_meanwhile
    assert world.exchange(unused).error == "invalid_grant"
    assert living(world) == []


def test_the_mark_is_written_before_the_sessions_end(browser, world):
    with_an_app(browser)
    browser.gets("/oauth/account")

    async def look(command):
        if isinstance(command, EndSessions):
            assert any(key.startswith("oauth:withdrawn:") for key in world.kept())

    world.before = look
    browser.sends(app="spa")
    assert ("oauth.user", "account_page") in ended(world)


def test_everything_ends_with_the_unused_codes_of_replaced_login_sessions(browser, world):
    unused = code(browser)
    world.clock.forward(1)
    browser.signs_in(prompt="login")
    browser.gets("/oauth/account").sends(everything="yes")
    assert world.exchange(unused).error == "invalid_grant"
    assert living(world) == []
