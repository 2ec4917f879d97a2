"""The rule: what a refresh token with a valid MAC does to its family. Design §1, ADR 0001.

Pure: no clock, no I/O, no randomness. Every store runs this very function.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from reticket.core.logouts import REUSE
from reticket.core.model import Family, Outcome, RefreshToken
from reticket.core.policy import SECOND, Policy, Reuse

FIRST = 1
"""The generation of the first token of a family. Generation 0 means that an access token belongs to
no session.
"""


class Decision(NamedTuple):
    """An outcome and the row after it; the row is None only when there was none."""

    outcome: Outcome
    row: Family | None


def decide(row: Family | None, token: RefreshToken, now: int, policy: Policy) -> Decision:
    """Decide over a presented token; the first line of the table that fits applies.

    Args:
        row: the stored family, or None when there is none.
        token: the content of the presented token, whose MAC was checked.
        now: milliseconds, by the store's clock. A time before `rotated_at` counts as `rotated_at`.
        policy: the family's policy.
    """
    if row is None:
        return Decision(Outcome.UNKNOWN, None)
    now = max(now, row.rotated_at)
    ended = end_of(row, token, now, policy)
    if ended is not None:
        return Decision(ended, row)
    generation = token.generation
    if not policy.rotates and generation == row.generation:
        return Decision(Outcome.KEPT, _issue(row, now, policy))
    if generation > row.generation:
        return Decision(Outcome.HEALED, _heal(row, generation, now, policy))
    if generation > row.floor:
        return Decision(Outcome.ADVANCED, _advance(row, generation, now, policy))
    if is_open(row, now, policy) and generation >= row.open_from:
        return Decision(Outcome.REPLAYED, row)
    if generation == row.parent:
        return Decision(Outcome.REISSUED, _reissue(row, generation, now, policy))
    if policy.reuse is Reuse.TOLERATE:
        return Decision(Outcome.TOLERATED, row)
    return Decision(Outcome.REUSED, revoked(row, now, REUSE))


def rounded_up_to_second(at: int) -> int:
    """The first whole second at or after a time in milliseconds. JWTs have whole seconds (RFC 7519
    §2); rounding up keeps tokens valid for their whole lifetime.
    """
    return -(-at // SECOND) * SECOND


def begun(
    family: bytes,
    resource: str,
    subject: str,
    policy: str,
    ends_at: int,
    expires_at: int,
    now: int,
) -> Family:
    """The row of a family whose newest token is its first one, with nothing that it may lack.

    Args:
        family: its id.
        resource: as in `Family`.
        subject: as in `Family`.
        policy: its name.
        ends_at: as in `Family`.
        expires_at: as in `Family`.
        now: when the token was issued.
    """
    return Family(
        id=family,
        resource=resource,
        subject=subject,
        client=None,
        context=None,
        scope=None,
        policy=policy,
        ends_at=ends_at,
        expires_at=expires_at,
        generation=FIRST,
        parent=0,
        floor=0,
        open_from=FIRST,
        rotated_at=now,
    )


def end_of(row: Family, token: RefreshToken, now: int, policy: Policy) -> Outcome | None:
    """REVOKED or EXPIRED when the family or this token has ended, else None."""
    if row.revoked_at is not None:
        return Outcome.REVOKED
    if now >= row.ends_at or now >= stated_end(token, policy):
        return Outcome.EXPIRED
    return None


def stated_end(token: RefreshToken, policy: Policy) -> int:
    """When the token expires: as stated at issue, whatever the settings are now. A token without a
    stated end has the lifetime of the policy.
    """
    if token.expires_at is not None:
        return token.expires_at
    return token.issued_at + policy.refresh * SECOND


def state_of(row: Family, now: int) -> Outcome | None:
    """REVOKED or EXPIRED when the family has ended for every token, else None."""
    if row.revoked_at is not None:
        return Outcome.REVOKED
    return Outcome.EXPIRED if now >= min(row.ends_at, row.expires_at) else None


def is_open(row: Family, now: int, policy: Policy) -> bool:
    """Whether the retry window of the newest rotation is still open."""
    return now - row.rotated_at < policy.window * SECOND


def revoked(row: Family, now: int, cause: str) -> Family:
    """The row, revoked; a row that was revoked before keeps its first cause."""
    if row.revoked_at is not None:
        return row
    return row._replace(revoked_at=now, revoked_cause=cause)


def merge(one: Family, other: Family) -> Family:
    """Join two diverged copies of a family: the greater generation wins, a revocation stays.

    Commutative, associative and idempotent, so any number of copies may be merged in any order.
    """
    newest = max(one, other, key=_progress)
    ends = [copy for copy in (one, other) if copy.revoked_at is not None]
    if not ends:
        return newest
    first = min(ends, key=lambda copy: (copy.revoked_at or 0, copy.revoked_cause or ""))
    return newest._replace(revoked_at=first.revoked_at, revoked_cause=first.revoked_cause)


def _progress(row: Family) -> tuple[int | str, ...]:
    return (
        row.generation, row.rotated_at, row.floor, row.parent, row.open_from,
        row.expires_at, row.context or "",
    )  # fmt: skip


def _issue(row: Family, now: int, policy: Policy, **counters: Any) -> Family:
    """The row with a token issued now and the outcome's counters. It is kept until the latest
    stated end of its tokens, also after a setting has shortened the lifetime of newer ones. An
    adopted row may be kept past its end.
    """
    latest = min(row.ends_at, rounded_up_to_second(now + policy.refresh * SECOND))
    return row._replace(rotated_at=now, expires_at=max(row.expires_at, latest), **counters)


def _heal(row: Family, generation: int, now: int, policy: Policy) -> Family:
    return _issue(
        row,
        now,
        policy,
        generation=generation + 1,
        parent=generation,
        floor=generation,
        open_from=min(row.open_from, row.floor + 1),
    )


def _advance(row: Family, generation: int, now: int, policy: Policy) -> Family:
    return _issue(
        row,
        now,
        policy,
        generation=row.generation + 1,
        parent=generation,
        floor=row.generation,
        open_from=row.open_from if is_open(row, now, policy) else row.floor + 1,
    )


def _reissue(row: Family, generation: int, now: int, policy: Policy) -> Family:
    return _issue(row, now, policy, generation=row.generation + 1, open_from=generation)
