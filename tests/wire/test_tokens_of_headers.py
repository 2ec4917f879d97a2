"""The token of a request's `Authorization`, with the scheme Bearer or without a scheme."""

import pytest

from reticket.core.model import Caller
from reticket.wire import WireRequest


def request(*values):
    headers = [(b"authorization", value) for value in values]
    return WireRequest("GET", "/", b"", headers, b"", Caller("192.0.2.1", "0" * 32, None))


@pytest.mark.parametrize("said", [b"abc", b" abc ", b"Bearer abc", b"bearer  abc"])
def test_a_token_is_read_without_a_scheme_and_with_bearer(said):
    assert request(said).bare_token() == "abc"


@pytest.mark.parametrize("said", [b"", b"Basic abc", b"one two three"])
def test_another_scheme_has_no_token(said):
    assert request(said).bare_token() is None


def test_a_request_without_the_header_has_no_token():
    assert request().bare_token() is None
