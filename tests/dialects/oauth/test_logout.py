"""OpenID Connect RP-Initiated Logout 1.0: who is asked, what ends, and where the browser goes."""

import pytest
from msgspec.structs import replace
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.token_people import ADA, REDIRECT
from tests.dialects.oauth.token_world import claims_of

from reticket.core.commands import EndSessions, FindSession
from reticket.core.errors import Unavailable
from reticket.core.model import Selection
from reticket.dialects.oauth.pages.login_session import MAX_REPLACED
from reticket.oauth.login import LoginTerms, login_terms_of
from reticket.oauth.provider import LOGIN_ABSOLUTE, LOGIN_IDLE

COOKIE = "__Host-reticket_login"
BACK = "https://app.example.com/signed-out"
QUESTION, GONE = "Do you want to sign out?", "You are signed out"
ERROR = "This cannot go on"


@pytest.fixture
def world(world):
    for client in ("spa", "native"):
        world.people.register(client, post_logout_redirect_uris=[BACK])
    world.people.register("backend", redirect_uris=[REDIRECT], pkce="optional")
    return world


def tokens(browser):
    """The tokens that the client gets, after a consent where the page asks for one."""
    page = browser if browser.has_left else browser.sends(answer="allow")
    return browser.world.exchange(page.answer["code"]).said


def signed_in(browser, person=ADA, **changes):
    """A browser with a session of a client; the client's tokens."""
    browser.world.clock.forward(1)
    return tokens(browser.signs_in(person, **changes))


def leaves(browser, path="/oauth/logout", **form):
    return browser.gets(path, **form)


def ended(world, kind="oauth.user"):
    """The cause of the end of each session, None for a live one, the oldest first."""
    return [each.revoked_cause for each in world.families() if each.resource == kind]


def test_2_a_valid_hint_signs_out_without_a_question(browser, world):
    hint = signed_in(browser)["id_token"]
    leaves(browser, id_token_hint=hint)
    assert browser.headline == GONE
    assert ended(world) == ended(world, "oauth.login") == ["sign_out"]
    assert COOKIE not in browser.cookies
    assert browser.asks(prompt="none").answer["error"] == "login_required"


def test_2_the_hint_of_a_client_without_an_address_signs_out_as_well(browser, world):
    """Its ID tokens do not name the session; the browser does."""
    world.people.register("spa", post_logout_redirect_uris=[])
    hint = signed_in(browser)["id_token"]
    assert "sid" not in claims_of(hint)
    leaves(browser, id_token_hint=hint)
    assert browser.headline == GONE
    assert ended(world) == ended(world, "oauth.login") == ["sign_out"]


def test_2_without_a_session_in_the_hint_and_the_browser_nothing_ends(browser, world):
    world.people.register("spa", post_logout_redirect_uris=[])
    hint = signed_in(browser)["id_token"]
    browser.cookies.clear()
    leaves(browser, id_token_hint=hint).sends(answer="sign_out")
    assert browser.headline == GONE
    assert ended(world) == [None]


def test_2_post_does_the_same_as_get(browser, world):
    hint = signed_in(browser)["id_token"]
    browser.posts("/oauth/logout", id_token_hint=hint, post_logout_redirect_uri=BACK, state="x y")
    assert browser.location == f"{BACK}?state=x+y"
    assert ended(world) == ["sign_out"]


def test_2_an_expired_hint_is_accepted(browser, world):
    hint = signed_in(browser)["id_token"]
    world.clock.forward(claims_of(hint)["exp"] - claims_of(hint)["iat"] + 1)
    assert leaves(browser, id_token_hint=hint).headline == GONE


def test_2_a_hint_of_any_algorithm_is_accepted(browser, world):
    world.people.register("spa", id_token_signed_response_alg="EdDSA")
    hint = signed_in(browser)["id_token"]
    assert leaves(browser, id_token_hint=hint).headline == GONE


def test_2_without_a_hint_the_person_is_asked(browser, world):
    signed_in(browser)
    assert leaves(browser).headline == QUESTION
    assert "ada@example.com" in browser.text
    assert ended(world) == [None]
    assert browser.sends(answer="sign_out").headline == GONE
    assert ended(world) == ended(world, "oauth.login") == ["sign_out"]
    assert COOKIE not in browser.cookies


def test_a_person_may_stay_signed_in(browser, world):
    signed_in(browser)
    assert leaves(browser).sends(answer="stay").headline == "You are still signed in"
    assert ended(world) == ended(world, "oauth.login") == [None]


