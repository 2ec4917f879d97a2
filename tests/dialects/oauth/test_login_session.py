"""A browser stays signed in at the provider: whom it is asked about again, and until when."""

import re
from dataclasses import replace

import pytest
from tests.dialects.oauth.browser import JOAN, Browser, PagesWorld
from tests.dialects.oauth.hall import Harness, request
from tests.dialects.oauth.token_people import ADA
from tests.dialects.oauth.token_world import claims_of

from reticket.core.commands import Refresh
from reticket.core.errors import SettingError, Unavailable
from reticket.core.model import Selection
from reticket.dialects.oauth.pages.login_session import MAX_ACCOUNTS, signed_in_accounts
from reticket.oauth.login import LOGIN
from reticket.oauth.provider import LOGIN_ABSOLUTE, LOGIN_IDLE
from reticket.oauth.standard_claims import Person as Claims
from reticket.oauth.terms import terms_of
from reticket.runtime.policies import policies_for
from reticket.settings import Settings

COOKIE = "__Host-reticket_login"
ALLOW = "Allow spa to access your account?"


def tokens(browser):
    """The tokens that the client gets, after a consent where the page asks for one."""
    page = browser if "<form" not in browser.text else browser.sends(answer="allow")
    return browser.world.exchange(page.answer["code"]).said


def test_a_browser_is_asked_for_a_password_once(browser):
    assert browser.signs_in().headline == ALLOW
    assert browser.asks().headline == ALLOW
    assert "ada@example.com" in browser.text
    assert browser.sends(answer="allow").answer["code"]


def test_another_browser_is_asked(browser, world):
    browser.signs_in()
    assert Browser(world).asks().headline == "Sign in"


def test_the_cookie_is_for_this_host_alone(browser):
    browser.signs_in()
    (header,) = [
        value.decode()
        for name, value in browser.page.headers
        if name == b"set-cookie" and value.startswith(COOKIE.encode())
    ]
    _, *attributes = header.split("; ")
    assert attributes == [
        "Path=/", f"Max-Age={LOGIN_ABSOLUTE}", "HttpOnly", "SameSite=Lax", "Secure",
    ]  # fmt: skip


def test_the_cookie_is_stored_nowhere(browser, world):
    browser.signs_in()
    token = browser.cookies[COOKIE]
    assert token not in repr(world.store.__dict__) + repr(world.ephemeral.__dict__)


def test_openid_connect_core_2_auth_time_is_that_of_the_sign_in(browser, world):
    first = claims_of(tokens(browser.signs_in())["id_token"])
    world.clock.forward(100)
    second = claims_of(tokens(browser.asks())["id_token"])
    assert second["auth_time"] == first["auth_time"]
    assert second["iat"] == first["iat"] + 100
    assert second["amr"] == first["amr"] == ["pwd"]


def test_a_session_remembers_its_login_session(browser, world):
    tokens(browser.signs_in())
    (login,) = world.logins()
    (session,) = [each for each in world.families() if each.resource == "oauth.user"]
    assert terms_of(session.terms).login == login.id.hex()


def test_openid_connect_core_3_1_2_1_max_age_asks_again_when_it_is_over(browser, world):
    browser.signs_in()
    world.clock.forward(60)
    assert browser.asks(max_age="60").headline == ALLOW
    assert browser.asks(max_age="59").headline == "Sign in"
    assert browser.asks(max_age="0").headline == "Sign in"


@pytest.mark.parametrize("prompt", ["login", "login consent", "login select_account"])
def test_openid_connect_core_3_1_2_1_prompt_login_asks_for_the_password(browser, world, prompt):
    first = claims_of(tokens(browser.signs_in())["id_token"])
    world.clock.forward(5)
    assert browser.asks(prompt=prompt).headline == "Sign in"
    browser.sends(email=ADA.email, password="right")
    assert claims_of(tokens(browser)["id_token"])["auth_time"] == first["auth_time"] + 5


def test_openid_connect_core_3_1_2_1_prompt_none_never_shows_a_page(browser):
    assert browser.asks(prompt="none").answer["error"] == "login_required"
    browser.signs_in()
    assert browser.asks(prompt="none").answer["error"] == "consent_required"
    assert browser.asks(prompt="none", max_age="0").answer["error"] == "login_required"


