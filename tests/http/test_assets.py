"""A long response is written in small pieces, so a client that does not read holds one piece."""

import asyncio

import pytest

from reticket.http.assets import NAMES, PIECE
from reticket.http.pages import Documents, pages

LONG = b'{"openapi": "' + b"x" * (5 * PIECE) + b'"}'


def messages_of(path, *headers, method="GET"):
    """The ASGI messages of a page's response."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("no body is wanted")

    app = pages(Documents({"kibo": LONG}, {"kibo": LONG}), lambda: None, None)
    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    scope |= {"query_string": b"", "root_path": ""}
    asyncio.run(app(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    "path", [*(f"/docs/assets/{name}" for name in NAMES), "/openapi/kibo.json", "/docs/kibo.json"]
)
def test_a_long_response_is_written_in_pieces(path):
    start, *pieces = messages_of(path)
    assert start["status"] == 200
    length = int(dict(start["headers"])[b"content-length"])
    assert sum(len(each["body"]) for each in pieces) == length > 0
    assert max(len(each["body"]) for each in pieces) <= PIECE
    assert [each["more_body"] for each in pieces] == [True] * (len(pieces) - 1) + [False]


def test_a_client_with_the_current_file_gets_304():
    (start, *_) = messages_of("/docs/assets/swagger-ui.css")
    tag = dict(start["headers"])[b"etag"]
    assert dict(start["headers"])[b"content-type"] == b"text/css; charset=utf-8"
    known, *_ = messages_of("/docs/assets/swagger-ui.css", (b"if-none-match", tag))
    assert (known["status"], dict(known["headers"])[b"etag"]) == (304, tag)


@pytest.mark.parametrize("name", ["index.html", "..%2fx", "nothing.js"])
def test_no_other_file_is_served(name):
    assert messages_of(f"/docs/assets/{name}")[0]["status"] == 404
