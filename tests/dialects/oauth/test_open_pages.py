"""Pages that were left open while something else happened: in another tab, or by an operator."""

import pytest
from tests.dialects.oauth.browser import JOAN, REQUEST, Browser
from tests.dialects.oauth.token_people import ADA

from reticket.core.errors import Unavailable
from reticket.core.model import Selection
from reticket.oauth.login import LOGIN

ALLOW = "Allow spa to access your account?"
SIGNED_OUT = "not signed in here any more"


def another_tab(browser):
    """The same browser: its cookies are shared."""
    tab = Browser(browser.world)
    tab.cookies = browser.cookies
    return tab


def sign_out(browser):
    another_tab(browser).gets("/oauth/logout").sends(answer="sign_out")


def end_everything(browser):
    another_tab(browser).gets("/oauth/account").sends(everything="yes")


def end_by_operator(browser):
    browser.world.store.revoke(Selection(resource=LOGIN), "operator")


def set_password(browser):
    browser.world.people.change(credential_version=2)


def disable(browser):
    browser.world.people.change(disabled=True)


def deactivate(browser):
    browser.world.people.change(active=False)


def remove(browser):
    del browser.world.people.users[ADA.id]


def end_in_another_browser(browser):
    elsewhere = Browser(browser.world).gets("/oauth/account")
    elsewhere.sends(email=ADA.email, password="right").sends(everything="yes")


HERE = [sign_out, end_everything]
ELSEWHERE = [
    end_in_another_browser, end_by_operator, set_password, disable, deactivate, remove,
]  # fmt: skip


@pytest.mark.parametrize("end", [*HERE, *ELSEWHERE])
def test_owasp_asvs_7_4_1_nobody_consents_on_a_page_that_outlives_the_sign_in(browser, world, end):
    assert browser.signs_in().headline == ALLOW
    end(browser)
    browser.sends(answer="allow")
    assert browser.page.status == 400
    assert browser.headline == ("This cannot go on" if end in HERE else "Sign in")
    assert (SIGNED_OUT in browser.text) == (end in ELSEWHERE)
    assert world.consents.kept == {}
    assert ("consented", None) not in world.audited()
    assert world.audited()[-1] == ("refused", "no_session")


def test_after_an_end_elsewhere_somebody_signs_in_on_the_open_page_and_goes_on(browser, world):
    browser.signs_in()
    end_by_operator(browser)
    browser.sends(answer="allow").sends(email=JOAN.email, password="right")
    assert browser.headline == ALLOW
    assert "joan@example.com" in browser.text
    assert world.exchange(browser.sends(answer="allow").answer["code"]).status == 200


def test_a_page_that_outlives_the_sign_in_can_still_be_left(browser):
    browser.signs_in()
    end_by_operator(browser)
    assert browser.sends(answer="deny").answer["error"] == "access_denied"


def test_a_page_stays_good_when_the_person_signs_in_again_in_another_tab(browser, world):
    browser.signs_in()
    another_tab(browser).signs_in(prompt="login")
    assert world.exchange(browser.sends(answer="allow").answer["code"]).status == 200


def test_a_page_stays_good_when_somebody_else_signs_in_in_another_tab(browser, world):
    browser.signs_in()
    another_tab(browser).signs_in(JOAN, prompt="login")
    assert world.exchange(browser.sends(answer="allow").answer["code"]).status == 200
    (session,) = [each for each in world.families() if each.resource == "oauth.user"]
    assert session.subject == ADA.id


def test_a_page_stays_good_when_no_login_session_could_begin(browser, world):
    async def fail(command):
        if type(command).__name__ == "BeginSession":
            raise Unavailable("away")

    world.before = fail
    browser.signs_in()
    world.before = None
    assert world.exchange(browser.sends(answer="allow").answer["code"]).status == 200


def test_a_consent_to_a_request_that_was_answered_meanwhile_is_not_kept(browser, world):
    pushed = world.ask("/par", None, **REQUEST).said["request_uri"]
    said = {"client_id": "spa", "request_uri": pushed}
    browser.gets("/oauth/authorize", **said).sends(email=ADA.email, password="right")
    another_tab(browser).gets("/oauth/authorize", **said).sends(answer="deny")
    assert browser.sends(answer="allow").page.status == 400
    assert world.consents.kept == {}


def test_no_code_goes_to_a_redirect_uri_that_was_removed_meanwhile(browser, world):
    browser.signs_in()
    world.people.register("spa", redirect_uris=["https://app.example.com/new"])
    assert browser.sends(answer="allow").page.status == 400
    assert not browser.has_left
    assert world.consents.kept == {}
    assert ("consented", None) not in world.audited()
    assert world.audited()[-1] == ("refused", "wrong_redirect")


def sign_out_by_hint(browser):
    hint = browser.world.exchange(another_tab(browser).asks(prompt="none").answer["code"]).said
    another_tab(browser).gets("/oauth/logout", id_token_hint=hint["id_token"])


@pytest.mark.parametrize("end", [sign_out, sign_out_by_hint, end_everything])
def test_after_a_log_out_the_browser_cannot_send_the_password_again(browser, world, end):
    """Back, and a reload: the browser sends the form of the sign-in once more, as it was."""
    browser.signs_in().sends(answer="allow")
    page = browser.asks(prompt="login").page
    browser.sends(email=ADA.email, password="right")
    end(browser)
    browser.page = page
    browser.sends(email=ADA.email, password="right")
    assert (browser.headline, browser.page.status) == ("This cannot go on", 400)
    assert browser.asks(prompt="none").answer["error"] == "login_required"


def test_a_reload_before_the_log_out_signs_in_again(browser):
    page = browser.asks().page
    browser.sends(email=ADA.email, password="right")
    browser.page = page
    assert browser.sends(email=ADA.email, password="right").headline == ALLOW


def test_a_log_out_forgets_the_pages_of_the_browser(browser):
    browser.signs_in()
    another_tab(browser).gets("/oauth/logout").sends(answer="sign_out")
    assert browser.cookies == {}