def test_prompt_none_shows_no_page_when_the_login_session_ends_meanwhile(browser, world):
    browser.signs_in().sends(answer="allow")

    async def end(command):
        if isinstance(command, Refresh):
            world.store.revoke(Selection(resource=LOGIN), "operator")

    world.before = end
    assert browser.asks(prompt="none").answer["error"] == "login_required"


def test_openid_connect_core_3_1_2_1_prompt_none_chooses_no_account(browser):
    browser.signs_in()
    browser.signs_in(JOAN, prompt="login")
    assert browser.asks(prompt="none").answer["error"] == "account_selection_required"
    hinted = browser.asks(prompt="none", login_hint=JOAN.email)
    assert hinted.answer["error"] == "consent_required"


def test_openid_connect_core_3_1_2_1_id_token_hint_names_the_account(browser):
    hint = tokens(browser.signs_in())["id_token"]
    browser.signs_in(JOAN, prompt="login")
    for prompt in (None, "none"):
        said = tokens(browser.asks(id_token_hint=hint, prompt=prompt))
        assert claims_of(said["id_token"])["sub"] == ADA.id


def test_id_token_hint_of_somebody_who_is_not_signed_in_asks_for_a_sign_in(browser, world):
    hint = tokens(browser.signs_in())["id_token"]
    other = Browser(world).signs_in(JOAN)
    assert other.asks(id_token_hint=hint, prompt="none").answer["error"] == "login_required"
    assert other.asks(id_token_hint=hint).headline == "Sign in"


def test_login_hint_of_somebody_else_asks_for_a_sign_in(browser):
    browser.signs_in()
    assert browser.asks(login_hint="ADA@example.com").headline == ALLOW
    assert browser.asks(login_hint=JOAN.email).headline == "Sign in"


ZOE = replace(
    ADA, email="zo\u00eb@b\u00fccher.example", parts=(("oauth", Claims(preferred_username="zoe")),)
)


@pytest.mark.parametrize(
    "hint",
    [
        ZOE.email,
        "ZOE\u0308@B\u00dcCHER.EXAMPLE",
        "zo\u00eb@xn--bcher-kva.example",
        "zoe",
    ],
    ids=["as stored", "decomposed", "a-label", "preferred_username"],
)
def test_login_hint_is_compared_as_a_name_is_at_the_sign_in(browser, world, hint):
    world.people.users[ADA.id] = ZOE
    browser.signs_in(ZOE).sends(answer="allow")
    assert browser.asks(login_hint=hint, prompt="none").answer["code"]


@pytest.mark.parametrize(
    "hint", [JOAN.email, "zo", "nobody@b\u00fccher.example", "zoe@example.com"]
)
def test_login_hint_of_another_name_means_nobody_who_is_signed_in(browser, world, hint):
    world.people.users[ADA.id] = ZOE
    browser.signs_in(ZOE).sends(answer="allow")
    answer = browser.asks(login_hint=hint, prompt="none").answer
    assert answer["error"] == "login_required"


def test_openid_connect_core_3_1_2_1_select_account_shows_the_accounts(browser):
    browser.signs_in()
    assert browser.asks(prompt="select_account").headline == "Choose an account"
    assert browser.sends(account=browser.choices[ADA.email]).headline == ALLOW


def test_of_several_accounts_one_is_chosen_and_comes_first(browser):
    browser.signs_in()
    browser.signs_in(JOAN, prompt="login")
    assert browser.asks().headline == "Choose an account"
    assert list(browser.choices) == [JOAN.email, ADA.email]
    assert browser.sends(account=browser.choices[ADA.email]).headline == ALLOW
    assert "ada@example.com" in browser.text
    assert list(browser.asks().choices) == [ADA.email, JOAN.email]


def test_another_account_may_sign_in_instead(browser):
    browser.signs_in()
    browser.asks(prompt="select_account").sends(account="other")
    assert browser.headline == "Sign in"
    assert browser.sends(email=JOAN.email, password="right").headline == ALLOW
    assert set(browser.asks().choices) == {ADA.email, JOAN.email}


