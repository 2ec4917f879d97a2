"""OpenID Connect Back-Channel Logout 1.0: who is told of which end, how, and how often."""

import json
from dataclasses import replace
from itertools import pairwise
from urllib.parse import parse_qs

import pytest
from joserfc.jwk import KeySet
from joserfc.jws import deserialize_compact
from tests.dialects.oauth.browser import JOAN, Browser
from tests.dialects.oauth.token_people import ADA, REDIRECT
from tests.dialects.oauth.token_world import ISSUER, claims_of

from reticket.core.commands import EndSessions, PublishedKeys
from reticket.core.errors import Unavailable
from reticket.core.fetching.model import Fetched, FetchFault, Unfetched
from reticket.core.logouts import LONGEST, MOST_ATTEMPTS, PAUSES, UNTOLD
from reticket.core.model import Selection
from reticket.core.policy import SECOND
from reticket.core.tokens.faces import from_text
from reticket.dialects.oauth.pages.login_session import MAX_ACCOUNTS
from reticket.oauth.provider import LOGIN_ABSOLUTE

SPA, NATIVE = "https://app.example.com/ended?tenant=1", "https://native.example.com/ended"
DONE = Fetched(200, "", b"")
EVENT = "http://schemas.openid.net/event/backchannel-logout"
REFUSED = Unfetched(FetchFault.BAD_STATUS, 400)
BUSY = Unfetched(FetchFault.BAD_STATUS, 503)


@pytest.fixture
def world(world):
    world.people.register("spa", backchannel_logout_uri=SPA)
    world.people.register("native", backchannel_logout_uri=NATIVE, dpop_required=False)
    world.people.register("backend", redirect_uris=[REDIRECT], pkce="optional")
    world.elsewhere = {SPA: DONE, NATIVE: DONE}
    return world


def signed_in(browser, client="spa", person=ADA, **changes):
    """The tokens of a client after a sign-in, or without one where the browser is signed in."""
    browser.world.clock.forward(1)
    page = browser.asks(client_id=client, **changes)
    if not page.has_left and page.headline == "Sign in":
        page = page.sends(email=person.email, password="right")
    page = page if page.has_left else page.sends(answer="allow")
    return browser.world.exchange(page.answer["code"], client).said


def newest(world, client=None):
    """The newest session of a client, ended or not."""
    found = [each for each in world.families() if each.client]
    return [each for each in found if client in (None, each.client)][-1]


def ends(world, cause="operator", **selection):
    return world.carry_out(iter(EndSessions(Selection(**selection), cause)))


def ends_and_raises(world, **selection):
    with pytest.raises(Unavailable, match="away"):
        ends(world, **selection)


def delivers(world, rounds=1):
    """Do what is due, as often; returns the claims of each logout token with its address."""
    before = len(world.fetched)
    (errand,) = world.dialect.errands
    for _ in range(rounds):
        for piece in world.carry_out(errand.find(errand.at_once)):
            world.carry_out(piece)
    return [(each.url, claims_of(token_of(each))) for each in world.fetched[before:]]


def token_of(request):
    assert request.body_type == "application/x-www-form-urlencoded"
    ((name, (token,)),) = parse_qs(request.body.decode(), strict_parsing=True).items()
    assert name == "logout_token"
    return token


def jws_header(token):
    return json.loads(from_text(token.split(".")[0]))


def told(world):
    """The addresses that are told in the next rounds."""
    return sorted(url for url, _ in delivers(world, 4))


def sent(world):
    """The audit events of log-outs, with cause and detail."""
    world.audited()
    return [
        (each.event, each.cause, each.detail["attempts"])
        for each in world.audit.events
        if each.event.startswith("logout_")
    ]


def test_2_4_the_logout_token_has_the_claims_of_its_session(browser, world):
    identity = claims_of(signed_in(browser)["id_token"])
    ends(world, subject=ADA.id)
    ((url, claims),) = delivers(world)
    now = world.clock() // 1000
    assert url == SPA
    assert len(claims.pop("jti")) == 32
    assert claims == {
        "iss": ISSUER, "sub": ADA.id, "aud": "spa", "iat": now, "exp": now + 120,
        "sid": identity["sid"], "events": {EVENT: {}},
    }  # fmt: skip
    assert (identity["sub"], identity["sid"]) == (ADA.id, world.logins()[0].id.hex())


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_2_6_the_logout_token_is_signed_as_the_id_tokens_of_the_client_are(
    browser, world, algorithm
):
    world.people.register("spa", id_token_signed_response_alg=algorithm)
    identity = signed_in(browser)["id_token"]
    ends(world, subject=ADA.id)
    delivers(world)
    headers = [jws_header(each) for each in (identity, token_of(world.fetched[-1]))]
    assert [each["alg"] for each in headers] == [algorithm, algorithm]


