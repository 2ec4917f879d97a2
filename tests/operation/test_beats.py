"""What one process changes the others see within two seconds: the page on running says so."""

import sqlite3
import time
from contextlib import closing

import pytest
from pydantic import ValidationError

from reticket.app import now
from reticket.beats import BEAT
from reticket.directory.lookout import RECENT
from reticket.directory.postgresql import PostgresqlStorage
from reticket.directory.sqlite import SqliteStorage
from reticket.settings.ephemeral import EphemeralTable
from reticket.stores.sqlite import SqliteEphemeral
from reticket.testing import running_server

SELDOM = {"RETICKET_PURGE_INTERVAL": "86400", "RETICKET_EPHEMERAL__SWEEP_INTERVAL": "1"}
PATIENCE = 60


def test_nobody_pauses_for_longer_between_two_looks():
    assert max(BEAT, RECENT, PostgresqlStorage.pause, SqliteStorage.pause) + RECENT < 2


def test_a_sweep_begins_at_least_once_a_minute():
    assert EphemeralTable().sweep_interval < 60
    with pytest.raises(ValidationError):
        EphemeralTable(sweep_interval=61)


def test_what_is_dead_goes_however_seldom_sessions_are_purged(tmp_path):
    with running_server(tmp_path, settings=SELDOM) as server:
        file = server.data / "families.sqlite"
        with closing(SqliteEphemeral(file, now)) as ephemeral:
            assert ephemeral.once("dies soon", 1)
        deadline = time.monotonic() + PATIENCE
        while is_stored(file, "dies soon"):
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.05)


def is_stored(file, key):
    with closing(sqlite3.connect(file)) as opened:
        return opened.execute("SELECT 1 FROM entries WHERE key = ?", (key,)).fetchone()
