"""For testing your own dialects and stores: contracts, fakes, and a player for fixture files."""

from reticket.testing.clock import FakeClock
from reticket.testing.dialect_contract import DialectContract
from reticket.testing.ephemeral_contract import EphemeralContract
from reticket.testing.server import RunningServer, running_server
from reticket.testing.store_contract import StoreContract

__all__ = [
    "DialectContract",
    "EphemeralContract",
    "FakeClock",
    "RunningServer",
    "StoreContract",
    "running_server",
]
