"""Recovery codes, typed when the authenticator app is lost. Owns their form.

Digits only, because forms for one-time passwords show a numeric keyboard.
"""

from __future__ import annotations

from reticket.core.ports import Entropy

CODES = 10
_DIGITS = 20
"""66 bits of randomness."""
_BYTES = 32
"""Many more bits than the digits need, so that all codes are equally likely."""


def new_codes(entropy: Entropy) -> tuple[str, ...]:
    """Ten codes in a readable form, such as `40718-95226-11834-60357`."""
    return tuple(_grouped(_number(entropy)) for _ in range(CODES))


def canonical(text: str) -> str | None:
    """The digits of a typed code, grouped or not; None for any other text."""
    code = "".join(text.split()).replace("-", "")
    is_one = len(code) == _DIGITS and code.isascii() and code.isdecimal()
    return code if is_one else None


def _number(entropy: Entropy) -> str:
    return str(int.from_bytes(entropy(_BYTES)) % 10**_DIGITS).zfill(_DIGITS)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 5] for start in range(0, _DIGITS, 5))
