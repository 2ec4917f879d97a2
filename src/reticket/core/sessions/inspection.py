"""Decides whether a verified access token is still valid, for many tokens in one store call.

Changes nothing. Knows no dialect and no signature.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from reticket.core.errors import Cause, Code, Refusal, Unavailable
from reticket.core.model import AccessToken, Family, Holder
from reticket.core.people import Client
from reticket.core.ports import ROW_LOCKED, Directory, Ephemeral, NotReplicated, RowLocked, Store
from reticket.core.queues.batch_queue import BatchQueue, WorkerPool
from reticket.core.sessions.rotation import state_of
from reticket.core.sessions.steps import seen


class StatusQuery(NamedTuple):
    """A token to ask the store about, and the key under which it may have been made void."""

    access: AccessToken
    void: str


class Live(NamedTuple):
    """The records behind a valid token.

    Args:
        holder: the subject.
        family: the row; None for a token without one.
    """

    holder: Holder
    family: Family | None


class Inspection:
    """Owns the batches of questions to the store.

    Args:
        pool: its thread asks the store.
        holder_of: the subject's record by token kind and id; None when it was deleted or disabled.
    """

    def __init__(
        self,
        pool: WorkerPool,
        store: Store,
        ephemeral: Ephemeral,
        directory: Directory,
        holder_of: Callable[[str, str], Holder | None],
    ) -> None:
        self._store = store
        self._ephemeral = ephemeral
        self._directory = directory
        self._holder_of = holder_of
        self._queries: BatchQueue[StatusQuery, Live] = BatchQueue(pool, self._judge)

    def live(self, access: AccessToken, void: str) -> asyncio.Future[Live]:
        """The subject and the row of a valid token. INVALID_ACCESS_TOKEN with its cause for any
        other. Call on the event loop.
        """
        return self._queries.put(StatusQuery(access, void))

    def subject_of(self, access: AccessToken) -> Holder:
        """The subject of a token, whether its family is live or not. INVALID_ACCESS_TOKEN."""
        self._directory.catch_up()
        holder = self._holder_of(access.resource, access.subject)
        if holder is None and (user := self._directory.user(access.subject)) is not None:
            cause = Cause.DISABLED if user.disabled else Cause.INACTIVE
            raise Refusal(Code.INVALID_ACCESS_TOKEN, cause)
        return admitted(access, holder)

    def _judge(
        self, batch: Sequence[StatusQuery]
    ) -> Sequence[Live | Refusal | Unavailable | RowLocked]:
        self._directory.catch_up()
        families = [query.access.family for query in batch if query.access.family]
        found = self._store.transact([(family, seen) for family in families]) if families else ()
        rows: Iterator[Found] = iter(found)
        void = self._ephemeral.present([query.void for query in batch])
        return [
            self._judged(query, next(rows) if query.access.family else None, query.void in void)
            for query in batch
        ]

    def _judged(
        self, query: StatusQuery, found: Found, is_void: bool
    ) -> Live | Refusal | Unavailable | RowLocked:
        if found is ROW_LOCKED:
            return ROW_LOCKED
        seen_row = found.result if isinstance(found, NotReplicated) else found
        ended = _ended(seen_row)
        holder = self._holder_of(query.access.resource, query.access.subject)
        if ended is None and is_void:
            ended = Cause.REVOKED
        if ended is not None:
            return Refusal(Code.INVALID_ACCESS_TOKEN, ended)
        try:
            holder = admitted(query.access, holder)
        except Refusal as refusal:
            return refusal
        if self._directory.pending(query.access.subject):
            return Unavailable("a change of the subject waits to end its families")
        return Live(holder, seen_row[0] if seen_row else None)


def admitted(access: AccessToken, holder: Holder | None) -> Holder:
    """The holder, if the version in the token is that of their credential. INVALID_ACCESS_TOKEN.

    A user's token without a credential version is valid: an older version of reticket made it, or
    its token kind has none. A client's is refused, since it may be an operator's, and the client
    can get a new one with its secret.
    """
    if holder is None:
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.SUBJECT_GONE)
    said = access.credential_version
    if said == holder.credential_version or (said is None and not isinstance(holder, Client)):
        return holder
    raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.CREDENTIAL_CHANGED)


Seen = tuple[Family | None, int]
Found = Seen | NotReplicated[Seen] | RowLocked | None
"""The store's answer about a token's family; None for a token without a family."""


def _ended(seen: Seen | None) -> Cause | None:
    if seen is None:
        return None
    row, now = seen
    ended = state_of(row, now) if row is not None else None
    return Cause.UNKNOWN if row is None else Cause(ended.value) if ended else None
