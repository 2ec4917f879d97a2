"""The composition root: the one file that knows everybody and puts them together."""

from __future__ import annotations

import importlib
import os
import pkgutil
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import replace
from pathlib import Path
from socket import socket
from types import ModuleType
from typing import Any, TypeVar

import structlog
from starlette.routing import Route

from reticket import cli, config, dialects, folder, logs, stores
from reticket.assembly import lanes_of, perform, service_of
from reticket.audit import open_audit_log
from reticket.beats import beating
from reticket.cli import demo, policies
from reticket.cli.house import House, Schema
from reticket.core.commands import Command
from reticket.core.conveyor import LONGEST_WAIT
from reticket.core.errors import StartupError
from reticket.core.ports import Ephemeral, Store
from reticket.core.schema import Migrating
from reticket.core.upkeep import Upkeep
from reticket.crypto.passwords import Argon2Hasher
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import Sealer, master_key
from reticket.dialects.oauth import authorize, device
from reticket.dialects.oauth.site import BASE
from reticket.directory import engines as directories
from reticket.directory.directory import open_directory
from reticket.http.admin import Admin, Office
from reticket.http.asgi import Asgi
from reticket.http.below import also_below
from reticket.http.connection.caps import Caps
from reticket.http.connection.limits import Limits
from reticket.http.cors import readable
from reticket.http.deadlines import Deadlines
from reticket.http.edge import Edge, logged
from reticket.http.exposition import PLACE, BearerAlone, MetricsPage
from reticket.http.files import raise_limit
from reticket.http.incidents import OPEN, Incidents
from reticket.http.metrics import Board, Counted, Meter
from reticket.http.metrics_listener import beside, bind_metrics
from reticket.http.only_local import only_local
from reticket.http.pages import pages
from reticket.http.proxies import Unnamed
from reticket.http.routing import WELL_KNOWN, RoutingTable
from reticket.http.server import Company, Listener, Patience, bind, serve
from reticket.http.workers import Workers
from reticket.openapi import document_bytes, document_to_try
from reticket.settings import Settings
from reticket.settings.values import FAMILIES_URLS
from reticket.wire import Dialect

_UNREADABLE = (f"{BASE}{authorize.PLACE}", f"{BASE}{device.PLACE}/", "/admin/", PLACE)
"""No script of another origin reads where people type passwords (RFC 9700 §2.6), nor what is for
operators alone.
"""

_NAMED = (f"{BASE}/", WELL_KNOWN)
"""Beginnings of all paths that metadata name."""

R = TypeVar("R")

_log = structlog.get_logger("reticket.app")


def now() -> int:
    """The clock of the service: milliseconds."""
    return time.time_ns() // 1_000_000


