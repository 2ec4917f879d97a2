"""Background tasks that run at intervals while the service answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette

from reticket.core.errors import Unavailable
from reticket.core.queues.batch_queue import WorkerPool
from reticket.core.service import Service
from reticket.core.service_parts import WorkerPools
from reticket.core.storage.clock_watch import ClockWatch
from reticket.http.incidents import Incidents
from reticket.http.metrics import Meter
from reticket.runtime.errands import ErrandRunner
from reticket.runtime.opened_service import OpenedService
from reticket.wire import Errand

INTERVAL = 1.0
"""Seconds between two checks for other processes' changes, which must be visible within two."""

_log = structlog.get_logger("reticket.runtime")

Work = tuple[WorkerPool, Callable[[], object], float]
"""The pool, the function, and the seconds between two calls."""


def background_tasks(
    works: Sequence[Work],
    errands: Sequence[Errand],
    pools: WorkerPools,
    service: Service,
    incidents: Incidents,
) -> Callable[[Starlette], Any]:
    """The lifespan of an application; at its end, accepted work is finished."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_repeat(*each, incidents)) for each in works]
        runners = [ErrandRunner(errand, service.performers, incidents) for errand in errands]
        tasks += [asyncio.create_task(runner.run()) for runner in runners]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await service.settled()
            await asyncio.to_thread(pools.close)

    return lifespan


def background_work(instance: OpenedService, pools: WorkerPools, meter: Meter) -> Iterator[Work]:
    """The background tasks; none of them waits for another."""
    yield pools.directory, meter.publish, INTERVAL
    yield pools.store, instance.upkeep.apply_intents, INTERVAL
    yield pools.directory, instance.ring.reload, INTERVAL
    yield pools.directory, instance.adopted.reload, INTERVAL
    yield WorkerPool("audit"), instance.audit.tend, INTERVAL
    purge = partial(_purge, instance, ClockWatch(instance.clock, time.monotonic))
    yield WorkerPool("purge"), purge, instance.settings.purge_interval
    yield WorkerPool("sweep"), instance.sweep_in_turn, instance.settings.ephemeral.sweep_interval


def _purge(instance: OpenedService, course: ClockWatch) -> None:
    """Purge, unless the clock has leapt forward: rows would be deleted too early."""
    if course.is_ahead():
        _log.warning("clock_ahead")
    else:
        instance.purge_in_turn()


async def _repeat(
    pool: WorkerPool, work: Callable[[], object], pause: float, incidents: Incidents
) -> None:
    """Call the function again and again; after a store's failure it is called again."""
    while True:
        await asyncio.sleep(pause)
        try:
            await pool.run(work)
        except Unavailable as failure:
            incidents.upkeep_waits(str(failure))
        except Exception as error:  # a task that ended would miss keys and revocations
            incidents.failed("upkeep_failed", error)
