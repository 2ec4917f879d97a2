"""The life of a key: next, active, retiring, retired or compromised; whose turn it is, and when.

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
    """A verb on a key that cannot be carried out; the message is for the operator."""

    code = Code.INVALID_PARAMETER


def is_usable(key: SealedKey) -> bool:
    """Whether tokens of this key are still accepted."""
    return key.state not in (RETIRED, COMPROMISED)


def current(keys: Iterable[SealedKey], now: int) -> list[SealedKey]:
    """The keys with the states that their times give them at that moment."""
    return [replace(key, state=_state(key, now)) for key in keys]


def _state(key: SealedKey, now: int) -> str:
    if not is_usable(key):
        return key.state
    if key.retiring_at is not None and key.retiring_at <= now:
        return RETIRING
    return ACTIVE if key.activates_at is not None and key.activates_at <= now else NEXT


def line(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    """The usable keys of a use in the order in which they sign."""
    return [key for key in _in_order(keys, use) if is_usable(key)]


def scheduled(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    """Those of the line that have signed, sign, or know from when on they will."""
    return [key for key in line(keys, use) if key.activates_at is not None]


def unscheduled(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    """Those of the line that wait for a rotation."""
    return [key for key in line(keys, use) if key.activates_at is None]


def periods(keys: Iterable[SealedKey], use: str) -> list[tuple[int, SealedKey]]:
    """From when on which key signs, the newest first.

    The period of an ended key belongs to the one that took over from it: every process must
    answer the same for a time that is past, whatever its clock says now. A key that was ended
    before its turn came never had one.
    """
    ordered = _in_order(keys, use)
    turns = [
        (key.activates_at, _substitute(ordered, place))
        for place, key in enumerate(ordered)
        if key.activates_at is not None and key.activates_at != key.retiring_at
    ]
    return [(since, key) for since, key in reversed(turns) if key is not None]


def _substitute(ordered: Sequence[SealedKey], place: int) -> SealedKey | None:
    candidates = (*ordered[place:], *reversed(ordered[:place]))
    return next(filter(is_usable, candidates), None)


def _in_order(keys: Iterable[SealedKey], use: str) -> list[SealedKey]:
    return sorted((key for key in keys if key.use == use), key=_turn)


def _turn(key: SealedKey) -> tuple[bool, int, int]:
    return key.activates_at is None, key.activates_at or 0, key.sequence


def rotated(keys: Sequence[SealedKey], use: str, at: int) -> list[SealedKey]:
    """What changes when the waiting key takes over at that time.

    Never before a rotation that is under way has ended: periods stay in order.
    """
    newest, heir = scheduled(keys, use)[-1], unscheduled(keys, use)[0]
    since = max(at, (newest.activates_at or 0) + 1)
    return [replace(newest, retiring_at=since), replace(heir, activates_at=since)]


def compromised(keys: Sequence[SealedKey], key: SealedKey, now: int) -> list[SealedKey]:
    """What changes when a key (state as of now) must not be trusted any more.

    One whose turn it is, or would be, hands it to the next in line.
    """
    ended = replace(key, state=COMPROMISED)
    if key.activates_at is None or key.state not in (NEXT, ACTIVE):
        return [ended]
    since = max(key.activates_at, now)
    after = line(keys, key.use)
    heir = after[[one.id for one in after].index(key.id) + 1]
    return [replace(ended, retiring_at=since), replace(heir, activates_at=since)]


def retired(key: SealedKey) -> SealedKey:
    """The key, retired. KeyRefused unless a rotation has replaced it (state as of now)."""
    if key.state != RETIRING:
        raise KeyRefused(f"key {key.id} is {key.state}; only one that was rotated out can retire")
    return replace(key, state=RETIRED)


def due(keys: Sequence[SealedKey], dead: int) -> list[SealedKey]:
    """Retiring keys (states as of now) that have signed nothing since `dead`."""
    return [key for key in keys if key.state == RETIRING and (key.retiring_at or 0) < dead]