class Builder:
    """What commands ask for (`cli.house.Builder`)."""

    def load(self, file: Path | None, overrides: Mapping[str, Any]) -> Settings:
        """Read the settings and set the logs up as they say."""
        settings = config.load(file, overrides)
        logs.configure(settings.log_level, settings.log_format)
        return settings

    def dialects(self, settings: Settings) -> Sequence[Dialect]:
        """Every module of the package, built with its table of settings."""
        modules = {module.__name__.rpartition(".")[2]: module for module in _modules(dialects)}
        config.only_known(settings.dialects, modules, "dialects.")
        return [_dialect(name, module, settings) for name, module in modules.items()]

    def alone(self, settings: Settings) -> AbstractContextManager[None]:
        """Hold the data folder's lock. StartupError when somebody serves it."""
        return folder.alone(settings.data)

    def open(self, settings: Settings) -> House:
        """Open everything that is stored; when that fails nothing stays open."""
        with ExitStack() as opened:
            house = self._opened(settings, opened)
            opened.pop_all()
            return house

    def _opened(self, settings: Settings, opened: ExitStack) -> House:
        folder.make(settings.data)
        key_file = None if settings.master_key else settings.data / "master.key"
        sealer = Sealer(lambda: opening, os.urandom)
        known = self.dialects(settings)
        resources = [resource for dialect in known for resource in dialect.resources]
        directory = opened.enter_context(
            closing(open_directory(settings.directory, sealer, now, os.urandom))
        )
        opening = master_key(
            settings.master_key,
            settings.data / "master.key",
            lambda: bool(directory.keys.keys()),
            os.urandom,
        )
        store, ephemeral = _open_store(settings.families, settings)
        opened.callback(store.close)
        opened.callback(ephemeral.close)
        audit = opened.enter_context(
            closing(open_audit_log(settings.audit_file, settings.audit, now))
        )
        hashing = settings.hashing
        return House(
            settings=settings,
            clock=now,
            store=store,
            ephemeral=ephemeral,
            directory=directory,
            ring=Ring(directory.keys, sealer, now, os.urandom, settings.signing_algorithm),
            sealer=sealer,
            hasher=Argon2Hasher(hashing.time_cost, hashing.memory, hashing.parallelism),
            audit=audit,
            upkeep=Upkeep(store, ephemeral, directory, audit),
            dialects=known,
            policies=policies.policies_for(settings, resources),
            master_key_file=key_file,
        )

    def documented(self, settings: Settings) -> Sequence[Dialect]:
        """The dialects, and the admin API."""
        return [*self.dialects(settings), Admin(Office.closed(policies.site_of(settings)))]

    def families(self, url: str, settings: Settings) -> Store:
        """The store of that URL alone."""
        store, ephemeral = _open_store(url, settings)
        ephemeral.close()
        return store

    def perform(self, house: House, operation: Generator[Command, Any, R]) -> R:
        """Perform the commands of an operation, and return what it returns."""
        return perform(house, operation)

    def families_schema(self, url: str) -> Schema:
        """The schema of the families there, if their engine has one."""
        module = _store_module(url)
        return Schema("families", url, module if isinstance(module, Migrating) else None)

    def directory_schema(self, url: str) -> Schema:
        """The schema of the directory there."""
        return Schema("directory", url, directories)

    def serve(self, settings: Settings, started: Callable[[str], None]) -> None:
        """Answer until a signal to stop."""
        token = config.metrics_token(settings)
        with self.alone(settings):
            with closing(self.open(settings)) as house:
                _prepare(house)
            _board(settings, 0).clear()
            raise_limit()
            caps = _caps(settings)
            listening = bind(_listener(settings))
            url = config.address(settings, listening.getsockname()[1])
            config.tell_address(settings, url)
            for warning in config.issuer_warnings(settings, url):
                _log.warning("issuer", warning=warning)
            metrics = bind_metrics(settings.metrics_listen) if settings.metrics_listen else None
            known = settings.model_copy(
                update={"issuer": settings.issuer or url, "metrics_token": token}
            )

            def work(number: int) -> None:
                with closing(self.open(known)) as house:
                    meter = meter_of(known, number)
                    serve(
                        application(house, meter, metrics),
                        _listener(settings),
                        _company(settings, caps, meter, number),
                        listening,
                        lambda: started(url) if number == 0 else None,
                    )

            if settings.workers == 1:
                work(0)
            else:
                Workers(settings.workers, work).run()


def main() -> None:
    """The command `reticket`."""
    cli.command(Builder())()


def application(house: House, meter: Meter, metrics: socket | None = None) -> Asgi:
    """The ASGI application over an opened house; its lifespan does the upkeep.

    Args:
        house: what it answers from.
        meter: what counts in this process.
        metrics: listens for those who read `/metrics` without a token; None for nobody.
    """
    settings = house.settings
    lanes = lanes_of(settings)
    is_counted = bool(metrics or settings.metrics_token)
    house = _counted(house, meter) if is_counted else house
    spoken = [*house.dialects, _admin(house)]
    documents = {each.name: document_bytes(each) for each in spoken}
    to_try = {each.name: document_to_try(each) for each in spoken}
    page = MetricsPage(meter.counts, house.ready)
    service = service_of(house, lanes)
    incidents = Incidents(meter.count, time.monotonic)
    lifespan = beside(beating(house, lanes, service, meter), page, metrics, incidents)
    more = _for_bearers(page, settings.metrics_token)
    others = pages(documents, to_try, house.ready, lifespan, more)
    witnesses = [meter.witness] if is_counted else []
    witnesses += [logged] if settings.access_log else []
    deadlines = Deadlines(settings.busy_timeout + LONGEST_WAIT)
    edge = Edge(RoutingTable(spoken), service, others, settings.body_limit, deadlines, witnesses)
    shared = readable(edge, settings.cors_origins, _UNREADABLE)
    answering = also_below(policies.site_of(settings).path, _NAMED, shared)
    return only_local(answering) if demo.is_kept_local(house) else answering


