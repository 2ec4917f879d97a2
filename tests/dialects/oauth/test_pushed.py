"""When a pushed request (RFC 9126) may be answered, and how often."""

import pytest
from tests.dialects.oauth.hall import Harness

from reticket.core.errors import Cause
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.endpoints.par import REQUEST_URI_LIFETIME
from reticket.dialects.oauth.endpoints.pushed_answers import (
    ANSWER_LIFETIME,
    ANSWERED_LIFETIME,
    answer_once,
    with_deadline,
)
from reticket.dialects.oauth.pages.html import PageError

ORDER = AuthorizationRequest("web", "https://app.example.com/callback", "openid", "challenge")


@pytest.fixture
def harness():
    return Harness()


def refused(harness, order, answer):
    with pytest.raises(PageError) as raised:
        harness.run(answer_once(order, answer, None))
    return raised.value.cause


def test_a_request_that_was_not_pushed_may_be_answered_repeatedly(harness):
    for answer in ("one", "another"):
        harness.run(answer_once(ORDER, answer, None))
    assert harness.performed == []


def test_the_first_answer_to_a_pushed_request_counts_and_may_be_repeated(harness):
    order = harness.run(with_deadline(ORDER, "digest"))
    harness.run(answer_once(order, "one", None))
    harness.run(answer_once(order, "one", None))
    assert refused(harness, order, "another") is Cause.USED


def test_an_opened_pushed_request_must_be_answered_in_time(harness):
    order = harness.run(with_deadline(ORDER, "digest"))
    harness.clock.forward(ANSWER_LIFETIME + 1)
    assert refused(harness, order, "one") is Cause.EXPIRED


def test_the_answer_is_remembered_for_longer_than_an_interaction(harness):
    first = harness.run(with_deadline(ORDER, "digest"))
    harness.run(answer_once(first, "one", None))
    harness.clock.forward(REQUEST_URI_LIFETIME)
    last = harness.run(with_deadline(ORDER, "digest"))
    harness.clock.forward(ANSWER_LIFETIME)
    assert refused(harness, last, "another") is Cause.USED
    assert REQUEST_URI_LIFETIME + ANSWER_LIFETIME < ANSWERED_LIFETIME
