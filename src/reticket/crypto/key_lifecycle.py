"""The states of a key: next, active, retiring, retired or compromised; and which key signs when.

Pure functions of rows and times (milliseconds). Knows no store, no secret and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reticket.core.errors import Code, ReticketError
from reticket.core.tokens.keys import SealedKey

NEXT = "next"
ACTIVE = "active"
RETIRING = "retiring"
RETIRED = "retired"
COMPROMISED = "compromised"


class KeyRefused(ReticketError):
    """An operation on a key is refused; the message is for the operator."""

    code = Code.INVALID_PARAMETER


def is_usable(key: SealedKey) -> bool:
    """Whether tokens of this key are still accepted."""
    return key.state not in (RETIRED, COMPROMISED)


def current(keys: Iterable[SealedKey], now: int) -> list[SealedKey]:
    """The keys with the states that their times give them at `now` (milliseconds)."""
    return [replace(key, state=_state(key, now)) for key in keys]


def _state(key: SealedKey, now: int) -> str:
    if not is_usable(key):
        return key.state
    if key.retiring_at is not None and key.retiring_at <= now:
        return RETIRING
    return ACTIVE if key.activates_at is not None and key.activates_at <= now else NEXT


def in_signing_order(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    """The usable keys of a use in the order in which they sign."""
    return [key for key in _sorted(keys, use) if is_usable(key)]


def scheduled(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    """The usable keys whose time of activation is set, in order."""
    return [key for key in in_signing_order(keys, use) if key.activates_at is not None]


def unscheduled(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    """The usable keys that wait for a rotation, in order."""
    return [key for key in in_signing_order(keys, use) if key.activates_at is None]


def periods(keys: Iterable[SealedKey], use: str) -> list[tuple[int, SealedKey]]:
    """The time from which each key signs (milliseconds), newest first.

    The period of an ended key belongs to its successor. So every process gives the same answer for
    a past time, whatever its clock says. A key that ended before its activation has no period.
    """
    ordered = _sorted(keys, use)
    starts = [
        (key.activates_at, _usable_from(ordered, index))
        for index, key in enumerate(ordered)
        if key.activates_at is not None and key.activates_at != key.retiring_at
    ]
    return [(since, key) for since, key in reversed(starts) if key is not None]


def _usable_from(ordered: Sequence[SealedKey], index: int) -> SealedKey | None:
    candidates = (*ordered[index:], *reversed(ordered[:index]))
    return next(filter(is_usable, candidates), None)


def _sorted(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    return sorted((key for key in keys if key.use == use), key=_sort_key)


def _sort_key(key: SealedKey) -> tuple[bool, int, int]:
    return key.activates_at is None, key.activates_at or 0, key.sequence


def rotated(keys: Sequence[SealedKey], use: str, at: int) -> list[SealedKey]:
    """The changed keys when the waiting key takes over at that time.

    Not before a rotation in progress has ended, so that periods stay in order.
    """
    newest, successor = scheduled(keys, use)[-1], unscheduled(keys, use)[0]
    since = max(at, (newest.activates_at or 0) + 1)
    return [replace(newest, retiring_at=since), replace(successor, activates_at=since)]


def compromised(keys: Sequence[SealedKey], key: SealedKey, now: int) -> list[SealedKey]:
    """The changed keys when a key (state as of `now`) must no longer be trusted.

    When it signs, or would sign, the next key takes its place.
    """
    ended = replace(key, state=COMPROMISED)
    if key.activates_at is None or key.state not in (NEXT, ACTIVE):
        return [ended]
    since = max(key.activates_at, now)
    after = in_signing_order(keys, key.use)
    successor = after[[one.id for one in after].index(key.id) + 1]
    return [replace(ended, retiring_at=since), replace(successor, activates_at=since)]


def retired(key: SealedKey) -> SealedKey:
    """The key, retired. KeyRefused unless a rotation has replaced it (state as of now)."""
    if key.state != RETIRING:
        raise KeyRefused(
            f"key {key.id} is {key.state}, and only a key that a rotation has replaced can retire: "
            "rotate first, or retire it as compromised"
        )
    return replace(key, state=RETIRED)


def due(keys: Sequence[SealedKey], before: int) -> list[SealedKey]:
    """Retiring keys (states as of now) that have signed nothing since `before` (milliseconds)."""
    return [key for key in keys if key.state == RETIRING and (key.retiring_at or 0) < before]
