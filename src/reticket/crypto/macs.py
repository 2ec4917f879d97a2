"""MAC keys: HMAC-SHA256 (RFC 2104), and which key is used at which time.

A key's schedule is computed once, not for every message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from reticket.core.tokens.keys import MacKey

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class HmacKey:
    """The port `MacKey`.

    Args:
        id: 4 bytes.
        secret: 32 bytes, derived for one label.
    """

    id: bytes
    secret: bytes = field(repr=False)
    _keyed: HMAC = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_keyed", HMAC(self.secret, SHA256()))

    def mac(self, message: bytes) -> bytes:
        """32 bytes."""
        state = self._keyed.copy()
        state.update(message)
        return state.finalize()


@dataclass(frozen=True, slots=True)
class Timeline(Generic[K]):
    """Which key signs from which time on (milliseconds), newest first."""

    periods: Sequence[tuple[int, K]] = field(repr=False)

    def at(self, moment: int) -> K:
        """The key at that time; before the first period, the first key."""
        for since, key in self.periods:
            if since <= moment:
                return key
        return self.periods[-1][1]


@dataclass(frozen=True, slots=True)
class Derived(Timeline[MacKey]):
    """The MAC keys of one label."""

    by_id: Mapping[bytes, MacKey] = field(repr=False)
    likeliest_first: Sequence[MacKey] = field(repr=False)

    def end_of(self, key: MacKey) -> int | None:
        """As `MacKeys.end_of`."""
        newer: int | None = None
        for since, each in self.periods:
            if each.id == key.id:
                return newer
            newer = since
        return None


class DerivedKeys(dict[str, Derived]):
    """The MAC keys of each label, derived when they are asked for."""

    def __init__(self, derive: Callable[[str], Derived]) -> None:
        self._derive = derive

    def __missing__(self, label: str) -> Derived:
        self[label] = self._derive(label)
        return self[label]
