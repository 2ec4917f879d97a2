"""The ASGI application over an opened house, and what each worker answers with."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from socket import socket
from typing import Any

import msgspec
from starlette.routing import Route

from reticket.admin import Admin, Office
from reticket.core.queues.conveyor import LONGEST_WAIT
from reticket.core.storage.upkeep import Upkeep
from reticket.dialects.oauth.endpoints import authorize, device
from reticket.http.asgi import Asgi
from reticket.http.below import also_below
from reticket.http.connection.caps import Caps
from reticket.http.connection.limits import Limits
from reticket.http.connection.room import Room
from reticket.http.cors import readable
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge, logged
from reticket.http.exposition import PLACE, BearerAlone, MetricsPage
from reticket.http.incidents import OPEN, Incidents
from reticket.http.metrics import Board, Counted, Meter
from reticket.http.metrics_listener import beside
from reticket.http.only_local import only_local
from reticket.http.pages import pages
from reticket.http.readiness import Readiness
from reticket.http.routing import WELL_KNOWN, RoutingTable
from reticket.http.server import Company, Listener, Patience
from reticket.http.unnamed import Unnamed
from reticket.oauth.site import BASE
from reticket.openapi import build_document, document_to_try
from reticket.runtime import demo, policies
from reticket.runtime.assembly import lanes_of, service_of
from reticket.runtime.beats import BEAT, beating, works_of
from reticket.runtime.house import House
from reticket.settings import Settings
from reticket.wire import Dialect

FOR_PROXIES = 16
"""One part of so many of all connections is kept for trusted proxies, where some are named."""

_UNREADABLE = (f"{BASE}{authorize.PLACE}", f"{BASE}{device.PLACE}/", "/admin/", PLACE)
"""No script of another origin reads where people type passwords (RFC 9700 §2.6), nor what is for
operators alone.
"""

_NAMED = (f"{BASE}/", WELL_KNOWN)
"""Beginnings of all paths that metadata name."""


def application(
    house: House,
    meter: Meter,
    incidents: Incidents,
    is_local: bool,
    metrics: socket | None = None,
) -> Asgi:
    """The ASGI application over an opened house; its lifespan does the upkeep.

    Args:
        house: what it answers from.
        meter: what counts in this process.
        incidents: hears of what goes wrong in this process.
        is_local: whether this machine alone is answered; also once the directory is a demo's.
        metrics: listens for those who read `/metrics` without a token; None for nobody.
    """
    settings = house.settings
    lanes = lanes_of(settings)
    is_counted = bool(metrics or settings.metrics_token)
    house = _counted(house, meter) if is_counted else house
    spoken = [*house.dialects, _admin(house)]
    documents = {each.name: build_document(each) for each in spoken}
    to_try = {each.name: document_to_try(documents[each.name], each) for each in spoken}
    ready = Readiness(house.ready)
    page = MetricsPage(meter.counts, ready)
    service = service_of(house, lanes)
    reach = demo.Reach(house, is_local)
    works = [*works_of(house, lanes, meter), (lanes.directory, reach.look, BEAT)]
    lifespan = beside(beating(works, lanes, service, incidents), page, metrics, incidents)
    more = _for_bearers(page, settings.metrics_token)
    others = pages(_as_json(documents), _as_json(to_try), ready, lifespan, more)
    witnesses = [meter.witness] if is_counted else []
    witnesses += [logged] if settings.access_log else []
    deadlines = Deadlines(settings.busy_timeout + LONGEST_WAIT)
    edge = Edge(
        RoutingTable(spoken), service, others, settings.body_limit, deadlines, witnesses, incidents
    )
    shared = readable(edge, settings.cors_origins, _UNREADABLE)
    answering = also_below(policies.site_of(settings).path, _NAMED, shared)
    return only_local(answering, reach.is_local)


def meter_of(settings: Settings, number: int = 0) -> Meter:
    """What counts in the process of that number behind the port."""
    return Meter(board_of(settings, number) if settings.workers > 1 else None)


def board_of(settings: Settings, number: int) -> Board:
    """The counts that workers share, and the place of the worker of that number."""
    return Board(settings.data / "metrics", number)


def caps_of(settings: Settings) -> Caps:
    """The limits of connections that all workers share."""
    said = settings.connections
    kept = said.total // FOR_PROXIES if settings.trusted_proxies else 0
    return Caps(settings.workers, said.total, said.per_address, os.urandom(32), kept)


def incidents_of(meter: Meter) -> Incidents:
    """What goes wrong in the process of that meter: one for all of its parts, so that the log has
    one line a minute.
    """
    return Incidents(meter.count, time.monotonic)


def company_of(
    settings: Settings, caps: Caps, meter: Meter, incidents: Incidents, number: int
) -> Company:
    """What the worker of that number shares with the others."""
    return Company(
        caps.seat(number, lambda count: meter.set((OPEN,), count)),
        Room(settings.connections.body_room // settings.workers, settings.body_limit),
        incidents,
        Unnamed(settings.data),
    )


def listener_of(settings: Settings) -> Listener:
    """Where and how to listen, as the settings say."""
    said = settings.connections
    return Listener(
        settings.host,
        settings.port,
        settings.trusted_proxies,
        settings.tls_certificate,
        settings.tls_key,
        round(settings.stop_timeout),
        Limits(said.request_line, said.header, said.headers),
        Patience(
            said.handshake_timeout,
            said.head_timeout,
            said.body_timeout,
            said.read_timeout,
            said.idle_timeout,
        ),
    )


def _as_json(documents: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: msgspec.json.encode(document) for name, document in documents.items()}


def _for_bearers(page: MetricsPage, token: str | None) -> list[Route]:
    return [Route(PLACE, BearerAlone(page, token))] if token else []


def _counted(house: House, meter: Meter) -> House:
    """The same house, whose events are counted."""
    audit = Counted(house.audit, meter)
    upkeep = Upkeep(house.store, house.ephemeral, house.directory, audit)
    return replace(house, audit=audit, upkeep=upkeep)


def _admin(house: House) -> Dialect:
    office = Office(
        site=policies.site_of(house.settings),
        resources=[each.name for dialect in house.dialects for each in dialect.resources],
        directory=house.directory,
        ring=house.ring,
        absent=house.hasher.absent,
        audit=house.audit,
        sealer=house.sealer,
        clock=house.clock,
        entropy=os.urandom,
    )
    return Admin(office)
