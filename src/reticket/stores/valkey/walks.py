"""Keys of a pattern on every primary, a few at a time, going on where the last look ended."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from reticket.stores.valkey.engine import Engine


class Walk:
    """One round over the keys after another."""

    def __init__(self, engine: Engine, pattern: bytes) -> None:
        self._engine = engine
        self._lock = Lock()
        self._pattern = pattern
        self._chunks: Iterator[list[bytes]] = iter(())
        self._met: list[bytes] = []

    def look(self, most: int) -> list[bytes]:
        """The next keys, at most so many; often none where most keys are others'."""
        with self._lock:
            if not self._met:
                self._met = self._next_chunk()
            looked_at, self._met = self._met[:most], self._met[most:]
        return looked_at

    def _next_chunk(self) -> list[bytes]:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._chunks = self._engine.keys(self._pattern)
            chunk = next(self._chunks, [])
        return chunk
