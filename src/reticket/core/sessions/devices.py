"""How many different devices may begin families: a store keeps the text of each for good, and some
keep it again with each client and scope that it comes with.
"""

from __future__ import annotations

import logging

from reticket.core.model import Family
from reticket.core.policy import SECOND
from reticket.core.ports import Clock

MOST = 65_536
"""Different ones a day in a process, or the same with other clients or scopes. Usual clients have
some hundreds; 400 bytes each are 26 MB.
"""

DAY = 24 * 60 * 60 * SECOND

_log = logging.getLogger(__name__)


class Devices:
    """Owns which devices have begun families today. Belongs to one thread at a time.

    Args:
        most: different ones a day.
    """

    def __init__(self, clock: Clock, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._today, self._told = 0, False
        self._known: set[int] = set()
        """Their hashes, which take a tenth of the texts; of two with one hash both are kept."""

    def kept(self, family: Family) -> Family:
        """A new family as it is kept: without its device, where there are too many others today."""
        self._begin_day(self._clock() // DAY)
        mark = hash((family.resource, family.client, family.scope, family.policy, family.device))
        if mark not in self._known and not self._has_room():
            return family._replace(device=None)
        self._known.add(mark)
        return family

    def _has_room(self) -> bool:
        if len(self._known) == self._most and not self._told:
            self._told = True
            _log.warning("devices_too_many")
        return len(self._known) < self._most

    def _begin_day(self, today: int) -> None:
        if today != self._today:
            self._today, self._known, self._told = today, set(), False
