"""One-time passwords by time (RFC 6238): six digits, thirty seconds, SHA-1."""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from urllib.parse import quote, urlencode, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS = 6
STEP = 30


class TimeBasedCodes:
    """The port `OneTimePasswords`: a code of now, or of one step before or after."""

    def match(self, secret: bytes, otp: str, now: int) -> int | None:
        """The step that the code belongs to, or None. `now` in milliseconds."""
        # RFC 4226 wants longer secrets than those that people's apps hold already.
        totp = TOTP(secret, DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303
        step = now // 1000 // STEP
        presented = otp.encode("utf-8", "surrogatepass")
        # All are compared before one is chosen, so that the time does not tell which.
        matching = [
            near
            for near in range(max(step - 1, 0), step + 2)
            if hmac.compare_digest(totp.generate(near * STEP), presented)
        ]
        return matching[0] if matching else None


def step_of(otp: str, now: int, secret: bytes) -> int | None:
    """The step of a code as somebody typed it, blanks and all; None where it does not fit."""
    return TimeBasedCodes().match(secret, "".join(otp.split()), now)


def base32(secret: bytes) -> str:
    """A key as authenticator apps take it when it is typed."""
    return b32encode(secret).decode().rstrip("=")


def otpauth_uri(issuer: str, email: str, secret: bytes) -> str:
    """A key as authenticator apps scan it; `issuer` is the service's URL, whose host they show."""
    host = urlsplit(issuer).netloc or issuer
    asked = {"secret": base32(secret), "issuer": host, "algorithm": "SHA1"}
    said = urlencode({**asked, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return f"otpauth://totp/{quote(host, safe='')}:{quote(email, safe='')}?{said}"


def decode_secret(text: str) -> bytes:
    """Base32 as people write it: any case, spaces, hyphens, no padding. ValueError otherwise."""
    compact = re.sub(r"[\s=-]", "", text).upper()
    try:
        secret = b32decode(compact + "=" * (-len(compact) % 8))
    except ValueError:
        raise ValueError("not base32") from None
    if not secret:
        raise ValueError("empty")
    return secret
