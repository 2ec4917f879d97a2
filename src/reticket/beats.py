"""What the service does unasked, again and again, for as long as it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from starlette.applications import Starlette

from reticket.cli.house import House
from reticket.core.conveyor import Lane
from reticket.core.errors import Unavailable
from reticket.core.service import Lanes, Service
from reticket.http.metrics import Meter

BEAT = 1.0
"""Seconds between two looks at what other processes have changed; they must show within two."""

_log = structlog.get_logger("reticket.beats")


def beating(
    house: House, lanes: Lanes, service: Service, meter: Meter
) -> Callable[[Starlette], Any]:
    """The lifespan of an application; at its end what was accepted is worked off."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        beats = [asyncio.create_task(each) for each in _beats(house, lanes, meter)]
        try:
            yield
        finally:
            for beat in beats:
                beat.cancel()
            await service.settled()
            await asyncio.to_thread(lanes.close)

    return lifespan


def _beats(house: House, lanes: Lanes, meter: Meter) -> Iterator[Coroutine[Any, Any, None]]:
    """What nobody asks for; none of it waits for another."""
    yield _beat(lanes.directory, meter.publish, BEAT)
    yield _beat(lanes.store, house.upkeep.apply_intents, BEAT)
    yield _beat(lanes.directory, house.ring.reload, BEAT)
    yield _beat(Lane("audit"), house.audit.tend, BEAT)
    yield _beat(Lane("purge"), house.purge_in_turn, house.settings.purge_interval)
    yield _beat(Lane("sweep"), house.sweep_in_turn, house.settings.ephemeral.sweep_interval)


async def _beat(lane: Lane, work: Callable[[], object], pause: float) -> None:
    """Do it again and again; a store that fails is asked again."""
    while True:
        await asyncio.sleep(pause)
        try:
            await lane.run(work)
        except Unavailable as failure:
            _log.warning("upkeep_failed", reason=str(failure))
        except Exception:  # a beat that ended would leave keys and revocations unseen
            _log.exception("upkeep_failed")
