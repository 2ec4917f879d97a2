"""Time-based one-time passwords (RFC 6238): six digits, thirty seconds, SHA-1."""

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
    """The port `OneTimePasswords`: accepts the current time step, one before and one after."""

    def match(self, secret: bytes, otp: str, now: int) -> int | None:
        """The time step of the code, or None. `now` in milliseconds."""
        # RFC 4226 requires longer secrets than those that existing authenticator apps hold.
        totp = TOTP(secret, DIGITS, SHA1(), STEP, enforce_key_length=False)  # noqa: S303
        step = now // 1000 // STEP
        presented = otp.encode("utf-8", "surrogatepass")
        # All candidates are compared before one is chosen, so that the duration does not tell
        # which.
        matching = [
            candidate
            for candidate in range(max(step - 1, 0), step + 2)
            if hmac.compare_digest(totp.generate(candidate * STEP), presented)
        ]
        return matching[0] if matching else None


def step_of(otp: str, now: int, secret: bytes) -> int | None:
    """The time step of a code as typed, spaces included, or None. `now` in milliseconds."""
    return TimeBasedCodes().match(secret, "".join(otp.split()), now)


def base32(secret: bytes) -> str:
    """A secret as text for typing into an authenticator app."""
    return b32encode(secret).decode().rstrip("=")


def otpauth_uri(issuer: str, email: str, secret: bytes) -> str:
    """A secret as the URI in a QR code. Apps show the host of `issuer`, the service's URL."""
    host = urlsplit(issuer).netloc or issuer
    parameters = {"secret": base32(secret), "issuer": host, "algorithm": "SHA1"}
    query = urlencode({**parameters, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return f"otpauth://totp/{quote(host, safe='')}:{quote(email, safe='')}?{query}"


def decode_secret(text: str) -> bytes:
    """Decode base32 in any case, with spaces, hyphens or missing padding. ValueError otherwise."""
    compact = re.sub(r"[\s=-]", "", text).upper()
    try:
        secret = b32decode(compact + "=" * (-len(compact) % 8))
    except ValueError:
        raise ValueError("not base32") from None
    if not secret:
        raise ValueError("empty")
    return secret
