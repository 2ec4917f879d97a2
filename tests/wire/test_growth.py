"""Twice the input costs about twice the work, in every dialect, and there is a most of everything:
counted in lines and bytes (`work_of`), never by a clock.
"""

import gc
import sys
from contextlib import closing

import pytest
from tests.wire.hostile import FORMS, requests, requests_of_a_client
from tests.wire.work import work_of

from reticket.core.commands import Audit, CheckNonce, FindClient, Increment, MakeNonce, Now, Peek
from reticket.core.errors import Code, Refusal
from reticket.core.people import Client
from reticket.core.ports import Counted
from reticket.dialects.cloudreve.inputs import LONGEST_TEXT
from reticket.dialects.cloudreve.inputs import _text as cloudreve_text
from reticket.dialects.kibo.fields import parse as parse_fields
from reticket.dialects.oauth.inputs import parse_parameters
from reticket.http.correlation import chosen_id
from reticket.http.edge import Edge
from reticket.http.incidents import Incidents
from reticket.leading_json import parse_leading_json
from reticket.oauth.lists import split_list
from reticket.oauth.registration import GRANTS
from reticket.runtime.opening import Builder
from reticket.wire import (
    LONGEST_FORM,
    MOST_ESCAPES,
    MOST_PAIRS,
    parse_pairs,
)

MOST_GROWTH = 2.6
"""Twice, and something for tables that double when they are full."""

SIZES = ((120, 240), (600, 1200))
"""Below the limits and beyond them."""


def dialects():
    return Builder().dialects(Builder().load(None, {}))


SPA = Client(
    "spa",
    public=True,
    disabled=False,
    registration={
        "grants": list(GRANTS), "policy": {"preset": "BROWSER"}, "redirect_uris": ["http://127.0.0.1/callback"],
        "scopes": ["a", "b", "openid"], "resources": ["a", "aaaaaaaa", "b"],
    },
    created_at=0,
)  # fmt: skip

RESULTS = {
    FindClient: SPA,
    Increment: Counted(1, 1000),
    Now: 1_800_000_000_000,
    Audit: None,
    CheckNonce: True,
    MakeNonce: "nonce",
    Peek: None,
}
"""What the service says, wherever an operation goes on after it without more than was asked."""


def understood(route, request, met):
    """Reads the request, up to the first command whose result is not known here, and writes down
    which commands there were.
    """

    def run():
        operation = route.operate(request)
        met.append(type(next(operation)))
        while met[-1] in RESULTS:
            met.append(type(operation.send(RESULTS[met[-1]])))

    return run


ROUTES = [
    pytest.param(route, id=f"{dialect.name} {route.method} {route.path}")
    for dialect in dialects()
    for route in dialect.routes
]


@pytest.mark.parametrize("route", ROUTES)
def test_no_operation_reads_its_request_in_more_than_linear_work(route):
    for name, made in requests(route.method).items():
        for small, big in SIZES:
            works = [work_of(understood(route, made(n), [])) for n in (small, big)]
            assert works[1] <= MOST_GROWTH * works[0] + 100, (name, small, works)


OF_OAUTH = [
    pytest.param(route, id=f"{route.method} {route.path}")
    for dialect in dialects()
    for route in dialect.routes
    if dialect.name == "oauth"
    and route.path.endswith(("/token", "/authorize", "/par", "/device"))
    and (route.method, route.path) != ("GET", "/device")
]


@pytest.mark.parametrize("route", OF_OAUTH)
def test_requests_of_a_known_client_are_linear_work_too(route):
    met = []
    for name, made in requests_of_a_client(route.method).items():
        for small, big in SIZES:
            works = [work_of(understood(route, made(n), met)) for n in (small, big)]
            assert works[1] <= MOST_GROWTH * works[0] + 100, (name, small, works)
    assert {FindClient} < set(met)


PARSERS = {
    "once": lambda n: parse_parameters([("resource", "a" * 8)] * n),
    "words": lambda n: split_list("a b " * n),
    "a form": lambda n: parse_pairs(b"resource=a%20b&" * n),
    "percent signs": lambda n: parse_pairs(b"a=" + b"%41%" * n),
    "leading JSON": lambda n: parse_leading_json(b'{"a":"' + b"\\ud83d" * n + b'"}'),
    "a correlation id": lambda n: chosen_id(b"0123abcd-" * n),
}


