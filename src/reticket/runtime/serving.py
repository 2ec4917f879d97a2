"""The ASGI application over an opened service, and what each worker needs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from socket import socket

from starlette.routing import Route

from reticket import __version__
from reticket.admin import Admin, AdminContext
from reticket.core.queues.batch_queue import LONGEST_WAIT
from reticket.core.storage.upkeep import Upkeep
from reticket.http.asgi import Asgi
from reticket.http.connection.connection_limits import ConnectionLimits
from reticket.http.connection.limits import Limits
from reticket.http.connection.request_memory import RequestMemory
from reticket.http.cors import readable
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge, logged
from reticket.http.exposition import PATH, MetricsPage, RequireBearer
from reticket.http.incidents import OPEN, Incidents
from reticket.http.issuer_path import also_below
from reticket.http.metrics import CountFiles, CountingAuditLog, Meter
from reticket.http.metrics_listener import beside
from reticket.http.only_local import only_local
from reticket.http.pages import pages
from reticket.http.readiness import Readiness
from reticket.http.routing import RoutingTable
from reticket.http.server import ConnectionTimeouts, Listener, WorkerEnvironment
from reticket.http.untrusted_proxies import UntrustedProxies
from reticket.oauth.provider import BASE, CLIENT
from reticket.runtime import demo
from reticket.runtime.assembly import service_of, worker_pools_of
from reticket.runtime.background import INTERVAL, background_tasks, background_work
from reticket.runtime.documents import documents_of, places_of
from reticket.runtime.every_policy import provider_of
from reticket.runtime.opened_service import OpenedService
from reticket.settings import Settings
from reticket.wire import Dialect
from reticket.wire_paths import WELL_KNOWN

FOR_PROXIES = 16
"""One in this many connections is reserved for trusted proxies, when there are any."""

_FOR_OPERATORS = ("/admin/", PATH)
"""Beginnings of paths that no script of another origin reads, whether they lead anywhere or not."""

_NAMED = (f"{BASE}/", WELL_KNOWN)
"""Prefixes of all paths in metadata documents."""


def application(
    instance: OpenedService,
    meter: Meter,
    incidents: Incidents,
    is_local: bool,
    metrics: socket | None = None,
) -> Asgi:
    """The ASGI application over an opened service; its lifespan runs the background tasks.

    Args:
        instance: the opened service.
        meter: counts in this process.
        incidents: logs what goes wrong in this process.
        is_local: whether only this machine is answered; it also becomes so when the directory is
            marked as a demo's.
        metrics: the socket where `/metrics` needs no token; None for no such listener.
    """
    settings = instance.settings
    pools = worker_pools_of(settings)
    is_counted = bool(metrics or settings.metrics_token)
    instance = _counted(instance, meter) if is_counted else instance
    dialects = [*instance.dialects, *_admin(instance)]
    is_demo = demo.is_marked(instance)
    address = provider_of(settings).issuer
    documents = documents_of(dialects if settings.docs else (), address, with_examples=is_demo)
    ready = Readiness(instance.ready)
    page = MetricsPage(meter.counts, ready)
    service = service_of(instance, pools)
    reach = demo.Reach(instance, is_local)
    works = [*background_work(instance, pools, meter), (pools.directory, reach.check, INTERVAL)]
    errands = [errand for dialect in dialects for errand in dialect.errands]
    tasks = background_tasks(works, errands, pools, service, incidents)
    lifespan = beside(tasks, page, metrics, incidents)
    more = _for_bearers(page, settings.metrics_token)
    others = pages(
        documents,
        ready,
        lifespan,
        more=more,
        places=places_of(dialects),
        demo_version=__version__ if is_demo else None,
    )
    observers = [meter.observe] if is_counted else []
    observers += [logged] if settings.access_log else []
    deadlines = Deadlines(settings.busy_timeout + LONGEST_WAIT)
    edge = Edge(
        RoutingTable(dialects),
        service.performers,
        others,
        settings.body_limit,
        deadlines,
        observers,
        incidents,
    )
    shared = readable(edge, settings.cors_origins, (*_FOR_OPERATORS, *_unreadable(dialects)))
    answering = also_below(provider_of(settings).path, _NAMED, shared)
    return only_local(answering, reach)


def meter_of(settings: Settings, number: int = 0) -> Meter:
    """The counts of the process with that number."""
    return Meter(count_files_of(settings, number) if settings.workers > 1 else None)


def count_files_of(settings: Settings, number: int) -> CountFiles:
    """The files with the counts of all workers, and that of the worker with that number."""
    return CountFiles(settings.data / "metrics", number)


def connection_limits_of(settings: Settings) -> ConnectionLimits:
    """The limits on connections that all workers share."""
    said = settings.connections
    kept = said.total // FOR_PROXIES if settings.trusted_proxies else 0
    return ConnectionLimits(settings.workers, said.total, said.per_address, os.urandom(32), kept)


def incidents_of(meter: Meter) -> Incidents:
    """The incidents of a process: one object for all its parts, so that the log has one line a
    minute.
    """
    return Incidents(meter.count, time.monotonic)


def environment_of(
    settings: Settings, caps: ConnectionLimits, meter: Meter, incidents: Incidents, number: int
) -> WorkerEnvironment:
    """What the worker with that number shares with the others."""
    return WorkerEnvironment(
        caps.for_worker(number, lambda count: meter.set((OPEN,), count)),
        RequestMemory(settings.connections.body_room // settings.workers, settings.body_limit),
        incidents,
        UntrustedProxies(settings.data),
    )


def listener_of(settings: Settings) -> Listener:
    """Where and how to listen, from the settings."""
    said = settings.connections
    return Listener(
        settings.host,
        settings.port,
        settings.trusted_proxies,
        settings.tls_certificate,
        settings.tls_key,
        round(settings.stop_timeout),
        Limits(said.request_line, said.header, said.headers),
        ConnectionTimeouts(
            said.handshake_timeout,
            said.head_timeout,
            said.body_timeout,
            said.read_timeout,
            said.idle_timeout,
        ),
    )


def _unreadable(dialects: Iterable[Dialect]) -> Iterator[str]:
    """Prefixes of all paths whose responses no script of another origin may read."""
    for dialect in dialects:
        yield from (dialect.base_path + page for page in dialect.pages)


def _for_bearers(page: MetricsPage, token: str | None) -> list[Route]:
    return [Route(PATH, RequireBearer(page, token))] if token else []


def _counted(instance: OpenedService, meter: Meter) -> OpenedService:
    """The same service, with its events counted."""
    audit = CountingAuditLog(instance.audit, meter)
    upkeep = Upkeep(
        instance.store,
        instance.ephemeral,
        instance.directory,
        audit,
        outliving=instance.directory.profiles.outliving_a_block(),
        unadopted=instance.directory.unadopted,
    )
    return replace(instance, audit=audit, upkeep=upkeep)


def _admin(instance: OpenedService) -> Iterator[Dialect]:
    """The admin API; none where no program can get a token for it."""
    if CLIENT not in instance.kinds():
        return
    context = AdminContext(
        provider=provider_of(instance.settings),
        kinds=[kind.name for kind in instance.directory.profiles.kinds],
        directory=instance.directory,
        ring=instance.ring,
        hasher=instance.hasher,
        audit=instance.audit,
        sealer=instance.sealer,
        clock=instance.clock,
        entropy=os.urandom,
    )
    yield Admin(context)
