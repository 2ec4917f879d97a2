"""A one-time password that a browser sends twice leads to one page, for that browser only."""

import re
from itertools import count
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from tests.core.conftest import new_harness
from tests.core.operations import ran
from tests.core.world import ADA, CALLER
from tests.dialects.oauth.hall import Harness, form_of, request
from tests.dialects.oauth.token_people import REDIRECT

from reticket.core.commands import BeginSession, OpenFactorSession, SecondFactor
from reticket.core.errors import Unavailable
from reticket.core.people import Client
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.endpoints.code_issuing import PATH, AuthorizationCodeHandler
from reticket.dialects.oauth.inputs import FORM
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.interaction import (
    PAGE_LIFETIME,
    Interaction,
    bind_to_browser,
    store,
)
from reticket.dialects.oauth.pages.repeated_forms import IN_PROGRESS_LIFETIME, NEXT_PAGE_LIFETIME
from reticket.dialects.oauth.pages.steps import CONSENT, FACTOR
from reticket.oauth.provider import USER

COOKIE, OTHER = "A" * 43, "B" * 42 + "A"
RECOVERY = "40718-95226-11834-60357"
STEPS = 12
"""As many as an answer takes, or more."""


class Way(Harness):
    """A person after the correct password, at the page that asks for a code."""

    def __init__(self):
        self.harness, numbers = new_harness(), count(1)
        super().__init__(
            RandomBytes=lambda said: next(numbers).to_bytes(said.size),
            SecondFactor=lambda said: self.harness.second.authenticate(said, CALLER),
            FindClient=lambda said: Client("spa", True, False, {}, 0),
            BeginSession=lambda said: SimpleNamespace(refresh_token="rtk_login"),
        )
        self.clock, self.ephemeral = self.harness.clock, self.harness.ephemeral._ephemeral
        self.flow = Flow(self.provider, AuthorizationCodeHandler(self.provider))
        order = AuthorizationRequest("spa", REDIRECT, "openid", "c" * 43)
        self.interaction = Interaction("spa", "Spa", "openid", order.to_json())
        self.ticket, self.session = self.page(), self.opened()
        self.otp = f"totp{self.clock() // 30_000}"

    def page(self):
        return self.run(store(PATH, bind_to_browser(self.interaction, COOKIE)))

    def opened(self):
        return self.harness.second.open_session(OpenFactorSession(USER, ADA, PAGE_LIFETIME))

    def send(self, code, perform=None, cookie=COOKIE, **more):
        said = {"interaction": self.ticket, "session": self.session, "code": code, **more}
        sent = {"cookie": f"__Host-reticket_visit={cookie}", "content_type": FORM}
        operation = form_of(self.flow, FACTOR)(request(body=urlencode(said), **sent))
        return ran(operation, perform or self._perform)

    def bent(self, at, deed):
        """Performs, and does something before that number of a command."""
        numbers = count()

        def perform(command):
            if next(numbers) == at:
                deed(command)
            return self._perform(command)

        return perform


@pytest.fixture
def way():
    return Way()


def headline(response):
    return re.sub("</?bdi>", "", re.search(r"<h1>(.*?)</h1>", response.body.decode())[1])


def is_let_in(response):
    return response.status == 200 and "Allow" in headline(response)


def code_of(way, kind):
    return RECOVERY if kind == "recovery" else way.otp


KINDS = pytest.mark.parametrize("kind", ["one-time", "recovery"])


def shown(response):
    """The page without the cookie of the login session, which only the first response sets."""
    return response.status, response.body


@KINDS
def test_a_second_click_shows_the_first_answer(way, kind):
    first, second = (way.send(code_of(way, kind)) for _ in range(2))
    assert is_let_in(first)
    assert shown(first) == shown(second)


@KINDS
@pytest.mark.parametrize("at", range(STEPS))
def test_a_double_click_shows_one_page(way, kind, at):
    seen = []
    perform = way.bent(at, lambda command: seen.append(way.send(code_of(way, kind))))
    seen.append(way.send(code_of(way, kind), perform))
    seen.append(way.send(code_of(way, kind)))
    *second, first, third = seen
    assert is_let_in(first)
    assert shown(third) == shown(first)
    assert not second or shown(second[0]) == shown(first) or second[0].status == 409


