"""Two services over data of their own, and a front that changes the answers of one."""

from __future__ import annotations

import io
import threading
from contextlib import ExitStack
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from reticket import dialects
from reticket.fetching.given_server import GivenServer
from reticket.moving.compare.asking import compared
from reticket.moving.compare.made import made_sample
from reticket.moving.compare.signed_in import read_credentials, signed_in_sample
from reticket.testing import running_server

DEMO = b"""
{"example":"Akinon","username":"ada@example.com","password":"correct horse"}
{"example":"Cloudreve","email":"ada@example.com","password":"correct horse"}
{"example":"Kibo application","applicationId":"ns.app.1.0.0.Release","sharedSecret":"s3cret"}
{"example":"Kibo developer","emailAddress":"ada@example.com","password":"correct horse"}
{"example":"Kibo admin user","emailAddress":"ada@example.com","password":"correct horse"}
{"example":"Kibo shop","applicationId":"ns.app.1.0.0.Release","sharedSecret":"s3cret",\
"username":"joan@example.com","password":"hut eight"}
{"example":"OAuth client","client_id":"backend","client_secret":"backend-secret"}
"""
SETTINGS = {
    "RETICKET_ISSUER": "https://id.example.com",
    "RETICKET_SIGN_IN__ADDRESS_FAILURES": "100000",
    "RETICKET_SIGN_IN__ACCOUNT_FAILURES": "100000",
}
"""Many comparisons come from one address."""


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    """The addresses of two services. Keys, ids and sessions of each are its own."""
    with ExitStack() as stack:
        folders = [tmp_path_factory.mktemp(name) for name in ("ours", "theirs")]
        started = [running_server(each, settings=SETTINGS) for each in folders]
        yield [stack.enter_context(each).url for each in started]


def sample_of(name):
    """What is made of a dialect, and sign-ins of the people of the demo."""
    dialect = dialects.modules()[name].build()
    titles = {example.title for example in dialect.examples}
    known = [each for each in read_credentials(io.BytesIO(DEMO), "demo") if each.example in titles]
    return [*made_sample(dialect), *signed_in_sample(dialect.examples, known)]


def short_sample(name):
    """Part of the same: sign-ins, and some of the other requests."""
    sample = sample_of(name)
    return [*sample[:80], *sample[-4:]]


def differences_of(sample, ours, theirs, ignored=()):
    report = compared(sample, GivenServer(ours), GivenServer(theirs), ignored)
    assert report.left_out == []
    assert report.compared == sum(len(talk.calls) for talk in sample)
    return report.differences


@pytest.fixture
def fronted():
    """Puts a front before a service; it changes each answer by a function of the answer."""
    with ExitStack() as stack:

        def front(url, change):
            handler = type("Handler", (_Front,), {"behind": urlsplit(url).netloc, "change": change})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield front


class Answer:
    """An answer that a change may alter. Names of headers are in lower case."""

    def __init__(self, path, status, headers, body):
        self.path, self.status, self.headers, self.body = path, status, headers, body


class _Front(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        connection = HTTPConnection(self.behind)
        connection.request(self.command, self.path, body or None, dict(self.headers))
        response = connection.getresponse()
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        answer = Answer(self.path, response.status, headers, response.read())
        connection.close()
        type(self).change(answer)
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, str(len(answer.body)) if name == "content-length" else value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

    def log_message(self, *arguments):
        pass
