"""The composition root: opens everything that commands and workers need."""

from __future__ import annotations

import importlib
import os
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import structlog

from reticket import __version__, dialects, folder, stores
from reticket.admin import Admin, AdminContext
from reticket.adoption.reader import AdoptedTokens
from reticket.audit import open_audit_log
from reticket.core.commands import Asking
from reticket.core.errors import StartupError
from reticket.core.policy import Policy
from reticket.core.ports import AuditLog, Ephemeral, Event, Store
from reticket.core.profiles import Profiles
from reticket.core.storage.schema import Migrating
from reticket.core.storage.upkeep import Upkeep
from reticket.core.tokens.keys import SealedKey
from reticket.crypto.hashes.hasher import AnyHasher
from reticket.crypto.passwords import Argon2Hasher
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import Sealer, master_key
from reticket.directory import engines as directories
from reticket.directory.directory import Directory, open_directory
from reticket.directory.marks import HANDOVER
from reticket.directory.programs.registrar import Registrar
from reticket.http.files import raise_limit
from reticket.http.metrics_listener import bind_metrics
from reticket.http.server import bind, serve
from reticket.http.workers import Workers
from reticket.runtime import demo, handovers, logs, old_forms, policies
from reticket.runtime.assembly import perform
from reticket.runtime.every_policy import provider_of
from reticket.runtime.opened_service import OpenedService, Schema
from reticket.runtime.serving import (
    application,
    connection_limits_of,
    count_files_of,
    environment_of,
    incidents_of,
    listener_of,
    meter_of,
)
from reticket.settings import Settings, loading
from reticket.settings.values import SESSIONS_URLS
from reticket.wire import Dialect

R = TypeVar("R")

_log = structlog.get_logger("reticket.runtime")


def now() -> int:
    """The clock of the service: milliseconds."""
    return time.time_ns() // 1_000_000


class Builder:
    """Opens, serves and performs what the commands of the shell ask for."""

    def load(self, file: Path | None, overrides: Mapping[str, Any]) -> Settings:
        """Read the settings and configure the logs."""
        settings = loading.load(file, overrides)
        logs.configure(settings.log_level, settings.log_format)
        return settings

    def dialects(self, settings: Settings) -> Sequence[Dialect]:
        """Every dialect that is enabled, built with its table of settings. The table of a disabled
        one is checked as well.
        """
        return _enabled(_every_dialect(settings), settings)

    def alone(self, settings: Settings) -> AbstractContextManager[None]:
        """Hold the data folder's lock. StartupError when a service holds it."""
        return folder.alone(settings.data)

    def open(self, settings: Settings) -> OpenedService:
        """Open everything that is stored; after a failure nothing stays open."""
        with ExitStack() as opened:
            instance = self._opened(settings, opened)
            opened.pop_all()
            return instance

    def _opened(self, settings: Settings, opened: ExitStack) -> OpenedService:
        folder.make(settings.data)
        every = _every_dialect(settings)
        profiles = dialects.profiles(every)
        directory, sealer = _open_directory(settings, profiles, opened)
        store, ephemeral = _open_store(settings.sessions, settings)
        opened.callback(store.close)
        opened.callback(ephemeral.close)
        audit = opened.enter_context(
            closing(open_audit_log(settings.audit_file, settings.audit, now))
        )
        hashing = settings.hashing
        current = Argon2Hasher(hashing.time_cost, hashing.memory, hashing.parallelism)
        algorithm, made = settings.signing_algorithm, partial(_record_key, audit)
        ring = Ring(directory.keys, sealer, now, os.urandom, algorithm, made)
        if handovers.is_any_set(settings) and not directory.marks.has(HANDOVER):
            directory.marks.put(HANDOVER)
        enabled = _enabled(every, settings)
        return OpenedService(
            settings=settings,
            clock=now,
            store=store,
            ephemeral=ephemeral,
            directory=directory,
            ring=ring,
            sealer=sealer,
            hasher=AnyHasher(current, directory.hash_configs.find),
            audit=audit,
            upkeep=Upkeep(
                store,
                ephemeral,
                directory,
                audit,
                outliving=profiles.outliving_a_block(),
                unadopted=directory.unadopted,
            ),
            adopted=AdoptedTokens(directory.adoptions.all, now),
            registrar=Registrar(
                directory.database,
                directory.clients,
                loading.presets(settings),
                now,
                ring.require,
                directory.catch_up_now,
            ),
            dialects=enabled,
            policies=policies.policies_for(settings, profiles.kinds),
            handovers=handovers.handovers_of(settings, enabled, now),
            master_key_file=None if settings.master_key else settings.data / "master.key",
        )

    @contextmanager
    def directory(self, settings: Settings) -> Iterator[Directory]:
        """The directory alone."""
        with ExitStack() as opened:
            profiles = dialects.profiles(_every_dialect(settings))
            yield _open_directory(settings, profiles, opened)[0]

    def documented(self, settings: Settings) -> Sequence[Dialect]:
        """The dialects, and the admin API."""
        return [
            *self.dialects(settings),
            Admin(AdminContext.closed(provider_of(settings))),
        ]

    def sessions(self, url: str, settings: Settings) -> Store:
        """Only the store of that URL."""
        store, ephemeral = _open_store(url, settings)
        ephemeral.close()
        return store

    def perform(self, instance: OpenedService, operation: Asking[R]) -> R:
        """Perform the commands of an operation, and return what it returns."""
        return perform(instance, operation)

    def sessions_schema(self, url: str) -> Schema:
        """The schema of the sessions at a URL, if their engine has one."""
        module = _store_module(url)
        return Schema("sessions", url, module if isinstance(module, Migrating) else None)

    def directory_schema(self, url: str) -> Schema:
        """The schema of the directory at a URL."""
        return Schema("directory", url, directories)

    def serve(self, settings: Settings, started: Callable[[str], None]) -> None:
        """Answer until a signal to stop."""
        token = loading.metrics_token(settings)
        with self.alone(settings):
            with closing(self.open(settings)) as instance:
                is_local = _prepare(instance)
                warnings = list(_warnings(instance))
            count_files_of(settings, 0).clear()
            raise_limit()
            caps = connection_limits_of(settings)
            listening = bind(listener_of(settings))
            url = loading.address(settings, listening.getsockname()[1])
            loading.tell_address(settings, url)
            issuer, data = settings.issuer or url, str(settings.data.absolute())
            _log.info("starting", issuer=issuer, version=__version__, data=data)
            warnings += [("issuer", each) for each in loading.issuer_warnings(settings, url)]
            for about, warning in warnings:
                _log.warning(about, warning=warning)
            metrics = bind_metrics(settings.metrics_listen) if settings.metrics_listen else None
            known = settings.model_copy(update={"issuer": issuer, "metrics_token": token})

            def work(number: int) -> None:
                with closing(self.open(known)) as instance:
                    meter = meter_of(known, number)
                    incidents = incidents_of(meter)
                    serve(
                        application(instance, meter, incidents, is_local, metrics),
                        listener_of(settings),
                        environment_of(settings, caps, meter, incidents, number),
                        listening,
                        lambda: started(url) if number == 0 else None,
                    )

            if settings.workers == 1:
                work(0)
            else:
                Workers(settings.workers, work).run()