@KINDS
@pytest.mark.parametrize("verb", ["pop", "pass_step", "spend_code"])
def test_a_second_click_during_the_first_one_is_asked_to_retry(way, kind, verb, monkeypatch):
    """It does not count as a failure."""
    place = way.harness.second._ephemeral if verb == "pop" else way.harness.factors
    real, seen = getattr(place, verb), []

    def meet(*arguments):
        monkeypatch.setattr(place, verb, real)
        result = real(*arguments)
        seen.append(way.send(code_of(way, kind)))
        return result

    monkeypatch.setattr(place, verb, meet)
    first = way.send(code_of(way, kind))
    assert is_let_in(first)
    assert [(each.status, headline(each)) for each in seen] in ([(409, "One more step")], [])
    assert shown(way.send(code_of(way, kind))) == shown(first)
    assert not way.harness.factors.failures[ADA.id]


@pytest.mark.parametrize("at", range(STEPS))
def test_a_store_that_fails_at_any_step_costs_no_recovery_code(way, at):
    def fail(command):
        raise Unavailable("away")

    try:
        assert is_let_in(way.send(RECOVERY, way.bent(at, fail)))
    except Unavailable:
        assert is_let_in(way.send(RECOVERY))


def test_a_repeated_form_with_a_changed_value_is_refused(way):
    assert is_let_in(way.send(way.otp))
    with pytest.raises(PageError):
        way.send(way.otp, cookie=OTHER)
    with pytest.raises(PageError):
        way.send(way.otp, interaction="C" * 43)
    for more in ({"interaction": way.page()}, {"session": way.opened()}, {"session": ""}):
        assert not is_let_in(way.send(way.otp, **more))
    for code in ("", "totp1", RECOVERY):
        assert headline(way.send(code)) == "Sign in"
    assert is_let_in(way.send(way.otp))


def test_a_form_repeated_a_minute_later_asks_for_the_password(way):
    assert is_let_in(way.send(way.otp))
    way.clock.forward(NEXT_PAGE_LIFETIME - 1)
    assert is_let_in(way.send(way.otp))
    way.clock.forward(1)
    assert headline(way.send(way.otp)) == "Sign in"


def test_an_answered_page_is_not_shown_again(way):
    ticket = re.search('name="interaction" value="(.*?)"', way.send(way.otp).body.decode())[1]
    form = urlencode({"interaction": ticket, "answer": "deny"})
    sent = {"cookie": f"__Host-reticket_visit={COOKIE}", "content_type": FORM}
    assert way.run(form_of(way.flow, CONSENT)(request(body=form, **sent))).status == 303
    assert headline(way.send(way.otp)) == "Sign in"


@KINDS
def test_one_code_in_two_interactions_signs_in_only_one_of_them(way, kind, monkeypatch):
    """Both have found it right, and kept their pages."""
    first, other, let_in = way.session, way.opened(), []
    real = way.harness.people.remember_network

    def meet(*arguments):
        monkeypatch.setattr(way.harness.people, "remember_network", real)
        let_in.append(way.send(code_of(way, kind), session=other))
        return real(*arguments)

    monkeypatch.setattr(way.harness.people, "remember_network", meet)
    late = way.send(code_of(way, kind), session=first)
    assert is_let_in(let_in[0])
    for _ in range(2):
        assert (late.status, is_let_in(late)) == (409, False)
        late = way.send(code_of(way, kind), session=first)
    way.clock.forward(IN_PROGRESS_LIFETIME)
    assert headline(way.send(code_of(way, kind), session=first)) == "Sign in"


def test_a_remembered_answer_contains_no_code(way):
    way.send(RECOVERY)
    kept = repr(way.ephemeral._entries)
    assert "oauth:sent:led:" in kept
    assert not [each for each in (way.ticket, way.session, RECOVERY, "40718") if each in kept]
    (command,) = way.did(SecondFactor)
    assert RECOVERY not in repr(command)


def test_a_page_of_an_older_version_can_be_continued(way):
    answer = way.send(way.otp, interaction="", visit=way.ticket)
    assert 'name="interaction"' in answer.body.decode()


def test_openid_connect_core_3_1_2_1_another_person_than_the_hinted_one_gets_no_further():
    way = Way()
    way.interaction = replace(way.interaction, subject="b" * 32)
    way.ticket = way.page()
    page = way.send(way.otp)
    assert page.status == 403
    assert b"The app expects somebody else" in page.body
    assert way.did(BeginSession) == []