def test_the_consent_page_leads_to_the_other_accounts(browser):
    browser.signs_in()
    assert browser.asks().sends(answer="switch").headline == "Sign in"
    browser.signs_in(JOAN, prompt="login").asks()
    browser.sends(account=browser.choices[JOAN.email]).sends(answer="switch")
    assert list(browser.choices) == [ADA.email]


def test_an_account_of_another_browser_cannot_be_chosen(browser, world):
    Browser(world).signs_in(JOAN)
    browser.signs_in().asks(prompt="select_account")
    (joans,) = [each.id.hex() for each in world.logins() if each.subject == JOAN.id]
    assert browser.sends(account=joans).headline == "Sign in"
    assert "not signed in here any more" in browser.text


def test_an_account_that_has_ended_meanwhile_is_asked_for_its_password(browser, world):
    browser.signs_in().asks(prompt="select_account")
    world.store.revoke(Selection(resource=LOGIN), "operator")
    assert browser.sends(account=browser.choices[ADA.email]).headline == "Sign in"


def test_a_chosen_account_is_asked_for_a_newer_sign_in_when_max_age_is_over(browser, world):
    browser.signs_in().asks(prompt="select_account", max_age="10")
    world.clock.forward(11)
    assert browser.sends(account=browser.choices[ADA.email]).headline == "Sign in"
    assert 'value="ada@example.com"' in browser.text


def test_owasp_asvs_7_2_4_a_sign_in_ends_the_login_session_that_it_replaces(browser, world):
    browser.signs_in()
    before = browser.cookies[COOKIE]
    browser.signs_in(prompt="login")
    assert {each.revoked_cause for each in world.logins()} == {"replaced", None}
    assert before not in browser.cookies[COOKIE]


def test_a_browser_has_five_accounts_at_most(browser, world):
    for number in range(MAX_ACCOUNTS + 1):
        person = replace(ADA, id=f"{number:032x}", email=f"person-{number}@example.com")
        world.people.users[person.id] = person
        browser.signs_in(person, prompt="login")
    assert len(browser.cookies[COOKIE].split(".")) == MAX_ACCOUNTS
    ended = [(each.subject, each.revoked_cause) for each in world.logins() if each.revoked_at]
    assert ended == [("0" * 32, "too_many_accounts")]


def test_an_account_for_which_there_is_no_room_is_signed_out_of_its_apps(browser, world):
    said = tokens(browser.signs_in())
    for number in range(MAX_ACCOUNTS):
        person = replace(ADA, id=f"{number:032x}", email=f"person-{number}@example.com")
        world.people.users[person.id] = person
        browser.signs_in(person, prompt="login")
    assert world.refresh(said["refresh_token"]).error == "invalid_grant"
    (session,) = [each for each in world.families() if each.resource == "oauth.user"]
    assert session.revoked_cause == "too_many_accounts"
    assert ("revoked", "too_many_accounts") in world.audited()


def test_a_login_session_ends_when_it_is_not_used(browser, world):
    browser.signs_in()
    world.clock.forward(LOGIN_IDLE - 1)
    assert browser.asks().headline == ALLOW
    world.clock.forward(LOGIN_IDLE - 1)
    assert browser.asks().headline == ALLOW
    world.clock.forward(LOGIN_IDLE)
    assert browser.asks().headline == "Sign in"


