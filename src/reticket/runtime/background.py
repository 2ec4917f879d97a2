"""What the service does unasked, again and again, for as long as it answers."""

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
from reticket.core.service import Service, WorkerPools
from reticket.core.storage.clock_watch import ClockWatch
from reticket.http.incidents import Incidents
from reticket.http.metrics import Meter
from reticket.runtime.opened_service import OpenedService

INTERVAL = 1.0
"""Seconds between two looks at what other processes have changed; they must show within two."""

_log = structlog.get_logger("reticket.runtime.opening")

Work = tuple[WorkerPool, Callable[[], object], float]
"""Where it is done, what is done, and seconds between two times."""


def background_tasks(
    works: Sequence[Work], lanes: WorkerPools, service: Service, incidents: Incidents
) -> Callable[[Starlette], Any]:
    """The lifespan of an application; at its end what was accepted is worked off."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_repeat(*each, incidents)) for each in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await service.settled()
            await asyncio.to_thread(lanes.close)

    return lifespan


def background_work(instance: OpenedService, lanes: WorkerPools, meter: Meter) -> Iterator[Work]:
    """What nobody asks for; none of it waits for another."""
    yield lanes.directory, meter.publish, INTERVAL
    yield lanes.store, instance.upkeep.apply_intents, INTERVAL
    yield lanes.directory, instance.ring.reload, INTERVAL
    yield WorkerPool("audit"), instance.audit.tend, INTERVAL
    purge = partial(_purge, instance, ClockWatch(instance.clock, time.monotonic))
    yield WorkerPool("purge"), purge, instance.settings.purge_interval
    yield WorkerPool("sweep"), instance.sweep_in_turn, instance.settings.ephemeral.sweep_interval


def _purge(instance: OpenedService, course: ClockWatch) -> None:
    """Unless the clock has leapt: what it has ended would be gone when it is set back."""
    if course.is_ahead():
        _log.warning("clock_ahead")
    else:
        instance.purge_in_turn()


async def _repeat(
    lane: WorkerPool, work: Callable[[], object], pause: float, incidents: Incidents
) -> None:
    """Do it again and again; a store that fails is asked again."""
    while True:
        await asyncio.sleep(pause)
        try:
            await lane.run(work)
        except Unavailable as failure:
            incidents.upkeep_waits(str(failure))
        except Exception as error:  # a task that ended would leave keys and revocations unseen
            incidents.failed("upkeep_failed", error)
