"""How often something happened of late, by name. Pure: counts events, not seconds."""

from __future__ import annotations

from collections import Counter, deque

LATELY = 1024
"""Events that are remembered; of turns, some minutes of work."""


class RecentEvents:
    """Owns how often each name is among the newest `LATELY` events."""

    def __init__(self) -> None:
        self._names: deque[str] = deque()
        self._times: Counter[str] = Counter()

    def note(self, name: str) -> None:
        """It has happened once more."""
        self._names.append(name)
        self._times[name] += 1
        if len(self._names) > LATELY:
            forgotten = self._names.popleft()
            self._times[forgotten] -= 1
            if not self._times[forgotten]:
                del self._times[forgotten]

    def times(self, name: str) -> int:
        """How often."""
        return self._times[name]