def test_2_a_hint_of_a_person_who_is_not_signed_in_asks_for_confirmation(browser, world):
    hint = signed_in(Browser(world))["id_token"]
    world.clock.forward(1)
    browser.signs_in(JOAN)
    assert leaves(browser, id_token_hint=hint).headline == QUESTION
    assert ended(world) == [None]
    browser.sends(answer="sign_out")
    assert ended(world) == ["sign_out"]
    assert ended(world, "oauth.login") == [None, "sign_out"]


def test_2_a_hint_of_another_login_session_of_the_same_person_asks(browser, world):
    elsewhere = signed_in(Browser(world))["id_token"]
    signed_in(browser)
    assert leaves(browser, id_token_hint=elsewhere).headline == QUESTION
    assert ended(world) == ended(world, "oauth.login") == [None, None]
    assert browser.sends(answer="sign_out").headline == GONE
    assert ended(world) == ["sign_out", "sign_out"]
    assert ended(world, "oauth.login") == [None, "sign_out"]


def test_2_a_hint_whose_sid_is_a_session_of_the_client_belongs_to_its_login_session(browser, world):
    """As in ID tokens of older versions."""
    said = claims_of(signed_in(browser)["id_token"])
    elsewhere = claims_of(signed_in(Browser(world))["id_token"])
    here, there = [each.id.hex() for each in world.families() if each.resource == "oauth.user"]
    foreign = world.mint.sign({**elsewhere, "sid": there}, None, "JWT", world.clock())
    assert leaves(browser, id_token_hint=foreign).headline == QUESTION
    own = world.mint.sign({**said, "sid": here}, None, "JWT", world.clock())
    assert leaves(browser, id_token_hint=own).headline == GONE
    assert ended(world, "oauth.login") == ["sign_out", None]


def test_2_a_hint_of_a_login_session_that_a_later_sign_in_replaced_still_belongs(browser, world):
    hint = signed_in(browser)["id_token"]
    signed_in(browser, prompt="login")
    assert leaves(browser, id_token_hint=hint).headline == GONE


