"""Policies: the lifetimes of tokens, and the reaction of a family to a token that was used
before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

SECOND = 1000
DAY = 86_400


def whole_seconds(milliseconds: int) -> int:
    """Milliseconds in whole seconds, rounded up."""
    return -(-milliseconds // SECOND)


class Reuse(StrEnum):
    """What an older token does to its family."""

    REVOKE = "revoke"
    TOLERATE = "tolerate"


@dataclass(frozen=True, slots=True)
class Policy:
    """Named and dated settings of lifetimes. All durations are seconds.

    Args:
        name: the preset's name, with its year; stored in every family that begins under it.
        access: lifetime of an access token.
        refresh: idle end, counted from the newest rotation; the lifetime of a refresh token.
        absolute: end of the family, counted from its sign-in.
        window: how long after a rotation an older token is accepted; 0 never.
        reuse: what an older token does after the window.
        rotates: whether a refresh issues a new generation (FAPI 2.0 forbids it for some clients).
    """

    name: str
    access: int
    refresh: int
    absolute: int
    window: int
    reuse: Reuse
    rotates: bool = True

    def faults(self) -> list[str]:
        """Sentences that say why this policy is unusable; empty when it is usable."""
        found = [
            f"{member} must be at least {least} second(s), is {getattr(self, member)}"
            for member, least in (("access", 1), ("refresh", 1), ("absolute", 1), ("window", 0))
            if getattr(self, member) < least
        ]
        if self.refresh < self.access:
            found.append(
                f"refresh ({self.refresh} s) is shorter than access ({self.access} s): "
                "a session would end while its access token is still valid"
            )
        if self.absolute < self.refresh:
            found.append(f"absolute ({self.absolute} s) is shorter than refresh ({self.refresh} s)")
        return found

    def warnings(self) -> list[str]:
        """Sentences that an operator should know about this policy."""
        if self.window * 10 > self.access:
            return [
                f"window ({self.window} s) is over a tenth of access ({self.access} s): "
                "a stolen token that is used within the window is not detected"
            ]
        return []


BROWSER_2026 = Policy("BROWSER_2026", 900, 14 * DAY, 365 * DAY, 30, Reuse.REVOKE)
DEVICE_2026 = Policy("DEVICE_2026", 3600, 90 * DAY, 365 * DAY, 30, Reuse.REVOKE)
SERVICE_2026 = Policy("SERVICE_2026", 3600, 30 * DAY, 365 * DAY, 30, Reuse.REVOKE)
FAPI_2_SESSION_2026 = Policy(
    "FAPI_2_SESSION_2026", 300, DAY, 90 * DAY, 0, Reuse.REVOKE, rotates=False
)
"""FAPI 2.0 Security Profile §5.3.2.1: no rotation; the tokens are bound to a key instead."""

AAL2_2026 = Policy("AAL2_2026", 900, 3600, DAY, 30, Reuse.REVOKE)
AAL3_2026 = Policy("AAL3_2026", 600, 900, DAY // 2, 30, Reuse.REVOKE)
"""NIST SP 800-63B-4 §2.2.3 and §2.3.3: how long a session may go on, and be idle."""

PRESETS: Mapping[str, Policy] = {
    preset.name: preset
    for preset in (
        BROWSER_2026,
        DEVICE_2026,
        SERVICE_2026,
        FAPI_2_SESSION_2026,
        AAL2_2026,
        AAL3_2026,
    )
}
"""The presets that belong to no dialect. Dialects declare their own."""


BROWSER = "BROWSER"
"""The preset when none is named."""


def by_any_name(presets: Mapping[str, Policy]) -> dict[str, Policy]:
    """Presets by their name with and without the year."""
    return {**presets, **{name.rpartition("_")[0]: found for name, found in presets.items()}}


def policy_of(said: Mapping[str, Any] | None, presets: Mapping[str, Policy]) -> Policy:
    """A preset with single values replaced.

    Args:
        said: the member `preset`, and the policy members that differ. The browser's preset is used
            when there is none, or when its preset was removed by an update.
        presets: by name, as configured.
    """
    changes = dict(said or {})
    base = presets.get(changes.pop("preset", BROWSER)) or presets[BROWSER]
    if "reuse" in changes:
        changes["reuse"] = Reuse(changes["reuse"])
    return replace(base, **changes)
