"""Recovery codes: what a person types when the authenticator app is gone. Owns their form."""

from __future__ import annotations

from base64 import b32encode

from reticket.core.ports import Entropy

CODES = 10
_BYTES = 10
"""80 bits of randomness: nobody guesses one."""
_LENGTH = _BYTES * 8 // 5


def new_codes(entropy: Entropy) -> tuple[str, ...]:
    """Ten codes as a person reads them, like `k3vq-x2na-7mzd-p4te`."""
    return tuple(_grouped(b32encode(entropy(_BYTES)).decode().lower()) for _ in range(CODES))


def canonical(text: str) -> str | None:
    """The code that somebody typed, in any letter case and grouping; None for what is none."""
    code = "".join(text.split()).replace("-", "").lower()
    return code if len(code) == _LENGTH and code.isascii() else None


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, _LENGTH, 4))
