"""Remembers proxies that forward requests and are not in `trusted_proxies`, for `reticket
doctor`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from reticket.core.addresses import Network, is_among

REMEMBERED = 64
"""Untrusted proxies that are remembered."""


class UntrustedProxies:
    """Owns the file with the untrusted proxies.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "unnamed_proxies.json"

    def remember(self, address: str) -> None:
        """Remember a proxy; a disk error is ignored."""
        found = [*dict.fromkeys([*self.read(), address])][-REMEMBERED:]
        fresh = self._file.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            fresh.touch(mode=0o600)
            fresh.write_bytes(msgspec.json.encode(found))
            os.replace(fresh, self._file)

    def read(self) -> list[str]:
        """The remembered addresses."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[str])
        except (OSError, msgspec.MsgspecError):
            return []

    def warnings(self, trusted: Sequence[Network]) -> list[str]:
        """A sentence for each address that is still not trusted."""
        return [
            f"{address} sends forwarding headers and is not in trusted_proxies, so its clients "
            "count as one address: add it if it is a proxy of yours"
            for address in self.read()
            if not is_among(address, trusted)
        ]
