"""A consent that is sent again gives one code, whichever step has failed before."""

from contextlib import suppress
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.core.operations import ran
from tests.dialects.oauth.hall import Harness, form_of, request
from tests.dialects.oauth.token_people import ADA, REDIRECT

from reticket.core.commands import Audit, Pop
from reticket.core.errors import Unavailable
from reticket.core.people import Client
from reticket.core.ports import Counted
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.endpoints.code_issuing import AuthorizationCodeHandler
from reticket.dialects.oauth.endpoints.device import DeviceConsentHandler
from reticket.dialects.oauth.grants.codes import (
    code_key,
    issued_code_key,
    load_grant,
    load_issued_code,
)
from reticket.dialects.oauth.inputs import FORM
from reticket.dialects.oauth.pages.flow import Flow
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.interaction import Interaction, Person, bind_to_browser, store
from reticket.dialects.oauth.pages.steps import CONSENT

CLIENT = Client("spa", True, False, {"redirect_uris": [REDIRECT]}, 0)
PERSON = Person(ADA.id, 1, ADA.email, 1_800_000_000, ("pwd",))
COOKIE = "A" * 43
STEPS = 9
"""As many as giving a code takes, or more."""


class Page(Harness):
    """A consent page; a test may replace `perform`."""

    def __init__(self, pushed):
        super().__init__(
            RandomBytes=lambda said: bytes([len(self.performed)]) * said.size,
            FindClient=lambda said: CLIENT,
        )
        order = AuthorizationRequest(
            "spa", REDIRECT, "openid", "c" * 43, pushed=pushed, answer_until=2**62
        )
        self.interaction = Interaction("spa", "Spa", "openid", order.to_json(), person=PERSON)

    def click(self, perform=None):
        """The code."""
        operation = AuthorizationCodeHandler(self.provider).allow(
            "ticket", self.interaction, PERSON
        )
        location = dict(ran(operation, perform or self._perform).headers)[b"location"]
        (code,) = parse_qs(urlsplit(location.decode()).query)["code"]
        return code

    def family_of(self, code):
        """The id of the family that the code will begin, as both entries of the code have it."""
        family = load_grant(self.ephemeral.peek(code_key(code))).family
        assert load_issued_code(self.ephemeral.peek(issued_code_key(code))).family == family
        return family

    @property
    def told(self):
        return [each.event for each in self.did(Audit)]


def away_from(at, is_done, page):
    """Performs commands like the page. From one command on the store cannot be reached; that
    command may have been done.
    """
    numbers = count()

    def perform(command):
        number = next(numbers)
        if number == at and is_done:
            page._perform(command)
        if number >= at:
            raise Unavailable("away")
        return page._perform(command)

    return perform


@pytest.fixture(params=[None, "d" * 64], ids=["asked", "pushed"])
def page(request):
    return Page(request.param)


@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done, unanswered"])
@pytest.mark.parametrize("at", range(STEPS))
def test_after_a_503_the_next_click_gives_a_code(page, at, is_done):
    with suppress(Unavailable):
        page.click(away_from(at, is_done, page))
    assert page.family_of(page.click())


@pytest.mark.parametrize("at", range(STEPS))
def test_a_double_click_gives_one_code(page, at):
    numbers, codes = count(), []

    def perform(command):
        if next(numbers) == at:
            codes.append(page.click())
        return page._perform(command)

    codes.append(page.click(perform))
    assert len(set(codes)) == 1
    assert page.family_of(codes[0])
    assert page.told == ["consented"]


@pytest.mark.parametrize("at", range(STEPS))
def test_a_code_that_was_used_meanwhile_is_not_given_again(page, at):
    numbers, codes = count(), []

    def perform(command):
        if next(numbers) == at:
            codes.append(page.click())
            page.ephemeral.pop(code_key(codes[0]))
        return page._perform(command)

    with suppress(PageError):
        page.click(perform)
    assert not any(page.ephemeral.peek(code_key(code)) for code in codes)
    assert page.told == ["consented"]


class Way(Page):
    """The consent page with its forms."""

    def __init__(self, ending):
        super().__init__(None)
        self.answers["Increment"] = lambda said: Counted(1, 0)
        handler = ending(self)
        self.flow = Flow(self.provider, handler)
        self.ticket = self.run(store(handler.path, bind_to_browser(self.interaction, COOKIE)))

    def send(self, answer, perform=None):
        """The status of what comes."""
        form = urlencode({"interaction": self.ticket, "answer": answer})
        more = {"cookie": f"__Host-reticket_visit={COOKIE}", "content_type": FORM}
        operation = form_of(self.flow, CONSENT)(request(body=form, **more))
        return ran(operation, perform or self._perform).status


@pytest.mark.parametrize(
    "ending",
    [
        lambda way: AuthorizationCodeHandler(way.provider),
        lambda way: DeviceConsentHandler(way.provider),
    ],
)
@pytest.mark.parametrize("answer", ["deny", "switch"])
@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done, unanswered"])
@pytest.mark.parametrize("at", range(STEPS))
def test_a_refusal_or_a_change_of_person_may_be_repeated(ending, answer, at, is_done):
    way = Way(ending)
    try:
        assert way.send(answer, away_from(at, is_done, way)) in (200, 303)
    except Unavailable:
        if isinstance(way.performed[-1], Pop):
            return  # all is done but the answer
        assert way.send(answer) in (200, 303)
