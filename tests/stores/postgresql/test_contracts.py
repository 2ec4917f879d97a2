"""The whole contracts, on an engine whose own clock the test moves."""

from pathlib import Path

import pytest

from reticket.core.ports import Clock, Ephemeral, Store
from reticket.stores.postgresql import open_store
from reticket.testing import EphemeralContract, FakeClock, StoreContract


class OnDatabase:
    """The engine's clock in the place of the injected one."""

    @pytest.fixture(autouse=True)
    def _database(self, database):
        self.url = database.url

    @pytest.fixture
    def clock(self, engine_clock) -> FakeClock:
        return engine_clock


class TestPostgresqlStore(OnDatabase, StoreContract):
    def open_store(self, folder: Path, clock: Clock) -> Store:
        store, ephemeral = open_store(self.url, clock)
        ephemeral.close()
        return store


class TestPostgresqlEphemeral(OnDatabase, EphemeralContract):
    def open_ephemeral(self, folder: Path, clock: Clock) -> Ephemeral:
        store, ephemeral = open_store(self.url, clock)
        store.close()
        return ephemeral
