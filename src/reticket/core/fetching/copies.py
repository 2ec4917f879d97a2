"""Copies of fetched documents, and for how long each is used. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from reticket.core.fetching.model import Fetched
from reticket.core.policy import DAY, SECOND

SHORTEST = 60
"""Seconds for which every copy is used, and between two attempts to replace one."""

LONGEST = DAY
"""Seconds after which every copy is fetched again, whatever its headers say."""

MOST_COPIES = 512
MOST_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Copy:
    """A document. Times are milliseconds.

    Args:
        fresh_until: until then it is used without a question.
        tried_at: the last attempt to fetch it.
        version: of the document, as its client has named it.
    """

    document: Fetched
    fresh_until: int
    tried_at: int
    version: str = ""


class Copies:
    """Owns the newest copies; the least recently used ones are dropped."""

    def __init__(self, most: int = MOST_COPIES, room: int = MOST_BYTES) -> None:
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        self._most = most
        self._room = room
        self._size = 0

    def usable(
        self, url: str, now: int, *, newer: bool = False, keep: int = 0, version: str = ""
    ) -> Fetched | None:
        """The copy, when no fetch is due.

        A `newer` one is due when the last attempt is a minute old. A copy whose time is over is
        used between two attempts, for `keep` seconds. A copy of another version is never used.
        """
        copy = self._copies.get(url)
        if copy is None or copy.version != version:
            return None
        is_just_tried = now - copy.tried_at < SHORTEST * SECOND
        is_fresh = now < copy.fresh_until and not newer
        is_kept = is_just_tried and now < copy.fresh_until + keep * SECOND
        if not (is_fresh or is_kept):
            return None
        self._copies.move_to_end(url)
        return copy.document

    def put(
        self, url: str, document: Fetched, now: int, version: str = "", shortest: int = SHORTEST
    ) -> None:
        """Keep a new copy instead of the old one of this URL. It is used for `shortest` seconds at
        least. Without room, the least recently used copies are dropped.
        """
        self._drop(url)
        lifetime = min(LONGEST, max(shortest, document.lifetime))
        self._copies[url] = Copy(document, now + lifetime * SECOND, now, version)
        self._size += len(document.body)
        while self._copies and (len(self._copies) > self._most or self._size > self._room):
            self._drop(next(iter(self._copies)))

    def despite_failure(self, url: str, now: int, keep: int, version: str = "") -> Fetched | None:
        """The copy that is used when a fetch has failed: for `keep` seconds after its time."""
        copy = self._copies.get(url)
        if copy is None or copy.version != version or now >= copy.fresh_until + keep * SECOND:
            return None
        self._copies[url] = replace(copy, tried_at=now)
        return copy.document

    def _drop(self, url: str) -> None:
        dropped = self._copies.pop(url, None)
        if dropped is not None:
            self._size -= len(dropped.document.body)
