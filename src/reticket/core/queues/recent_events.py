"""How often each event has happened recently, by name. Pure: counts events, not seconds."""

from __future__ import annotations

from collections import Counter, deque

REMEMBERED = 1024
"""Events that are remembered; for turns in a queue, those of some minutes."""


class RecentEvents:
    """Owns how often each name is among the newest `REMEMBERED` events."""

    def __init__(self) -> None:
        self._names: deque[str] = deque()
        self._times: Counter[str] = Counter()

    def note(self, name: str) -> None:
        """Count an event."""
        self._names.append(name)
        self._times[name] += 1
        if len(self._names) > REMEMBERED:
            forgotten = self._names.popleft()
            self._times[forgotten] -= 1
            if not self._times[forgotten]:
                del self._times[forgotten]

    def times(self, name: str) -> int:
        """How often the event is among the newest ones."""
        return self._times[name]
