"""Scans the keys of a pattern on every primary, a few at a time, and continues where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from reticket.stores.valkey.engine import Engine


class Scan:
    """An endless series of scans over all keys, one round after another."""

    def __init__(self, engine: Engine, pattern: bytes) -> None:
        self._engine = engine
        self._lock = Lock()
        self._pattern = pattern
        self._chunks: Iterator[list[bytes]] = iter(())
        self._waiting: list[bytes] = []

    def next_keys(self, most: int) -> list[bytes]:
        """The next keys, at most `most`; often none where most keys do not match."""
        with self._lock:
            if not self._waiting:
                self._waiting = self._next_chunk()
            keys, self._waiting = self._waiting[:most], self._waiting[most:]
        return keys

    def _next_chunk(self) -> list[bytes]:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._chunks = self._engine.keys(self._pattern)
            chunk = next(self._chunks, [])
        return chunk
