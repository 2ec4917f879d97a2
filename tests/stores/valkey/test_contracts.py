"""The whole contracts, on one server and on a cluster, with a clock of the engine that moves."""

from pathlib import Path

import pytest

from reticket.core.ports import Clock, Ephemeral, Store
from reticket.stores.valkey import open_store
from reticket.testing import EphemeralContract, FakeClock, StoreContract


class OnServers:
    @pytest.fixture
    def clock(self, engine_clock) -> FakeClock:
        return engine_clock

    @pytest.fixture(autouse=True)
    def _servers(self, servers):
        self.url = servers.url


class TestValkeyStore(OnServers, StoreContract):
    def open_store(self, folder: Path, clock: Clock) -> Store:
        store, ephemeral = open_store(self.url, clock)
        ephemeral.close()
        return store


class TestValkeyEphemeral(OnServers, EphemeralContract):
    def open_ephemeral(self, folder: Path, clock: Clock) -> Ephemeral:
        store, ephemeral = open_store(self.url, clock)
        store.close()
        return ephemeral
