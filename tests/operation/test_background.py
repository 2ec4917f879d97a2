"""A change of one process is seen by the others within two seconds, as the page says."""

import asyncio
import sqlite3
from contextlib import closing
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from reticket.core.errors import Unavailable
from reticket.core.policy import DAY
from reticket.core.queues.batch_queue import WorkerPool
from reticket.directory.change_poller import RECENT
from reticket.directory.engines.postgresql import PostgresqlStorage
from reticket.directory.engines.sqlite import SqliteStorage
from reticket.http.incidents import Incidents
from reticket.runtime.background import INTERVAL, _repeat, background_work
from reticket.runtime.opening import now
from reticket.settings import Settings
from reticket.settings.ephemeral import EphemeralTable
from reticket.stores.sqlite import SqliteEphemeral
from reticket.testing import FakeClock, running_server
from reticket.testing.waiting import until

SELDOM = {"RETICKET_PURGE_INTERVAL": "86400", "RETICKET_EPHEMERAL__SWEEP_INTERVAL": "1"}


def test_the_interval_between_two_checks_is_limited():
    assert max(INTERVAL, RECENT, PostgresqlStorage.pause, SqliteStorage.pause) + RECENT < 2


def test_keys_and_intents_of_other_processes_are_read_in_each_interval():
    reload, apply_intents, adopted = object(), object(), object()
    instance = SimpleNamespace(
        ring=SimpleNamespace(reload=reload),
        adopted=SimpleNamespace(reload=adopted),
        upkeep=SimpleNamespace(apply_intents=apply_intents),
        audit=SimpleNamespace(tend=object()),
        clock=now,
        purge_in_turn=object(),
        sweep_in_turn=object(),
        settings=Settings(),
    )
    pools = SimpleNamespace(store=None, directory=None)
    works = background_work(instance, pools, SimpleNamespace(publish=object()))
    pauses = {work: pause for _, work, pause in works}
    assert pauses[reload] == pauses[adopted] == pauses[apply_intents] == INTERVAL


def test_no_purge_uses_a_clock_that_jumped():
    purged, clock = [], FakeClock()
    instance = Mock(clock=clock, settings=Settings(purge_interval=77))
    instance.purge_in_turn = lambda: purged.append(True)
    works = list(background_work(instance, Mock(), Mock()))
    for pool, _, _ in works[3:]:
        pool.close()
    (purge,) = (work for _, work, pause in works if pause == 77)
    clock.forward(30 * DAY)
    with capture_logs() as lines:
        purge()
    assert (purged, [line["event"] for line in lines]) == ([], ["clock_ahead"])
    clock.forward(-30 * DAY)
    purge()
    assert purged == [True]


def test_a_sweep_begins_at_least_once_a_minute():
    assert EphemeralTable().sweep_interval < 60
    with pytest.raises(ValidationError):
        EphemeralTable(sweep_interval=61)


def test_expired_entries_are_swept_even_if_purges_are_rare(tmp_path):
    with running_server(tmp_path, settings=SELDOM) as server:
        file = server.data / "families.sqlite"
        with closing(SqliteEphemeral(file, now)) as ephemeral:
            assert ephemeral.put_if_absent("dies soon", 1)
        until(lambda: not is_stored(file, "dies soon"), "a sweep", server.log.read_text)


def is_stored(file, key):
    with closing(sqlite3.connect(file)) as opened:
        return opened.execute("SELECT 1 FROM entries WHERE key = ?", (key,)).fetchone()


@pytest.mark.parametrize("failure", [KeyError("nothing"), Unavailable("the disk is full")])
def test_background_work_that_keeps_failing_is_one_line_a_minute(failure):
    tries = []

    async def scenario():
        loop, enough = asyncio.get_running_loop(), asyncio.Event()

        def fail():
            tries.append(1)
            if len(tries) == 50:
                loop.call_soon_threadsafe(enough.set)
            raise failure

        task = asyncio.create_task(
            _repeat(WorkerPool("upkeep"), fail, 0, Incidents(print, lambda: 0.0))
        )
        await enough.wait()
        task.cancel()

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert [(line["event"], line["count"]) for line in lines] == [("upkeep_failed", 1)]
