from pathlib import Path

from reticket.core.ports import Clock, Ephemeral, Store
from reticket.stores.memory import MemoryEphemeral, MemoryStore
from reticket.testing import EphemeralContract, StoreContract

KEPT: dict[Path, MemoryStore] = {}


class TestMemoryStore(StoreContract):
    def open_store(self, folder: Path, clock: Clock) -> Store:
        before = KEPT.get(folder)
        opened = KEPT[folder] = MemoryStore(clock)
        if before is not None:
            opened._rows = before._rows
        return opened


class TestMemoryEphemeral(EphemeralContract):
    def open_ephemeral(self, folder: Path, clock: Clock) -> Ephemeral:
        return MemoryEphemeral(clock)
