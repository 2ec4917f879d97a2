"""One-time passwords by time (RFC 6238): six digits, thirty seconds, SHA-1."""

from __future__ import annotations

from base64 import b32decode
from binascii import Error as NotBase32

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS = 6
STEP = 30
_DRIFT = (0, -1, 1)


class TimeBasedCodes:
    """The port `OneTimePasswords`: a code of now, or of one step before or after."""

    def match(self, secret: bytes, otp: str, now: int) -> int | None:
        """The step that the code belongs to, or None. `now` in milliseconds."""
        if len(otp) != DIGITS or not (otp.isascii() and otp.isdigit()):
            return None
        # RFC 4226 wants longer secrets than those that people's apps hold already.
        totp = TOTP(secret, DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303
        step = now // 1000 // STEP
        for drift in _DRIFT:
            try:
                totp.verify(otp.encode(), (step + drift) * STEP)
            except InvalidToken:
                continue
            return step + drift
        return None


def decode_secret(text: str) -> bytes:
    """Base32 as people write it: any case, spaces, no padding. ValueError for anything else."""
    compact = text.replace(" ", "").upper().rstrip("=")
    try:
        return b32decode(compact + "=" * (-len(compact) % 8))
    except NotBase32:
        raise ValueError("not base32") from None
