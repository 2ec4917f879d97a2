"""Limits how many different devices may begin families in a day.

A store never deletes the text of a device. Some stores keep it once for each client and scope.
"""

from __future__ import annotations

import logging

from reticket.core.model import Family
from reticket.core.policy import SECOND
from reticket.core.ports import Clock

MOST = 65_536
"""Different devices a day in a process; one device with another client or scope counts again.
A usual service sees some hundreds; 400 bytes each are 26 MB.
"""

DAY = 24 * 60 * 60 * SECOND

_log = logging.getLogger(__name__)


class Devices:
    """Owns which devices have begun families today. Used by one thread at a time.

    Args:
        most: different devices a day.
    """

    def __init__(self, clock: Clock, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._today, self._warned = 0, False
        self._known: set[int] = set()
        """Hashes, which take a tenth of the memory. Two devices with one hash are both kept."""

    def kept(self, family: Family) -> Family:
        """A new family as it is stored: without its device after too many others today."""
        self._begin_day(self._clock() // DAY)
        mark = hash((family.resource, family.client, family.scope, family.policy, family.device))
        if mark not in self._known and not self._has_room():
            return family._replace(device=None)
        self._known.add(mark)
        return family

    def _has_room(self) -> bool:
        if len(self._known) == self._most and not self._warned:
            self._warned = True
            _log.warning("devices_too_many")
        return len(self._known) < self._most

    def _begin_day(self, today: int) -> None:
        if today != self._today:
            self._today, self._known, self._warned = today, set(), False
