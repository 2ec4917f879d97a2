"""The signatures of Standard Webhooks 1.0: HMAC-SHA256 over an id, a time and a body."""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256

SECRET_WORDS = "whsec_ and the base64 of 24 to 64 random bytes"  # noqa: S105

_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]{32,86}={0,2})")


def read_webhook_secret(text: str) -> bytes:
    """The key of the signatures, from its text form.

    Raises:
        ValueError: it is no secret of Standard Webhooks.
    """
    found = _SECRET.fullmatch(text.strip())
    key = base64.b64decode(found[1], validate=True) if found else b""
    if not 24 <= len(key) <= 64:
        raise ValueError(f"is not {SECRET_WORDS}")
    return key


ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
"""Names of headers."""


def mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256."""
    return hmac.digest(key, data, sha256)


def signed_headers(
    key: bytes, message_id: str, timestamp: str, body: bytes
) -> tuple[tuple[str, str], ...]:
    """The headers of a message. The timestamp is in seconds."""
    return (
        (ID, message_id),
        (TIMESTAMP, timestamp),
        (SIGNATURE, signature(key, message_id, timestamp, body)),
    )


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The text of the header `webhook-signature`."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return f"v1,{base64.b64encode(mac(key, signed)).decode()}"


def is_signed(key: bytes, message_id: str, timestamp: str, body: bytes, said: str) -> bool:
    """Whether one of the signatures of a header is right. Spaces separate them."""
    right = signature(key, message_id, timestamp, body).encode()
    texts = said.encode("utf-8", "replace").split()
    return any(hmac.compare_digest(right, text) for text in texts)
