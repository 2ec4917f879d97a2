"""Recovery codes: what a person types when the authenticator app is gone. Owns their form.

Digits alone, since forms for one-time passwords show a keyboard of digits.
"""

from __future__ import annotations

from reticket.core.ports import Entropy

CODES = 10
_DIGITS = 20
"""66 bits of randomness: nobody guesses one."""
_BYTES = 32
"""So many more bits than digits need that no code is likelier than another."""


def new_codes(entropy: Entropy) -> tuple[str, ...]:
    """Ten codes as a person reads them, like `40718-95226-11834-60357`."""
    return tuple(_grouped(_number(entropy)) for _ in range(CODES))


def canonical(text: str) -> str | None:
    """The digits of the code that somebody typed, grouped or not; None for what is none."""
    code = "".join(text.split()).replace("-", "")
    is_one = len(code) == _DIGITS and code.isascii() and code.isdecimal()
    return code if is_one else None


def _number(entropy: Entropy) -> str:
    return str(int.from_bytes(entropy(_BYTES)) % 10**_DIGITS).zfill(_DIGITS)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 5] for start in range(0, _DIGITS, 5))