def _prepare(instance: OpenedService) -> bool:
    """Do what is needed once for all workers. Returns whether only this machine will be
    answered.
    """
    settings = instance.settings
    instance.store.check()
    if settings.seed is not None:
        instance.seed(settings.seed)
    instance.require_keys()
    instance.upkeep.apply_intents()
    is_local = demo.checked_local(instance)
    for fault in policies.faults(instance):
        raise StartupError(fault)
    instance.audit.record(list(policies.events(instance)))
    return is_local


def _warnings(instance: OpenedService) -> Iterator[tuple[str, str]]:
    """What an operator should know at a start, each sentence with its event's name."""
    yield from (("file_modes", each) for each in folder.open_to_others(instance.settings.data))
    yield from (("demo", each) for each in demo.warnings(instance))
    yield from (("policy", each) for each in policies.warnings(instance))
    yield from (("old_refresh_tokens", each) for each in old_forms.warnings(instance))


def _record_key(audit: AuditLog, key: SealedKey) -> None:
    detail = {"key": key.id, "use": key.use, "algorithm": key.algorithm}
    audit.record([Event(now(), "key_made", detail=detail)], durable=True)


def _open_directory(
    settings: Settings, profiles: Profiles, opened: ExitStack
) -> tuple[Directory, Sealer]:
    """The directory, and what encrypts and decrypts its secrets."""
    sealer = Sealer(lambda: opening, os.urandom)
    directory = opened.enter_context(
        closing(open_directory(settings.directory, sealer, now, os.urandom, profiles=profiles))
    )
    opening = master_key(
        settings.master_key,
        settings.data / "master.key",
        lambda: bool(directory.keys.keys()),
        os.urandom,
    )
    return directory, sealer


def _open_store(url: str, settings: Settings) -> tuple[Store, Ephemeral]:
    module = _store_module(url)
    opened: tuple[Store, Ephemeral] = module.open_store(url, now, settings.busy_timeout)
    return opened


def _store_module(url: str) -> ModuleType:
    scheme = url.partition(":")[0]
    for module in _modules(stores):
        if scheme in module.SCHEMES:
            return module
    raise StartupError(f"the URL of the sessions must be {SESSIONS_URLS}")


def _every_dialect(settings: Settings) -> Sequence[Dialect]:
    modules = dialects.modules()
    loading.only_known(settings.dialects, modules, "dialects.")
    presets = loading.presets(settings)
    return [_dialect(name, module, settings, presets) for name, module in modules.items()]


def _enabled(every: Sequence[Dialect], settings: Settings) -> Sequence[Dialect]:
    return [each for each in every if loading.is_enabled(settings, each.name)]


def _dialect(
    name: str, module: ModuleType, settings: Settings, presets: Mapping[str, Policy]
) -> Dialect:
    """A dialect, built with its own table and the general settings that it needs."""
    table = loading.own_options(settings, name)
    said = loading.options_for(module.Options, table, f"dialects.{name}")
    everybody = {
        "debug": table.get("debug", settings.debug),
        "issuer": loading.issuer_of(settings),
        "presets": presets,
        "signing_algorithm": settings.signing_algorithm,
    }
    wanted = everybody.keys() & module.Options.__dataclass_fields__.keys()
    options = replace(said, **{name: everybody[name] for name in wanted - table.keys()})
    built: Dialect = module.build(options)
    return built


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for name in _names(tuple(package.__path__)):
        yield importlib.import_module(f"{package.__name__}.{name}")


@cache
def _names(places: Sequence[str]) -> Sequence[str]:
    """The names of the modules in these folders, which are read once."""
    return [found.name for found in pkgutil.iter_modules(places)]
