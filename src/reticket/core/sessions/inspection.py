"""Whether an access token that was verified still stands: many of them in one trip to the store.

Changes nothing. Knows no dialect and no signature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import AccessToken, Family, Holder
from reticket.core.people import Client
from reticket.core.ports import ROW_LOCKED, Directory, Ephemeral, NotReplicated, RowLocked, Store
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.sessions.rotation import state_of
from reticket.core.sessions.steps import seen


class StandingQuery(NamedTuple):
    """A token on its way to the store, and the key under which it may have been made void."""

    access: AccessToken
    void: str


class Inspection:
    """Owns the trips.

    Args:
        lane: where the store is asked.
        holder_of: the subject's record by resource and id, or None when it is gone or blocked.
    """

    def __init__(
        self,
        lane: WorkerPool,
        store: Store,
        ephemeral: Ephemeral,
        directory: Directory,
        holder_of: Callable[[str, str], Holder | None],
    ) -> None:
        self._store = store
        self._ephemeral = ephemeral
        self._directory = directory
        self._holder_of = holder_of
        self._looks: BatchQueue[StandingQuery, Holder] = BatchQueue(lane, self._judge)

    async def holder_of(self, access: AccessToken, void: str) -> Holder:
        """Whose token it is. INVALID_ACCESS_TOKEN with its cause when it does not stand."""
        return await self._looks.put(StandingQuery(access, void))

    def _judge(
        self, batch: Sequence[StandingQuery]
    ) -> Sequence[Holder | Refusal | Unavailable | RowLocked]:
        self._directory.catch_up()
        families = [look.access.family for look in batch if look.access.family]
        found = self._store.transact([(family, seen) for family in families]) if families else ()
        rows: Iterator[Found] = iter(found)
        void = self._ephemeral.present([look.void for look in batch])
        return [
            self._judged(look, next(rows) if look.access.family else None, look.void in void)
            for look in batch
        ]

    def _judged(
        self, look: StandingQuery, found: Found, is_void: bool
    ) -> Holder | Refusal | Unavailable | RowLocked:
        if found is ROW_LOCKED:
            return ROW_LOCKED
        ended = _ended(found.result if isinstance(found, NotReplicated) else found)
        holder = self._holder_of(look.access.resource, look.access.subject)
        if ended is None and is_void:
            ended = Cause.REVOKED
        if ended is not None:
            return Refusal(Code.INVALID_ACCESS_TOKEN, ended)
        try:
            holder = admitted(look.access, holder)
        except Refusal as refusal:
            return refusal
        if self._directory.pending(look.access.subject):
            return Unavailable("a change of the subject waits to end its families")
        return holder


def admitted(access: AccessToken, holder: Holder | None) -> Holder:
    """The holder, while the credential that the token rests on is theirs. INVALID_ACCESS_TOKEN.

    A token without a version is good: an older version of reticket made it, or its resource says
    none. Not so a client's: it has its secret at hand, and its token may be an operator's.
    """
    if holder is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.SUBJECT_GONE)
    said = access.credential_version
    if said == holder.credential_version or (said is None and not isinstance(holder, Client)):
        return holder
    raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.CREDENTIAL_CHANGED)


Seen = tuple[Family | None, int]
Found = Seen | NotReplicated[Seen] | RowLocked | None
"""What the store has of a token's family; None for a token without one."""


def _ended(seen: Seen | None) -> Cause | None:
    if seen is None:
        return None
    row, now = seen
    ended = state_of(row, now) if row is not None else None
    return Cause.UNKNOWN if row is None else Cause(ended.value) if ended else None