@pytest.mark.parametrize("hint", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_2_a_hint_that_is_not_valid_asks_and_redirects_nowhere(browser, world, hint):
    signed_in(browser)
    said = {"client_id": "spa", "post_logout_redirect_uri": BACK, "id_token_hint": hint}
    assert leaves(browser, **said).headline == QUESTION
    assert browser.sends(answer="sign_out").headline == GONE
    assert browser.location is None


def test_an_access_token_is_no_hint(browser, world):
    token = signed_in(browser)["access_token"]
    assert leaves(browser, id_token_hint=token).headline == QUESTION


def test_2_a_hint_of_another_client_is_refused(browser, world):
    hint = signed_in(browser)["id_token"]
    assert leaves(browser, id_token_hint=hint, client_id="native").headline == ERROR
    assert browser.page.status == 400
    assert ended(world) == [None]
    assert world.audited()[-1] == ("refused", "wrong_client")


def test_2_client_id_may_agree_with_the_hint(browser):
    hint = signed_in(browser)["id_token"]
    assert leaves(browser, id_token_hint=hint, client_id="spa").headline == GONE


def test_3_state_is_returned_and_added_to_a_query(browser, world):
    world.people.register("spa", post_logout_redirect_uris=[f"{BACK}?a=b"])
    hint = signed_in(browser)["id_token"]
    said = {"id_token_hint": hint, "post_logout_redirect_uri": f"{BACK}?a=b"}
    assert leaves(browser, **said, state="&").location == f"{BACK}?a=b&state=%26"


def test_3_without_state_the_address_is_as_registered(browser):
    hint = signed_in(browser)["id_token"]
    assert leaves(browser, id_token_hint=hint, post_logout_redirect_uri=BACK).location == BACK


@pytest.mark.parametrize("uri", [f"{BACK}/", f"{BACK}?foo=bar", "https://evil.example/", REDIRECT])
def test_3_an_address_that_is_not_registered_is_refused(browser, world, uri):
    hint = signed_in(browser)["id_token"]
    for said in ({"id_token_hint": hint}, {"client_id": "spa"}, {}):
        leaves(browser, **said, post_logout_redirect_uri=uri)
        assert (browser.headline, browser.page.status) == (ERROR, 400)
        assert browser.location is None
    assert ended(world) == [None]


def test_3_a_redirect_without_a_client_is_refused_and_the_page_says_what_it_needs(browser):
    assert leaves(browser, post_logout_redirect_uri=BACK).headline == ERROR
    assert "needs id_token_hint or client_id" in browser.page.body.decode()


def test_3_a_blocked_client_gets_no_redirect(browser, world):
    hint = signed_in(browser)["id_token"]
    world.people.block("spa")
    assert leaves(browser, id_token_hint=hint, post_logout_redirect_uri=BACK).headline == ERROR
    assert leaves(browser, id_token_hint=hint).headline == GONE


def test_3_the_redirect_waits_for_the_answer(browser):
    signed_in(browser)
    leaves(browser, client_id="spa", post_logout_redirect_uri=BACK, state="s")
    assert browser.headline == QUESTION
    policy = dict(browser.page.headers)[b"content-security-policy"].decode()
    assert "form-action 'self' https:;" in policy
    assert browser.sends(answer="sign_out").location == f"{BACK}?state=s"
    assert browser.page.status == 303


def test_a_state_that_is_too_long_is_refused(browser, world):
    hint = signed_in(browser)["id_token"]
    said = {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s" * 2049}
    assert leaves(browser, **said).headline == ERROR
    assert ended(world) == [None]


def test_the_question_is_answered_in_its_own_browser_alone(browser, world):
    signed_in(browser)
    page, stranger = leaves(browser).page, Browser(world).asks()
    stranger.page = page
    assert stranger.sends(answer="sign_out").headline == ERROR
    stranger.page = page
    stranger.cookies.clear()
    assert stranger.sends(answer="sign_out").headline == GONE
    assert ended(world) == ended(world, "oauth.login") == [None]


def test_a_form_of_another_site_is_refused(browser, world):
    signed_in(browser)
    leaves(browser)
    browser.headers = {"origin": "https://evil.example"}
    assert browser.sends(answer="sign_out").page.status == 403
    assert ended(world) == [None]


def test_a_second_click_gets_the_same_page(browser):
    signed_in(browser)
    page = leaves(browser).page
    browser.sends(answer="sign_out")
    browser.page = page
    assert browser.sends(answer="sign_out").headline == GONE
    browser.page = page
    assert browser.sends(answer="stay").headline == ERROR
    leaves(browser, client_id="spa", post_logout_redirect_uri=BACK)
    page = browser.sends(answer="sign_out").page
    assert browser.location == BACK


def test_all_sessions_of_the_login_session_end(browser, world):
    hint = signed_in(browser)["id_token"]
    tokens(browser.asks())
    signed_in(Browser(world))
    leaves(browser, id_token_hint=hint)
    assert ended(world) == ["sign_out", "sign_out", None]
    assert ended(world, "oauth.login") == ["sign_out", None]


def test_sessions_before_a_repeated_sign_in_end_too(browser, world):
    signed_in(browser)
    hint = signed_in(browser, prompt="login")["id_token"]
    leaves(browser, id_token_hint=hint)
    assert ended(world) == ["sign_out", "sign_out"]
    assert ended(world, "oauth.login") == ["replaced", "sign_out"]


def test_a_login_session_remembers_some_that_it_replaced(browser, world):
    for _ in range(MAX_REPLACED + 2):
        world.clock.forward(1)
        browser.signs_in(prompt="login")
    *_, newest = world.logins()
    former = [each.id.hex() for each in world.logins()]
    assert login_terms_of(newest).replaced == tuple(former[-2 : -2 - MAX_REPLACED : -1])


def test_terms_of_an_older_version_have_replaced_nothing(browser, world):
    browser.signs_in()
    (login,) = world.logins()
    older = login._replace(terms='[1,["pwd"],1]')
    assert login_terms_of(older) == LoginTerms(1, ("pwd",), 1)


def test_the_hinted_person_alone_signs_out(browser, world):
    hint = signed_in(browser)["id_token"]
    signed_in(browser, JOAN, prompt="login")
    leaves(browser, id_token_hint=hint)
    assert ended(world) == ["sign_out", None]
    assert "code" in browser.asks(prompt="none", login_hint=JOAN.email).answer
    leaves(browser).sends(answer="sign_out")
    assert ended(world) == ["sign_out", "sign_out"]


def test_a_login_session_that_ended_unused_still_signs_out(browser, world):
    hint = signed_in(browser)["id_token"]
    world.clock.forward(LOGIN_IDLE)
    assert browser.asks().headline == "Sign in"
    assert leaves(browser, id_token_hint=hint).headline == GONE
    assert ended(world) == ["sign_out"]


def test_a_browser_without_the_cookie_is_asked_and_ends_the_client_session(browser, world):
    hint = signed_in(browser)["id_token"]
    browser.cookies.clear()
    assert leaves(browser, id_token_hint=hint).headline == QUESTION
    assert browser.sends(answer="sign_out").headline == GONE
    assert ended(world) == ["sign_out"]
    assert ended(world, "oauth.login") == [None]


def test_after_a_failure_of_the_store_the_person_can_try_again(browser, world):
    hint = signed_in(browser)["id_token"]
    tokens(browser.asks())
    failures = iter([None, None, Unavailable("the store is away")])

    async def fail(command):
        if isinstance(command, EndSessions) and (failure := next(failures, None)):
            raise failure

    world.before = fail
    assert leaves(browser, id_token_hint=hint).page.status == 503
    assert COOKIE in browser.cookies
    assert leaves(browser, id_token_hint=hint).headline == GONE
    assert ended(world) == ["sign_out", "sign_out"]
    assert ended(world, "oauth.login") == ["sign_out"]


def test_the_refresh_token_is_over_after_the_log_out(browser, world):
    said = signed_in(browser)
    leaves(browser, id_token_hint=said["id_token"])
    reply = world.token("spa", grant_type="refresh_token", refresh_token=said["refresh_token"])
    assert reply.error == "invalid_grant"


def code(browser, **changes):
    """The code of a sign-in that the client has not used yet."""
    browser.world.clock.forward(1)
    return code_of(browser.signs_in(**changes))


def code_of(browser):
    return (browser if browser.has_left else browser.sends(answer="allow")).answer["code"]


def test_a_code_from_before_the_log_out_is_refused(browser, world):
    hint, unused = signed_in(browser)["id_token"], code_of(browser.asks())
    leaves(browser, id_token_hint=hint)
    assert world.exchange(unused).error == "invalid_grant"
    assert ended(world) == ["sign_out"]


def test_a_code_from_before_a_repeated_sign_in_works_until_the_log_out(browser, world):
    used, unused = code(browser), code(browser, prompt="login")
    browser.signs_in(prompt="login")
    hint = world.exchange(used).said["id_token"]
    leaves(browser, id_token_hint=hint)
    assert world.exchange(unused).error == "invalid_grant"
    assert ended(world) == ["sign_out"]


def test_a_code_that_is_used_during_the_log_out_begins_no_session(browser, world):
    unused, reading = code(browser), []

    async def sign_out_meanwhile(command):
        if isinstance(command, FindSession) and command.family == world.logins()[0].id:
            reading.append(command)
        if len(reading) == 2:
            world.store.revoke(Selection(world.logins()[0].id), "sign_out")

    world.before = sign_out_meanwhile
    assert world.exchange(unused).error == "invalid_grant"
    assert ended(world) == ["unanswered"]


@pytest.mark.parametrize("header", ["sec-purpose", "purpose"])
@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "PREFETCH; x"])
def test_a_prefetch_of_the_link_signs_nobody_out(browser, world, header, purpose):
    hint = signed_in(browser)["id_token"]
    browser.headers = {header: purpose}
    assert leaves(browser, id_token_hint=hint).headline == QUESTION
    assert ended(world) == ended(world, "oauth.login") == [None]
    browser.headers = {}
    assert leaves(browser, id_token_hint=hint).headline == GONE


