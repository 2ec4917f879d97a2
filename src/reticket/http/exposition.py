"""`/metrics`: the counts, in Prometheus's text format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from hmac import compare_digest

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response

from reticket.core.errors import Unavailable
from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.incidents import ACCEPTING, ENDED, OPEN, REFUSED, UNNAMED
from reticket.http.metrics import EVENTS, LABELS, LOST, REQUESTS, SECONDS, SUM, Counts, Name

PATH = "/metrics"
OUTCOMES = frozenset({"issued", "healed", "replayed", "reissued", "tolerated", "reused"})
"""Events that are outcomes of a refresh."""

_EVENT_LABELS = ("event", "kind", "cause")
_REQUEST_LABELS = ("dialect", "route", "status")


class _Families(Collector):
    """Counts as metrics of the Prometheus library."""

    def __init__(self, counts: Counts, ready: bool) -> None:
        self._counts = counts
        self._ready = ready

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("reticket_ready", "Whether the stores answer.", float(self._ready))
        yield self._counter("events", "Events of the audit stream.", EVENTS, _EVENT_LABELS)
        yield CounterMetricFamily(
            "reticket_audit_lost",
            "Events that could not be written into the audit stream.",
            self._counts.get((LOST,), 0),
        )
        yield self._refreshes()
        yield self._counter("requests", "Answers by status.", REQUESTS, _REQUEST_LABELS)
        yield self._durations()
        open_now = sum(count for _, count in self._counts_of(OPEN))
        yield GaugeMetricFamily("reticket_connections", "Open connections.", open_now)
        yield self._counter("requests_refused", "By the server.", REFUSED, ("status", "reason"))
        yield self._counter("connections_ended", "By a limit.", ENDED, ("reason",))
        yield self._counter("accept_errors", "Of the system.", ACCEPTING, ("error",))
        yield self._counter("unnamed_proxy_requests", "Forwarded, not trusted.", UNNAMED, ())

    def _counter(self, name: str, text: str, kind: str, labels: Sequence[str]) -> Metric:
        family = CounterMetricFamily(f"reticket_{name}", text, labels=labels)
        for names, count in self._counts_of(kind):
            family.add_metric(names, count)
        return family

    def _refreshes(self) -> Metric:
        family = CounterMetricFamily(
            "reticket_refreshes", "Refreshes by outcome.", labels=("kind", "outcome")
        )
        found: dict[Name, float] = {}
        for (event, kind, _), count in self._counts_of(EVENTS):
            if event in OUTCOMES:
                found[kind, event] = found.get((kind, event), 0) + count
        for names, count in found.items():
            family.add_metric(names, count)
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(
            "reticket_request_seconds", "Time to an answer.", labels=("dialect", "route")
        )
        for (dialect, route), total in self._counts_of(SUM):
            buckets, below = [], 0.0
            for label in LABELS:
                below += self._counts.get((SECONDS, dialect, route, label), 0)
                buckets.append((label, below))
            family.add_metric((dialect, route), buckets, total)
        return family

    def _counts_of(self, kind: str) -> list[tuple[Name, float]]:
        return sorted((name[1:], n) for name, n in self._counts.items() if name[0] == kind)


class MetricsPage:
    """Answers with the counts; anybody who can reach the page may read them.

    Args:
        counts: of all processes.
        ready: raises Unavailable while the stores do not answer.
    """

    def __init__(self, counts: Callable[[], Counts], ready: Callable[[], None]) -> None:
        self._counts = counts
        self._ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        encode, media_type = choose_encoder(Headers(scope=scope).get("accept", ""))
        registry = CollectorRegistry(auto_describe=False)
        registry.register(await run_in_threadpool(self._families))
        response = Response(encode(registry), headers={"content-type": media_type})
        await response(scope, receive, send)

    def _families(self) -> _Families:
        return _Families(self._counts(), _is_ready(self._ready))


class RequireBearer:
    """Passes requests with the right bearer token; any other gets 404, whatever its method.

    Args:
        app: the application behind it.
        token: only its digest is kept.
    """

    def __init__(self, app: Asgi, token: str) -> None:
        self._app = app
        self._expected = _digest("bearer", token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if not compare_digest(_digest(scheme.lower(), token), self._expected):
            raise HTTPException(404)
        await self._app(scope, receive, send)


def _digest(scheme: str, token: str) -> bytes:
    return sha256(f"{scheme} {token}".encode()).digest()


def _is_ready(ready: Callable[[], None]) -> bool:
    try:
        ready()
    except Unavailable:
        return False
    return True
