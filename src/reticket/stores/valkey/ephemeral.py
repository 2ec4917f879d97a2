"""The port `Ephemeral` on Valkey: entries and counters that the engine deletes by itself.

The port promises that `sweep` counts what it deletes, so an ended key stays `SWEPT_LATER` for it.
Every script treats a key as absent from its end on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reticket.core.policy import SECOND
from reticket.core.ports import LEAP, Counted
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.scans import Scan
from reticket.stores.valkey.scripts import COUNT, ONCE, PEEK, POP, SWEEP, Command

SWEPT_LATER = 60 * SECOND
"""Milliseconds."""

SCANS = 16
"""SCANs of one sweep at most; the engine itself deletes the rest."""


class ValkeyEphemeral:
    """The port `Ephemeral`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._scan = Scan(engine, b"rt:[ec]:*")

    def put_if_absent(self, key: str, lifetime: int, value: str = "") -> bool:
        """Run one script."""
        full_key = _entry(key)
        set_it = ONCE(full_key, value.encode(), *_times(lifetime))
        return bool(self._ask(set_it))

    def peek(self, key: str) -> str | None:
        """Read one entry."""
        return _text(self._ask(PEEK(_entry(key), SWEPT_LATER)))

    def present(self, keys: Sequence[str]) -> set[str]:
        """Read each entry, in one pipeline for each node."""
        found = self._engine.ask([PEEK(_entry(key), SWEPT_LATER) for key in keys])
        return {key for key, value in zip(keys, found, strict=True) if value is not None}

    def pop(self, key: str) -> str | None:
        """Run one script."""
        return _text(self._ask(POP(_entry(key), SWEPT_LATER)))

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """Add to one counter."""
        return self.count_each({key: window}, add)[0]

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> list[Counted]:
        """Run one script for each counter, in one pipeline for each node."""
        commands = [COUNT(_counter(key), add, *_times(window)) for key, window in windows.items()]
        return [Counted(total, left) for total, left in self._engine.ask(commands)]

    def forget(self, *keys: str) -> None:
        """Delete counters, in one pipeline for each node."""
        full_keys = [_counter(key) for key in keys]
        self._engine.ask([Command(full_key, ("DEL", full_key)) for full_key in full_keys])

    def sweep(self, limit: int) -> int:
        """Delete ended keys that the engine has not deleted yet, up to `SCANS` scans."""
        swept = 0
        for _ in range(SCANS):
            if swept == limit:
                break
            keys = self._scan.next_keys(limit - swept)
            swept += sum(self._engine.ask([SWEEP(key, SWEPT_LATER) for key in keys]))
        return swept

    def close(self) -> None:
        """Close the connections."""
        self._engine.close()

    def _ask(self, command: Command) -> Any:
        return self._engine.ask([command])[0]


def _entry(key: str) -> bytes:
    return b"rt:e:" + key.encode()


def _counter(key: str) -> bytes:
    return b"rt:c:" + key.encode()


def _times(seconds: int) -> tuple[int, int, int]:
    """Milliseconds until the engine deletes the key, how many of them are for `sweep`, and the most
    that a correct clock can have left.
    """
    living = seconds * SECOND + SWEPT_LATER
    return living, SWEPT_LATER, living + LEAP * SECOND


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()
