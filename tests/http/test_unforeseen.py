"""An internal error has the dialect's form and reveals no details (ASVS 16.5)."""

import asyncio

import pytest
from structlog.testing import capture_logs

from reticket.core.errors import Cause, Code, Refusal, ReticketError
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge
from reticket.http.incidents import Incidents
from reticket.http.routing import RoutingTable
from reticket.runtime.opening import Builder
from reticket.settings.loading import load
from reticket.testing.dialect_fixtures import request_of
from reticket.wire import Route, WireResponse

INSIDE = "a row of families.sqlite"


def fail(request):
    raise KeyError(INSIDE)


def refuse(request):
    raise Refusal(Code.INVALID_TOKEN, Cause.FORGED)


def let_in(request):
    return WireResponse(200, b"{}")
    yield


def answer_of(dialect, operate=fail):
    """What a request is answered that meets a fault, or something else; and what the log says."""
    dialect.routes = [Route("GET", "/fault", operate)]
    incidents = Incidents(lambda name: None, lambda: 0.0)
    edge = Edge(RoutingTable([dialect]), None, None, 1000, Deadlines(60), [], incidents)
    scope = {"type": "http", "method": "GET", "path": f"{dialect.base_path}/fault",
             "query_string": b"", "headers": [], "client": ("192.0.2.1", 1)}  # fmt: skip
    said = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        said.append(message)

    with capture_logs() as lines:
        asyncio.run(edge(scope, receive, send))
    return said, lines


@pytest.mark.parametrize("settings", [{}, {"debug": True}], ids=["", "debug"])
def test_an_internal_error_has_the_form_of_the_dialect_and_no_details(settings):
    for dialect in Builder().dialects(load(None, settings)):
        (start, body), lines = answer_of(dialect)
        assert [line["event"] for line in lines] == ["internal_error"]
        request = request_of({"method": "GET", "path": f"{dialect.base_path}/fault"})
        assert start["status"] == dialect.refuse(request, ReticketError()).status
        told = f"{start['headers']}{body['body']}"
        assert [word for word in (INSIDE, "KeyError", "Traceback", ".py") if word in told] == []


@pytest.mark.parametrize(("operate", "refuses"), [(refuse, True), (fail, True), (let_in, False)])
def test_the_connection_counts_a_refusal_with_any_status(operate, refuses):
    """Cloudreve refuses with 200."""
    for dialect in Builder().dialects(load(None, {})):
        (start, _), _ = answer_of(dialect, operate)
        assert start["refuses"] is refuses
