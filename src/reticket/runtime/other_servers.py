"""What sends requests to other servers, made from the table `[fetch]`."""

from __future__ import annotations

import time

from reticket.fetching import Reach, Resolver, SafeExchange
from reticket.fetching.exchange import TIMEOUT
from reticket.settings import Settings


def reach_of(settings: Settings) -> Reach:
    """Which servers may be connected to."""
    return Reach(Resolver(), settings.fetch.private_hosts, settings.fetch.ca_file)


def exchange_of(settings: Settings, timeout: float = TIMEOUT) -> SafeExchange:
    """What sends requests. The timeout is in seconds, for one request in all."""
    return SafeExchange(reach_of(settings), time.monotonic, timeout)