def test_2_4_the_logout_token_is_typed_and_signed_with_a_published_key(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    delivers(world)
    keys = KeySet.import_key_set({"keys": world.carry_out(iter(PublishedKeys()))})
    header = deserialize_compact(token_of(world.fetched[-1]), keys).headers()
    assert header["typ"] == "logout+jwt"
    assert header["alg"] == "ES256"


def test_4_1_a_logout_token_is_no_id_token_and_no_access_token(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    delivers(world)
    token = token_of(world.fetched[-1])
    assert browser.gets("/oauth/logout", id_token_hint=token).headline == "Do you want to sign out?"
    reply = world.post("/userinfo", "", {"authorization": f"Bearer {token}"})
    assert reply.status == 401


def test_2_4_each_attempt_has_a_token_of_its_own(browser, world):
    world.elsewhere[SPA] = BUSY
    signed_in(browser)
    ends(world, subject=ADA.id)
    ((_, first),) = delivers(world)
    world.clock.forward(PAUSES[0])
    ((_, second),) = delivers(world)
    assert first["jti"] != second["jti"]
    assert second["exp"] == first["exp"] + PAUSES[0]


def test_2_3_a_log_out_tells_all_clients_of_the_sign_in(browser, world):
    hint = signed_in(browser)["id_token"]
    signed_in(browser, "native")
    signed_in(Browser(world))
    browser.gets("/oauth/logout", id_token_hint=hint)
    assert told(world) == [SPA, NATIVE]


def test_2_3_all_clients_of_a_sign_in_know_it_by_the_same_sid(browser):
    one, other = signed_in(browser), signed_in(browser, "native")
    assert claims_of(one["id_token"])["sid"] == claims_of(other["id_token"])["sid"]


def test_a_log_out_after_the_question_tells_the_clients_too(browser, world):
    signed_in(browser)
    browser.gets("/oauth/logout").sends(answer="sign_out")
    assert told(world) == [SPA]


def test_once_per_session_and_client(browser, world):
    signed_in(browser)
    for _ in range(3):
        signed_in(browser, prompt="none")
    ends(world, subject=ADA.id)
    assert told(world) == [SPA]
    ends(world, subject=ADA.id)
    assert told(world) == []


def test_each_session_of_a_client_has_a_log_out_of_its_own(browser, world):
    names = {claims_of(signed_in(each)["id_token"])["sid"] for each in (browser, Browser(world))}
    ends(world, subject=ADA.id)
    assert {claims["sid"] for _, claims in delivers(world, 2)} == names


def test_sessions_before_a_repeated_sign_in_are_told_of_as_well(browser, world):
    said = signed_in(browser)
    world.post("/revoke", f"client_id=spa&token={said['refresh_token']}", {})
    first = claims_of(said["id_token"])["sid"]
    hint = signed_in(browser, prompt="login")["id_token"]
    assert told(world) == []
    browser.gets("/oauth/logout", id_token_hint=hint)
    assert {claims["sid"] for _, claims in delivers(world, 4)} == {first, claims_of(hint)["sid"]}


def test_a_client_whose_refresh_token_is_over_is_told_at_the_log_out(browser, world):
    said = signed_in(browser)
    world.post("/revoke", f"client_id=spa&token={said['refresh_token']}", {})
    assert newest(world).revoked_cause == "sign_out"
    assert told(world) == []
    browser.gets("/oauth/logout", id_token_hint=said["id_token"])
    assert told(world) == [SPA]


@pytest.mark.parametrize("cause", ["operator", "password_changed", "user_deleted"])
def test_an_operator_or_a_change_of_the_person_tells_the_clients(browser, world, cause):
    signed_in(browser)
    signed_in(Browser(world), person=JOAN)
    ends(world, cause, subject=ADA.id)
    assert told(world) == [SPA]


@pytest.mark.parametrize("absolute", [3600, 2 * LOGIN_ABSOLUTE])
def test_a_client_is_remembered_until_browser_and_client_are_both_signed_out(
    browser, world, absolute
):
    policy = {"preset": "BROWSER", "refresh": 3600, "absolute": absolute}
    world.people.register("spa", policy=policy)
    signed_in(browser)
    (remembered,) = world.people.logouts.entries.values()
    kept = remembered.client.kept_until - world.clock()
    assert kept == max(absolute, LOGIN_ABSOLUTE) * SECOND


def test_the_end_of_one_session_tells_its_client_alone(browser, world):
    signed_in(browser)
    signed_in(browser, "native")
    ends(world, family=newest(world, "native").id)
    assert told(world) == [NATIVE]


def test_a_selection_by_context_or_time_tells_of_what_it_has_ended(browser, world):
    signed_in(browser)
    assert ends(world, subject=ADA.id, context="1000") == []
    assert told(world) == []
    assert ends(world, subject=ADA.id, live_at=world.clock())
    assert told(world) == [SPA]


def test_the_reuse_of_a_refresh_token_tells_the_client(browser, world):
    first = signed_in(browser)["refresh_token"]
    second = world.refresh(first).said["refresh_token"]
    world.clock.forward(100)
    world.refresh(second)
    assert told(world) == []
    assert world.refresh(first).error == "invalid_grant"
    assert told(world) == [SPA]


def test_a_code_that_is_used_twice_tells_the_client(browser, world):
    world.clock.forward(1)
    code = browser.signs_in().sends(answer="allow").answer["code"]
    world.exchange(code)
    assert told(world) == []
    assert world.exchange(code).error == "invalid_grant"
    assert told(world) == [SPA]


@pytest.mark.parametrize("cause", sorted(UNTOLD))
def test_an_end_that_is_no_log_out_tells_nobody(browser, world, cause):
    signed_in(browser)
    assert ends(world, cause, subject=ADA.id)
    assert told(world) == []


def test_an_end_by_expiry_tells_nobody(browser, world):
    said = signed_in(browser)
    world.clock.forward(LOGIN_ABSOLUTE + 1)
    assert world.refresh(said["refresh_token"]).error == "invalid_grant"
    assert told(world) == []


@pytest.mark.parametrize("form", ["session", "everything"])
def test_the_account_page_tells_the_clients(browser, world, form):
    signed_in(browser)
    said = {"session": {"session": newest(world).id.hex()}, "everything": {"everything": "1"}}[form]
    browser.gets("/oauth/account").sends(**said)
    assert told(world) == [SPA]


def test_the_end_of_a_browser_on_the_account_page_tells_its_clients(browser, world):
    said = signed_in(browser)
    world.post("/revoke", f"client_id=spa&token={said['refresh_token']}", {})
    signed_in(browser, prompt="login")
    login = world.logins()[-1].id.hex()
    browser.gets("/oauth/account").sends(session=login)
    assert len(delivers(world, 4)) == 2


def test_a_client_without_an_address_or_without_openid_is_not_told(browser, world):
    signed_in(browser, "native", scope="orders.read")
    world.people.register("spa", backchannel_logout_uri=None)
    signed_in(browser)
    assert world.people.logouts.entries == {}
    ends(world, subject=ADA.id)
    assert told(world) == []


def test_a_client_that_has_given_up_its_address_is_told_nothing(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    world.people.register("spa", backchannel_logout_uri=None)
    assert told(world) == []
    assert world.people.logouts.entries == {}


def test_a_client_is_told_at_the_address_that_it_has_now(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    world.people.register("spa", backchannel_logout_uri=NATIVE)
    assert told(world) == [NATIVE]


def test_a_blocked_client_is_told_of_the_sessions_that_it_had(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    world.people.block("spa")
    assert told(world) == [SPA]


def test_a_removed_client_is_told_nothing(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    del world.people.clients["spa"]
    assert told(world) == []
    assert world.people.logouts.entries == {}


@pytest.mark.parametrize(
    "answer", [DONE, Fetched(204, "", b""), Unfetched(FetchFault.ENCODED, 200)]
)
def test_2_8_success_is_audited_and_told_no_more(browser, world, answer):
    world.elsewhere[SPA] = answer
    signed_in(browser)
    ends(world, subject=ADA.id)
    assert told(world) == [SPA]
    assert sent(world) == [("logout_sent", None, 1)]
    detail = next(each for each in world.audit.events if each.event == "logout_sent")
    assert (detail.subject, detail.family) == (ADA.id, newest(world).id.hex())
    assert (detail.detail["client"], detail.detail["status"]) == ("spa", answer.status)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (REFUSED, "bad_status"),
        (Unfetched(FetchFault.BAD_STATUS, 404), "bad_status"),
        (Unfetched(FetchFault.REDIRECTED, 302), "redirected"),
        (Unfetched(FetchFault.REFUSED_ADDRESS), "refused_address"),
        (Unfetched(FetchFault.BAD_URL), "bad_url"),
    ],
)
def test_2_5_what_cannot_succeed_later_is_not_sent_again(browser, world, answer, cause):
    world.elsewhere[SPA] = answer
    signed_in(browser)
    ends(world, subject=ADA.id)
    assert told(world) == [SPA]
    assert sent(world) == [("logout_given_up", cause, 1)]
    world.clock.forward(LONGEST)
    assert told(world) == []


@pytest.mark.parametrize(
    "answer",
    [
        BUSY,
        Unfetched(FetchFault.BAD_STATUS, 429),
        Unfetched(FetchFault.BAD_STATUS, 408),
        Unfetched(FetchFault.TIMED_OUT),
        Unfetched(FetchFault.UNREACHABLE),
        Unfetched(FetchFault.NO_ADDRESS),
        Unfetched(FetchFault.BAD_CERTIFICATE),
        Unfetched(FetchFault.BAD_HTTP),
    ],
)
def test_2_5_what_may_recover_is_sent_again_after_a_pause(browser, world, answer):
    world.elsewhere[SPA] = answer
    signed_in(browser)
    ends(world, subject=ADA.id)
    assert told(world) == [SPA]
    world.clock.forward(PAUSES[0] - 1)
    assert told(world) == []
    world.elsewhere[SPA] = DONE
    world.clock.forward(1)
    assert told(world) == [SPA]
    assert sent(world) == [("logout_sent", None, 2)]


def test_the_pauses_grow_and_the_attempts_end(browser, world):
    world.elsewhere[SPA] = BUSY
    signed_in(browser)
    ends(world, subject=ADA.id)
    began, times = world.clock(), []
    for _ in range(20_000):
        if delivers(world):
            times.append((world.clock() - began) // SECOND)
        if not world.people.logouts.entries:
            break
        world.clock.forward(5)
    assert len(times) == MOST_ATTEMPTS
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == [*PAUSES, 3600, 3600]
    assert sent(world) == [("logout_given_up", "bad_status", MOST_ATTEMPTS)]


def test_a_client_is_told_once_more_after_a_day_and_then_no_more(browser, world):
    world.elsewhere[SPA] = BUSY
    signed_in(browser)
    ends(world, subject=ADA.id)
    world.clock.forward(LONGEST)
    assert told(world) == [SPA]
    assert sent(world) == [("logout_given_up", "bad_status", 1)]


def test_our_own_limit_is_no_attempt(browser, world):
    world.elsewhere[SPA] = Unfetched(FetchFault.LIMITED)
    signed_in(browser)
    ends(world, subject=ADA.id)
    for _ in range(MOST_ATTEMPTS + 5):
        delivers(world)
        world.clock.forward(PAUSES[0])
    world.elsewhere[SPA] = DONE
    delivers(world)
    assert sent(world) == [("logout_sent", None, 1)]


def test_a_log_out_that_our_own_limit_delays_is_given_up_after_a_day(browser, world):
    world.elsewhere[SPA] = Unfetched(FetchFault.LIMITED)
    signed_in(browser)
    ends(world, subject=ADA.id)
    world.clock.forward(LONGEST - PAUSES[0])
    delivers(world)
    assert sent(world) == []
    world.clock.forward(PAUSES[0])
    delivers(world)
    assert sent(world) == [("logout_given_up", "limited", 0)]
    assert not world.people.logouts.entries


def test_a_new_sign_in_overtakes_a_log_out_that_was_not_sent(browser, world):
    world.elsewhere[SPA] = BUSY
    signed_in(browser)
    ends(world, family=newest(world).id)
    assert told(world) == [SPA]
    signed_in(browser, prompt="none")
    world.clock.forward(PAUSES[0])
    assert told(world) == []


def test_a_session_that_goes_on_is_not_told_of(browser, world):
    signed_in(browser)
    world.people.logouts.mark(Selection(subject=ADA.id), world.clock())
    for _ in range(20):
        assert told(world) == []
        world.clock.forward(PAUSES[0])
    assert world.people.logouts.due() == []
    ends(world, subject=ADA.id)
    assert told(world) == [SPA]


def test_a_crash_before_the_end_of_a_session_loses_nothing(browser, world):
    """The mark is written first. The intent, or the person, ends the session later."""
    signed_in(browser)
    world.people.logouts.mark(Selection(subject=ADA.id), world.clock())
    world.store.revoke(Selection(subject=ADA.id), "password_changed")
    assert told(world) == [SPA]


def test_a_failing_directory_stops_no_end_and_the_person_hears_of_it(browser, world):
    hint = signed_in(browser)["id_token"]
    world.people.logouts.fails = Unavailable("the directory is away")
    ends_and_raises(world, family=newest(world).id)
    assert newest(world).revoked_cause == "operator"
    assert browser.gets("/oauth/logout", id_token_hint=hint).page.status == 503
    world.people.logouts.fails = None
    assert browser.gets("/oauth/logout", id_token_hint=hint).headline == "You are signed out"
    assert told(world) == [SPA]


def test_a_failing_directory_does_not_keep_a_reuse_from_ending_the_session(browser, world):
    first = signed_in(browser)["refresh_token"]
    second = world.refresh(first).said["refresh_token"]
    world.clock.forward(100)
    world.refresh(second)
    world.people.logouts.fails = Unavailable("the directory is away")
    assert world.refresh(first).error == "invalid_grant"
    world.audited()
    (lost,) = [each for each in world.audit.events if each.event == "logout_delayed"]
    assert (lost.subject, lost.cause) == (ADA.id, "reuse")
    world.people.logouts.fails = None
    assert told(world) == []
    assert [world.upkeep.mark_missed() for _ in range(2)] == [1, 0]
    assert told(world) == [SPA]


def test_a_session_that_goes_on_or_that_its_client_ended_is_no_missed_one(browser, world):
    world.give_back(signed_in(browser)["refresh_token"])
    signed_in(browser, "native")
    assert world.upkeep.mark_missed() == 0
    assert told(world) == []


def test_a_directory_that_fails_for_a_moment_makes_nobody_be_told_twice(browser, world):
    signed_in(browser)
    ends(world, subject=ADA.id)
    settle, failures = world.people.logouts.settle, [Unavailable("the directory is away")] * 2

    def fail_first(logout):
        if failures:
            raise failures.pop()
        settle(logout)

    world.people.logouts.settle = fail_first
    assert told(world) == [SPA]
    assert world.people.logouts.entries == {}


def test_a_session_does_not_begin_when_its_client_cannot_be_remembered(browser, world):
    world.clock.forward(1)
    code = browser.signs_in().sends(answer="allow").answer["code"]
    kept = world.people.logouts.remember

    def fail(client):
        raise Unavailable("the directory is away")

    world.people.logouts.remember = fail
    assert world.exchange(code).status == 503
    world.people.logouts.remember = kept
    assert world.exchange(code).status == 200
    ends(world, subject=ADA.id)
    assert told(world) == [SPA]


@pytest.mark.parametrize("sid", ["login", "family"])
def test_an_id_token_of_either_form_signs_out(browser, world, sid):
    """ID tokens of older versions have the family as `sid`."""
    hint = signed_in(browser)["id_token"]
    if sid == "family":
        older = {**claims_of(hint), "sid": newest(world).id.hex()}
        hint = world.mint.sign(older, None, "JWT", world.clock())
    browser.cookies.clear()
    browser.gets("/oauth/logout", id_token_hint=hint).sends(answer="sign_out")
    assert newest(world).revoked_cause == "sign_out"
    assert told(world) == [SPA]


def test_an_id_token_ends_no_session_of_another_client(browser, world):
    hint = signed_in(browser)["id_token"]
    signed_in(browser, "native")
    browser.cookies.clear()
    browser.gets("/oauth/logout", id_token_hint=hint).sends(answer="sign_out")
    by_client = {each.client: each.revoked_cause for each in world.families() if each.client}
    assert by_client == {"spa": "sign_out", "native": None}
    assert told(world) == [SPA]


def test_the_clients_of_an_account_for_which_a_browser_has_no_room_are_told(browser, world):
    signed_in(browser)
    for number in range(MAX_ACCOUNTS):
        assert told(world) == []
        person = replace(ADA, id=f"{number:032x}", email=f"person-{number}@example.com")
        world.people.users[person.id] = person
        browser.signs_in(person, prompt="login")
    assert told(world) == [SPA]
