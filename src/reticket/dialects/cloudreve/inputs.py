"""Reads bodies and queries as the server's own decoder does, and refuses in its words.

Lenient: any content type, names in any letter case, extra members, the last of duplicates, text
after the first value. A `null` leaves a member as it was.
"""

from __future__ import annotations

import re

import msgspec

from reticket.core.errors import Code, Refusal
from reticket.dialects.cloudreve.schemas import (
    RefreshTokenRequest,
    SecondFactorRequest,
    SignInRequest,
)
from reticket.wire import WireRequest, parse_leading_json

SHORTEST_PASSWORD = 4
LONGEST_PASSWORD = 128
LONGEST_EMAIL = 254
LONGEST_TEXT = 8192
"""Characters of a member that are read: nothing longer is valid."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s\x00]+@(?:[^@\s\x00.]+\.)+[^@\s\x00.]+")


class _Plain(RefreshTokenRequest, forbid_unknown_fields=True):
    """The body that nearly every client sends: this member, once, and nothing else."""


_decode_plain = msgspec.json.Decoder(_Plain).decode


def refresh_token(body: bytes) -> str:
    """The refresh token of a body. MALFORMED, INVALID_PARAMETER."""
    try:
        token = _decode_plain(body).refresh_token
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        token = _texts(body, "refresh_token")["refresh_token"]
    return _present(token, "RefreshToken")


def sign_in(body: bytes) -> SignInRequest:
    """An e-mail and a password of the right form. MALFORMED, INVALID_PARAMETER."""
    said = SignInRequest(**_texts(body, "email", "password"))
    _email(said.email)
    _present(said.password, "Password")
    if len(said.password) < SHORTEST_PASSWORD:
        raise _refusal("Password", "too short")
    if len(said.password) > LONGEST_PASSWORD:
        raise _refusal("Password", "too long")
    return said


def second_factor(body: bytes) -> SecondFactorRequest:
    """A one-time password and its session. MALFORMED, INVALID_PARAMETER."""
    said = SecondFactorRequest(**_texts(body, "otp", "session_id"))
    _present(said.otp, "OTP")
    _present(said.session_id, "SessionID")
    return said


def email(request: WireRequest) -> str:
    """The e-mail of a query. INVALID_PARAMETER."""
    return _email(request.query_values().get("email", ""))


def _email(text: str) -> str:
    _present(text, "Email")
    if len(text) > LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        raise _refusal("Email", "format error")
    return text


def _texts(body: bytes, *names: str) -> dict[str, str]:
    value = parse_leading_json(body)
    if not isinstance(value, tuple | None):
        raise Refusal(Code.INVALID_PARAMETER)
    found = dict.fromkeys(names, "")
    for name, member in value or ():
        folded = name.casefold()
        if folded in found and member is not None:
            found[folded] = _text(member)
    return found


def _text(value: object) -> str:
    """A string; an unpaired surrogate in it becomes U+FFFD."""
    if not isinstance(value, str):
        raise Refusal(Code.INVALID_PARAMETER)
    return _SURROGATE.sub("\ufffd", value[:LONGEST_TEXT])


def _present(text: str, name: str) -> str:
    if not text:
        raise _refusal(name, "cannot be empty")
    return text


def _refusal(name: str, fault: str) -> Refusal:
    return Refusal(Code.INVALID_PARAMETER, parameter=name, detail=fault)