def meter_of(settings: Settings, number: int = 0) -> Meter:
    """What counts in the process of that number behind the port."""
    return Meter(_board(settings, number) if settings.workers > 1 else None)


def _caps(settings: Settings) -> Caps:
    said = settings.connections
    return Caps(settings.workers, said.total, said.per_address, os.urandom(32))


def _company(settings: Settings, caps: Caps, meter: Meter, number: int) -> Company:
    return Company(
        caps.seat(number, lambda count: meter.set((OPEN,), count)),
        Incidents(meter.count, time.monotonic),
        Unnamed(settings.data),
    )


def _for_bearers(page: MetricsPage, token: str | None) -> list[Route]:
    return [Route(PLACE, BearerAlone(page, token))] if token else []


def _counted(house: House, meter: Meter) -> House:
    """The same house, whose events are counted."""
    audit = Counted(house.audit, meter)
    upkeep = Upkeep(house.store, house.ephemeral, house.directory, audit)
    return replace(house, audit=audit, upkeep=upkeep)


def _board(settings: Settings, number: int) -> Board:
    return Board(settings.data / "metrics", number)


def _prepare(house: House) -> None:
    """What is done once, however many processes will answer."""
    settings = house.settings
    house.store.check()
    house.directory.enrolments.adopt()
    if settings.seed is not None:
        house.seed(settings.seed)
    house.upkeep.apply_intents()
    demo.refuse_public(house)
    for warning in folder.open_to_others(settings.data):
        _log.warning("file_modes", warning=warning)
    for warning in demo.warnings(house):
        _log.warning("demo", warning=warning)
    for fault in policies.faults(house):
        raise StartupError(fault)
    house.audit.record(list(policies.events(house)))
    for warning in policies.warnings(house):
        _log.warning("policy", warning=warning)


def _listener(settings: Settings) -> Listener:
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


def _admin(house: House) -> Dialect:
    office = Office(
        site=policies.site_of(house.settings),
        resources=[each.name for dialect in house.dialects for each in dialect.resources],
        directory=house.directory,
        ring=house.ring,
        hasher=house.hasher,
        audit=house.audit,
        sealer=house.sealer,
        clock=house.clock,
        entropy=os.urandom,
    )
    return Admin(office)


def _open_store(url: str, settings: Settings) -> tuple[Store, Ephemeral]:
    module = _store_module(url)
    opened: tuple[Store, Ephemeral] = module.open_store(url, now, settings.busy_timeout)
    return opened


def _store_module(url: str) -> ModuleType:
    scheme = url.partition(":")[0]
    for module in _modules(stores):
        if scheme in module.SCHEMES:
            return module
    raise StartupError(f"the URL of the families must be {FAMILIES_URLS}")


def _dialect(name: str, module: ModuleType, settings: Settings) -> Dialect:
    """Built with its own table, and with what it wants to know of everybody's settings."""
    table = settings.dialects.get(name, {})
    said = config.options_for(module.Options, table, f"dialects.{name}")
    everybody = {
        "debug": table.get("debug", settings.debug),
        "issuer": config.issuer_of(settings),
        "presets": config.presets(settings),
    }
    wanted = everybody.keys() & module.Options.__dataclass_fields__.keys()
    options = replace(said, **{name: everybody[name] for name in wanted - table.keys()})
    built: Dialect = module.build(options)
    return built


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{found.name}")
