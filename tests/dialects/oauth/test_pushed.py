"""When a pushed request (RFC 9126) may be answered, and how often."""

import pytest
from tests.dialects.oauth.hall import Hall

from reticket.core.errors import Cause
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.endpoints.par import (
    ANSWER_LIFETIME,
    ANSWERED_LIFETIME,
    REQUEST_URI_LIFETIME,
    answer_once,
    with_deadline,
)
from reticket.dialects.oauth.pages.html import PageError

ORDER = AuthorizationRequest("web", "https://app.example.com/callback", "openid", "challenge")


@pytest.fixture
def hall():
    return Hall()


def refused(hall, order, answer):
    with pytest.raises(PageError) as raised:
        hall.run(answer_once(order, answer, None))
    return raised.value.cause


def test_a_request_that_was_not_pushed_may_be_answered_repeatedly(hall):
    for answer in ("one", "another"):
        hall.run(answer_once(ORDER, answer, None))
    assert hall.performed == []


def test_the_first_answer_to_a_pushed_request_counts_and_may_be_repeated(hall):
    order = hall.run(with_deadline(ORDER, "digest"))
    hall.run(answer_once(order, "one", None))
    hall.run(answer_once(order, "one", None))
    assert refused(hall, order, "another") is Cause.USED


def test_an_opened_pushed_request_must_be_answered_in_time(hall):
    order = hall.run(with_deadline(ORDER, "digest"))
    hall.clock.forward(ANSWER_LIFETIME + 1)
    assert refused(hall, order, "one") is Cause.EXPIRED


def test_the_answer_is_remembered_for_longer_than_an_interaction(hall):
    first = hall.run(with_deadline(ORDER, "digest"))
    hall.run(answer_once(first, "one", None))
    hall.clock.forward(REQUEST_URI_LIFETIME)
    last = hall.run(with_deadline(ORDER, "digest"))
    hall.clock.forward(ANSWER_LIFETIME)
    assert refused(hall, last, "another") is Cause.USED
    assert REQUEST_URI_LIFETIME + ANSWER_LIFETIME < ANSWERED_LIFETIME
