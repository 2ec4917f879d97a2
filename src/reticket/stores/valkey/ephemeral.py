"""The port `Ephemeral` on Valkey: entries and counters that the engine deletes by itself.

What is over stays `SWEPT_LATER` for `sweep`, whose count the port promises; every script takes it
for absent from its end on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reticket.core.policy import SECOND
from reticket.core.ports import LEAP, Counted
from reticket.stores.valkey.engine import Engine
from reticket.stores.valkey.scripts import COUNT, ONCE, PEEK, SWEEP, TAKE, Command
from reticket.stores.valkey.walks import Walk

SWEPT_LATER = 60 * SECOND
"""Milliseconds."""

LOOKS = 16
"""SCANs, at most, of one sweep: the engine's own deletion finds the rest."""


class ValkeyEphemeral:
    """The port `Ephemeral`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._walk = Walk(engine, b"rt:[ec]:*")

    def once(self, key: str, lifetime: int, value: str = "") -> bool:
        """One script."""
        place = _entry(key)
        set_it = ONCE(place, value.encode(), *_times(lifetime))
        return bool(self._ask(set_it))

    def peek(self, key: str) -> str | None:
        """A look."""
        return _text(self._ask(PEEK(_entry(key), SWEPT_LATER)))

    def present(self, keys: Sequence[str]) -> set[str]:
        """A look at each, in one exchange."""
        found = self._engine.ask([PEEK(_entry(key), SWEPT_LATER) for key in keys])
        return {key for key, value in zip(keys, found, strict=True) if value is not None}

    def take(self, key: str) -> str | None:
        """One script."""
        return _text(self._ask(TAKE(_entry(key), SWEPT_LATER)))

    def count(self, key: str, window: int, add: int = 1) -> Counted:
        """The same for one."""
        return self.count_each({key: window}, add)[0]

    def count_each(self, windows: Mapping[str, int], add: int = 1) -> list[Counted]:
        """One script each, in one exchange."""
        asked = [COUNT(_counter(key), add, *_times(window)) for key, window in windows.items()]
        return [Counted(total, left) for total, left in self._engine.ask(asked)]

    def forget(self, *keys: str) -> None:
        """Deletes in one exchange."""
        places = [_counter(key) for key in keys]
        self._engine.ask([Command(place, ("DEL", place)) for place in places])

    def sweep(self, limit: int) -> int:
        """A bounded look at what the engine has not deleted yet."""
        swept = 0
        for _ in range(LOOKS):
            if swept == limit:
                break
            keys = self._walk.look(limit - swept)
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
    """How long it is there, how much of that is for sweeping, and the most that may be left."""
    living = seconds * SECOND + SWEPT_LATER
    return living, SWEPT_LATER, living + LEAP * SECOND


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()
