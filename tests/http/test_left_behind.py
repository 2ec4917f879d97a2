"""A refused request leaves no reference cycle."""

import asyncio
import gc
import weakref
from collections import defaultdict

import pytest

from reticket.core.commands import Now
from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.dialects import akinon
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge
from reticket.http.incidents import Incidents
from reticket.http.routing import RoutingTable

PATH = "/api/v1/auth/refresh-token"


class Body:
    """What a request has brought."""


def refused():
    refusal = Refusal(Code.INVALID_TOKEN, Cause.FORGED)
    raise refusal


def unavailable():
    refusal = Unavailable("no disk")
    raise refusal from KeyError("row")


def unforeseen():
    fault = ValueError("a fault")
    raise fault


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("fail", [refused, unavailable, unforeseen])
def test_the_body_is_freed_after_the_response(no_collector, monkeypatch, fail):
    kept = []

    def operate(request):
        body = Body()
        kept.append(weakref.ref(body))
        yield Now()

    async def performed(command, caller):
        fail()

    async def scenario():
        table = RoutingTable([akinon.build({})])
        monkeypatch.setattr(type(table.find("POST", PATH).route), "operate", staticmethod(operate))
        performers, incidents = defaultdict(lambda: performed), Incidents(print, lambda: 0.0)
        edge = Edge(table, performers, None, 1000, Deadlines(60), [], incidents)
        scope = {"type": "http", "method": "POST", "path": PATH, "headers": [],
                 "query_string": b"", "client": ("192.0.2.1", 1)}  # fmt: skip
        said = []

        async def receive():
            return {"type": "http.request", "body": b"{}"}

        async def send(message):
            said.append(message)

        await edge(scope, receive, send)
        assert said[0]["status"] in (401, 500, 503)

    asyncio.run(scenario())
    assert [body() for body in kept] == [None]