def test_rfc_9110_9_2_1_a_head_request_signs_nobody_out(browser, world):
    hint = signed_in(browser)["id_token"]
    request = browser.request_of("/oauth/logout", id_token_hint=hint)
    browser.does(replace(request, method="HEAD"))
    assert browser.headline == QUESTION
    assert ended(world) == ended(world, "oauth.login") == [None]


def test_a_second_click_on_the_link_of_an_app_is_not_asked(browser, world):
    hint = signed_in(browser)["id_token"]
    said = {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s"}
    assert leaves(browser, **said).location == f"{BACK}?state=s"
    assert leaves(browser, **said).location == f"{BACK}?state=s"
    del said["post_logout_redirect_uri"]
    assert leaves(browser, **said).headline == GONE
    world.clock.forward(LOGIN_ABSOLUTE)
    assert leaves(browser, **said).headline == GONE


def test_where_somebody_is_signed_in_the_page_asks_for_a_session_that_has_ended(browser, world):
    hint = signed_in(browser)["id_token"]
    leaves(browser, id_token_hint=hint)
    world.clock.forward(1)
    browser.signs_in(JOAN)
    assert leaves(browser, id_token_hint=hint).headline == QUESTION
    assert ended(world, "oauth.login") == ["sign_out", None]


def test_a_browser_without_a_login_session_is_asked_while_the_app_has_its_session(browser, world):
    hint = signed_in(browser)["id_token"]
    (login,) = world.logins()
    world.carry_out(iter(EndSessions(Selection(login.id), "operator")))
    browser.cookies.clear()
    assert leaves(browser, id_token_hint=hint).headline == QUESTION
    assert browser.sends(answer="sign_out").headline == GONE
    assert ended(world) == ["sign_out"]


def test_rfc_9700_4_11_2_a_client_that_nobody_vouches_for_redirects_after_a_click(browser, world):
    hint = signed_in(browser)["id_token"]
    leaves(browser, id_token_hint=hint)
    world.people.register("spa", registered_by="self")
    said = {"id_token_hint": hint, "post_logout_redirect_uri": BACK}
    assert leaves(browser, **said).headline == QUESTION
    assert browser.sends(answer="sign_out").location == BACK