@pytest.mark.parametrize("name", PARSERS)
def test_no_parser_does_more_than_linear_work(name):
    for small, big in SIZES:
        works = [work_of(lambda n=n: PARSERS[name](n)) for n in (small, big)]
        assert works[1] <= MOST_GROWTH * works[0] + 100, (name, works)


def deep(count):
    text = "a(" * count + ")" * count

    def read():
        with pytest.raises(Refusal) as raised:
            parse_fields(text)
        assert raised.value.code is Code.INVALID_PARAMETER

    return read


def test_parentheses_beyond_the_limit_cost_no_more_work():
    works = [work_of(deep(n)) for n in (20_000, 40_000)]
    assert works[1] <= works[0] + 100


def test_no_more_surrogates_are_replaced_than_a_valid_text_has_characters():
    assert cloudreve_text("\ud83d" * 40_000) == "\ufffd" * LONGEST_TEXT


class Pieces:
    """A body that comes in many small pieces."""

    def __init__(self, count):
        self._left = count

    async def receive(self):
        self._left -= 1
        return {"type": "http.request", "body": b"a" * 16, "more_body": self._left > 0}


def test_a_body_in_small_pieces_is_put_together_in_linear_work():
    edge = Edge(None, None, None, 2**20, None, (), Incidents(print, lambda: 0.0))

    def read(count):
        reading = edge._body({"headers": []}, Pieces(count).receive)
        with closing(reading), pytest.raises(StopIteration) as done:
            reading.send(None)
        assert len(done.value.value) == 16 * count

    works = [work_of(lambda n=n: read(n)) for n in (4000, 8000)]
    assert works[1] <= MOST_GROWTH * works[0]


def joined_badly(count):
    text = ""
    for _ in range(count):
        text = f"{text} {'a' * 64}".strip()


def searched_badly(count):
    seen = []
    for number in range(count):
        if all(each != number for each in seen):
            seen.append(number)


def counted_badly(count):
    numbers = list(range(count))
    for number in numbers:
        numbers.count(number)


def looked_up_badly(count):
    seen = []
    for number in range(count):
        if number not in seen:
            seen.append(number)


@pytest.mark.parametrize("badly", [joined_badly, searched_badly, counted_badly, looked_up_badly])
def test_the_check_finds_quadratic_work(badly):
    works = [work_of(lambda n=n: badly(n)) for n in (200, 400)]
    assert works[1] > 3 * works[0]


@pytest.mark.parametrize("text", [f(MOST_PAIRS + 1) for f in (FORMS["names"], FORMS["separators"])])
def test_too_many_parameters_are_malformed(text):
    assert len(parse_pairs(FORMS["names"](MOST_PAIRS))) == MOST_PAIRS
    with pytest.raises(Refusal) as raised:
        parse_pairs(text)
    assert raised.value.code is Code.MALFORMED


@pytest.mark.parametrize(
    ("most", "beyond"),
    [
        (b"a=" + b"%41" * MOST_ESCAPES, b"a=" + b"%" * (MOST_ESCAPES + 1)),
        (b"a=" + b"b" * (LONGEST_FORM - 2), b"a=" + b"b" * (LONGEST_FORM - 1)),
    ],
    ids=["escapes", "bytes"],
)
def test_a_too_long_form_is_malformed_before_it_is_decoded(most, beyond):
    assert len(parse_pairs(most)) == 1
    with pytest.raises(Refusal) as raised:
        parse_pairs(beyond)
    assert raised.value.code is Code.MALFORMED


def test_what_the_garbage_collector_calls_back_is_not_counted():
    """Hypothesis is called back so."""

    def hear(phase, info):
        sum(len(str(number)) for number in range(100))

    def leave_cycles():
        for _ in range(5000):
            cycle = []
            cycle.append(cycle)

    before = work_of(leave_cycles)
    gc.callbacks.append(hear)
    try:
        assert work_of(leave_cycles) <= before + 100
    finally:
        gc.callbacks.remove(hear)
    assert gc.isenabled()


def test_counting_restores_the_previous_trace_function():
    """Else the survey of `make mutants` is blind from then on, and all mutants seem to live."""
    before = sys.gettrace(), sys.getprofile()

    def other(*event):
        """Hears nothing."""

    sys.settrace(other)
    sys.setprofile(other)
    try:
        work_of(int)
        found = sys.gettrace(), sys.getprofile()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    assert found == (other, other)