def test_a_login_session_ends_however_often_it_is_used(browser, world):
    browser.signs_in()
    for _ in range(LOGIN_ABSOLUTE // (LOGIN_IDLE - 1)):
        assert browser.asks().headline == ALLOW
        world.clock.forward(LOGIN_IDLE - 1)
    world.clock.forward(LOGIN_ABSOLUTE % (LOGIN_IDLE - 1))
    assert browser.asks().headline == "Sign in"


def test_the_idle_end_and_the_absolute_end_are_settings():
    world = PagesWorld(login_idle=100, login_absolute=250)
    browser = Browser(world).signs_in()
    (cookie,) = [said for _, said in browser.page.headers if said.startswith(COOKIE.encode())]
    assert b"Max-Age=250;" in cookie
    for seconds, headline in ((99, ALLOW), (99, ALLOW), (52, "Sign in")):
        world.clock.forward(seconds)
        assert browser.asks().headline == headline
    browser.signs_in(prompt="login")
    world.clock.forward(100)
    assert browser.asks().headline == "Sign in"
    world.close()


def test_a_look_at_the_accounts_is_no_use_of_them(browser, world):
    browser.signs_in()
    world.clock.forward(LOGIN_IDLE - 1)
    assert browser.asks(prompt="select_account").choices
    world.clock.forward(1)
    assert browser.asks().headline == "Sign in"


@pytest.mark.parametrize(
    "change", [{"credential_version": 2}, {"disabled": True}, {"active": False}]
)
def test_a_changed_person_is_not_signed_in(browser, world, change):
    browser.signs_in()
    world.people.change(**change)
    assert browser.asks().headline == "Sign in"


def test_a_removed_person_is_not_signed_in(browser, world):
    browser.signs_in()
    del world.people.users[ADA.id]
    assert browser.asks().headline == "Sign in"


def test_an_operator_ends_it(browser, world):
    browser.signs_in()
    world.store.revoke(Selection(world.logins()[0].id), "operator")
    assert browser.asks().headline == "Sign in"


@pytest.mark.parametrize("wrong", ["", ".", "rtk_", "rtk_" + "A" * 90, "x" * 9000, "rtk_\u00e4"])
def test_a_wrong_cookie_is_no_cookie(browser, wrong):
    browser.cookies[COOKIE] = wrong
    assert browser.asks().headline == "Sign in"


def test_a_refresh_token_of_a_client_signs_nobody_in(browser, world):
    browser.cookies[COOKIE] = world.pair()["refresh_token"]
    assert browser.asks().headline == "Sign in"


def test_the_cookie_is_no_refresh_token_of_a_client(browser, world):
    browser.signs_in()
    assert world.refresh(browser.cookies[COOKIE]).error == "invalid_grant"


def test_a_store_that_fails_at_the_end_of_a_sign_in_costs_the_login_session_alone(browser, world):
    async def fail(command):
        if type(command).__name__ == "BeginSession":
            raise Unavailable("away")

    world.before = fail
    assert browser.signs_in().headline == ALLOW
    world.before = None
    assert browser.asks().headline == "Sign in"


def test_a_person_who_has_changed_during_the_sign_in_goes_no_further(browser, world):
    async def change(command):
        if type(command).__name__ == "BeginSession":
            world.people.change(credential_version=2)

    world.before = change
    assert browser.signs_in().page.status == 400


def test_the_policy_of_login_sessions_is_set_at_the_dialect():
    settings = Settings(policies={LOGIN: {"absolute": 5}})
    with pytest.raises(SettingError, match="login_absolute"):
        policies_for(settings, [])


def test_no_other_command_is_sent_without_the_cookie():
    """Most authorization requests of strangers: they cost no read of a session."""
    harness = Harness()
    assert harness.run(signed_in_accounts(request(), harness.provider)) == ()
    assert harness.performed == []


def test_openid_connect_core_3_1_2_1_prompt_login_is_not_met_by_choosing_an_account(browser):
    browser.signs_in().sends(answer="allow")
    login = browser.asks(prompt="select_account").choices[ADA.email]
    page = browser.asks(prompt="login").text
    ticket = re.search(r'name="interaction" value="([^"]+)"', page)[1]
    browser.posts("/oauth/authorize/account", interaction=ticket, account=login)
    assert browser.headline == "Sign in"


def test_openid_connect_core_3_1_2_1_prompt_login_holds_for_another_account(browser):
    browser.signs_in().sends(answer="allow")
    browser.signs_in(JOAN, prompt="login").sends(answer="switch")
    assert browser.headline == "Sign in"


def test_a_person_signs_in_once_however_many_sessions_begin(browser, world, monkeypatch):
    counted = []
    monkeypatch.setattr(world.people, "signed_in", lambda user_id, at: counted.append(user_id))
    tokens(browser.signs_in())
    tokens(browser.asks())
    assert counted == [ADA.id]
    tokens(browser.signs_in(prompt="login"))
    assert counted == [ADA.id, ADA.id]
