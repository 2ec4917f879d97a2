"""Responses on the wire: one write for head and body, and a visible end."""

import pytest

from reticket.http.connection.head import parse
from reticket.http.connection.limits import Limits
from reticket.http.connection.response import Response


def said(*bodies, method="GET", version="1.1", status=200, headers=(), stays=True):
    """The writes of a response whose body comes in these pieces, and whether the connection closes
    then.
    """
    request = parse(f"{method} / HTTP/{version}\r\nHost: x\r\n\r\n".encode(), Limits())
    start = {"type": "http.response.start", "status": status, "headers": list(headers)}
    response = Response(request, start)
    writes = []
    for place, body in enumerate(bodies, 1):
        message = {"type": "http.response.body", "body": body, "more_body": place < len(bodies)}
        writes.append(response.bytes_of(message, [(b"date", b"now")], stays))
    assert response.ended
    return writes, response.closes


OK = b"HTTP/1.1 200 OK\r\ndate: now\r\n"


def test_head_and_body_are_one_write():
    assert said(b"hello") == ([OK + b"content-length: 5\r\n\r\nhello"], False)


def test_a_body_in_pieces_comes_in_chunks():
    writes, closes = said(b"ab", b"", b"c", b"")
    first = OK + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n"
    assert writes == [first, b"", b"1\r\nc\r\n", b"0\r\n\r\n"]
    assert not closes


def test_a_body_in_pieces_ends_with_the_connection_in_http_1_0():
    writes, closes = said(b"ab", b"c", version="1.0", stays=False)
    assert writes == [OK + b"connection: close\r\n\r\nab", b"c"]
    assert closes


def test_a_response_to_head_has_a_length_and_no_body():
    writes, _ = said(b"hello", method="HEAD", headers=[(b"content-length", b"5")])
    assert writes == [OK + b"content-length: 5\r\n\r\n"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body_has_no_length(status):
    (write,), _ = said(b"", status=status)
    assert write.endswith(b"\r\ndate: now\r\n\r\n")


def test_a_response_that_closes_has_one_connection_header():
    (write,), closes = said(b"", headers=[(b"connection", b"close")])
    assert write.count(b"connection: close") == 1
    assert closes


@pytest.mark.parametrize("pieces", [(b"abc",), (b"a",), (b"a", b"")])
def test_a_body_of_another_length_than_its_header_says_is_an_error(pieces):
    with pytest.raises(RuntimeError, match="has not the length"):
        said(*pieces, headers=[(b"content-length", b"2")])


def test_a_header_value_cannot_contain_a_line_break():
    with pytest.raises(ValueError, match="control"):
        said(b"", headers=[(b"a", b"b\r\nset-cookie: c")])
