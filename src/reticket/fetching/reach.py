"""Which servers may be connected to, and which authority must vouch for them (ADR 0013)."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

from reticket.core.fetching.model import FetchFault
from reticket.fetching.connection import connected, encrypted
from reticket.fetching.deadline import Deadline
from reticket.fetching.faults import Failed
from reticket.fetching.public import is_public
from reticket.fetching.resolving import Resolver
from reticket.fetching.target import Target

MOST_ATTEMPTS = 3
"""Addresses of one host that are tried."""


class Reach:
    """Opens connections under TLS. Used by many threads.

    Args:
        resolver: finds addresses.
        private_hosts: hosts that may have addresses that are not public.
        ca_file: the certificate authority of these hosts; None stands for the system's.
    """

    def __init__(
        self, resolver: Resolver, private_hosts: Collection[str], ca_file: Path | None
    ) -> None:
        self._resolver = resolver
        self._private_hosts = frozenset(host.lower().rstrip(".") for host in private_hosts)
        self._own_trust = ssl.create_default_context(cafile=ca_file) if ca_file else None

    @cached_property
    def _public_trust(self) -> ssl.SSLContext:
        """The system's authorities: many, and read only when a first request needs them."""
        return ssl.create_default_context()

    @contextmanager
    def open(self, target: Target, deadline: Deadline) -> Iterator[ssl.SSLSocket]:
        """A connection to the target. Failed: REFUSED_ADDRESS; OSError."""
        is_named = target.host in self._private_hosts
        addresses = self._resolver.resolve(target.host, target.port, deadline)
        if not is_named and not all(is_public(each.text) for each in addresses):
            raise Failed(FetchFault.REFUSED_ADDRESS)
        trust = self._own_trust if is_named and self._own_trust else self._public_trust
        with (
            closing(connected(addresses[:MOST_ATTEMPTS], deadline)) as connection,
            encrypted(connection, target, trust, deadline) as secured,
        ):
            yield secured
