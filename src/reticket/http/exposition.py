"""`/metrics`: what was counted, in the text form that Prometheus reads."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence

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
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from reticket.core.errors import Unavailable
from reticket.http.metrics import EVENTS, LABELS, REQUESTS, SECONDS, SUM, Counts, Name

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
OUTCOMES = frozenset({"issued", "healed", "replayed", "reissued", "tolerated", "reused"})
"""Events that are outcomes of a refresh."""

_EVENT_LABELS = ("event", "resource", "cause")
_REQUEST_LABELS = ("dialect", "route", "status")


class _Families(Collector):
    """Counts in the library's terms."""

    def __init__(self, counts: Counts, ready: bool) -> None:
        self._counts = counts
        self._ready = ready

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("reticket_ready", "Whether the stores answer.", float(self._ready))
        yield self._counter("events", "Events of the audit stream.", EVENTS, _EVENT_LABELS)
        yield self._refreshes()
        yield self._counter("requests", "Answers by status.", REQUESTS, _REQUEST_LABELS)
        yield self._durations()

    def _counter(self, name: str, text: str, kind: str, labels: Sequence[str]) -> Metric:
        family = CounterMetricFamily(f"reticket_{name}", text, labels=labels)
        for names, count in self._of(kind):
            family.add_metric(names, count)
        return family

    def _refreshes(self) -> Metric:
        family = CounterMetricFamily(
            "reticket_refreshes", "Refreshes by outcome.", labels=("resource", "outcome")
        )
        found: dict[Name, float] = {}
        for (event, resource, _), count in self._of(EVENTS):
            if event in OUTCOMES:
                found[resource, event] = found.get((resource, event), 0) + count
        for names, count in found.items():
            family.add_metric(names, count)
        return family

    def _durations(self) -> Metric:
        family = HistogramMetricFamily(
            "reticket_request_seconds", "Time to an answer.", labels=("dialect", "route")
        )
        for (dialect, route), total in self._of(SUM):
            buckets, below = [], 0.0
            for label in LABELS:
                below += self._counts.get((SECONDS, dialect, route, label), 0)
                buckets.append((label, below))
            family.add_metric((dialect, route), buckets, total)
        return family

    def _of(self, kind: str) -> list[tuple[Name, float]]:
        return sorted((name[1:], n) for name, n in self._counts.items() if name[0] == kind)


def metrics_route(
    counts: Callable[[], Counts], ready: Callable[[], None], asked_from: Sequence[Network]
) -> Route:
    """`/metrics`, for those addresses alone: counts by cause would tell an attacker what no
    answer does. Everybody else finds nothing there.

    Args:
        counts: of all processes.
        ready: raises Unavailable while the stores do not answer.
        asked_from: none for nobody.
    """

    async def metrics(request: Request) -> Response:
        if not _is_welcome(request, asked_from):
            return PlainTextResponse("not found", 404)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        registry = CollectorRegistry(auto_describe=False)
        registry.register(await run_in_threadpool(lambda: _Families(counts(), _is_ready(ready))))
        return Response(encode(registry), headers={"content-type": media_type})

    return Route("/metrics", metrics)


def _is_welcome(request: Request, asked_from: Sequence[Network]) -> bool:
    """A proxy that is trusted has put its client in its own place by now; one that is not may
    stand here for anybody.
    """
    if request.client is None:
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return not forwarded and any(address in network for network in asked_from)


def _is_ready(ready: Callable[[], None]) -> bool:
    try:
        ready()
    except Unavailable:
        return False
    return True
