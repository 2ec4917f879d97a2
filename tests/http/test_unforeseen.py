"""A fault of ours is the dialect's own answer, and tells nothing of itself (ASVS 16.5)."""

import asyncio

import pytest
from structlog.testing import capture_logs

from reticket.app import Builder
from reticket.config import load
from reticket.core.errors import ReticketError
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge
from reticket.http.incidents import Incidents
from reticket.http.routing import RoutingTable
from reticket.testing.dialect_fixtures import request_of
from reticket.wire import Route

INSIDE = "a row of families.sqlite"


def fail(request):
    raise KeyError(INSIDE)


def answer_of(dialect):
    """What a request is answered that meets a fault; and what the log says."""
    dialect.routes = [Route("GET", "/fault", fail)]
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
def test_a_fault_of_ours_is_the_dialects_own_answer_and_tells_nothing_of_itself(settings):
    for dialect in Builder().dialects(load(None, settings)):
        (start, body), lines = answer_of(dialect)
        assert [line["event"] for line in lines] == ["internal_error"]
        request = request_of({"method": "GET", "path": f"{dialect.base_path}/fault"})
        assert start["status"] == dialect.refuse(request, ReticketError()).status
        told = f"{start['headers']}{body['body']}"
        assert [word for word in (INSIDE, "KeyError", "Traceback", ".py") if word in told] == []
