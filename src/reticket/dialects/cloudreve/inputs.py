"""Reads bodies and queries as the server's own decoder does, with the same error messages.

Lenient: any content type, names in any letter case, extra members, the last of duplicates, text
after the first value. A `null` is read as an absent member.
"""

from __future__ import annotations

import re

import msgspec

from reticket.core.errors import Code, Refusal, wrong
from reticket.dialects.cloudreve.app_schemas import AppTokenRequest, ConsentRequest
from reticket.dialects.cloudreve.drive_schemas import (
    PasskeySignInRequest,
)
from reticket.dialects.cloudreve.emails import is_email
from reticket.dialects.cloudreve.schemas import (
    RefreshTokenRequest,
    SecondFactorRequest,
    SignInRequest,
)
from reticket.leading_json import parse_leading_json
from reticket.wire import WireRequest, parse_form, parse_pairs

SHORTEST_PASSWORD = 4
LONGEST_PASSWORD = 128
LONGEST_STATE = 4096
LONGEST_CHALLENGE = 255
LONGEST_TEXT = 8192
"""Characters that are read of a member; no longer value is valid."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNREADABLE_PAIR = re.compile(rb";|%(?![0-9A-Fa-f]{2})")


class _Plain(RefreshTokenRequest, forbid_unknown_fields=True):
    """The body of nearly every client: this member once, and no other."""


_decode_plain = msgspec.json.Decoder(_Plain).decode


def refresh_token(body: bytes) -> str:
    """The refresh token of a body; a line end after it is no part of it. MALFORMED,
    INVALID_PARAMETER.
    """
    try:
        token = _decode_plain(body).refresh_token
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        token = _texts(body, "refresh_token")["refresh_token"]
    return _present(token, "RefreshToken").rstrip("\r\n")


def sign_in(body: bytes) -> SignInRequest:
    """A valid e-mail and a password of a valid length. MALFORMED, INVALID_PARAMETER."""
    read = SignInRequest(**_texts(body, *SignInRequest.__struct_fields__))
    _email(read.email)
    _present(read.password, "Password")
    if len(read.password) < SHORTEST_PASSWORD:
        raise wrong("Password", "too short")
    if len(read.password) > LONGEST_PASSWORD:
        raise wrong("Password", "too long")
    return read


def second_factor(body: bytes) -> SecondFactorRequest:
    """A one-time password and its session. MALFORMED, INVALID_PARAMETER."""
    read = SecondFactorRequest(**_texts(body, "otp", "session_id"))
    _present(read.otp, "OTP")
    _present(read.session_id, "SessionID")
    return read


def passkey(body: bytes) -> PasskeySignInRequest:
    """A response to a challenge and its session. MALFORMED, INVALID_PARAMETER."""
    read = PasskeySignInRequest(**_texts(body, "response", "session_id"))
    _present(read.response, "Response")
    _present(read.session_id, "SessionID")
    return read


def consent(body: bytes) -> ConsentRequest:
    """What a person grants to an app. MALFORMED, INVALID_PARAMETER."""
    names = ConsentRequest.__struct_fields__
    read = ConsentRequest(**_texts(body, *names))
    _present(read.client_id, "ClientID")
    _one_of(_present(read.response_type, "ResponseType"), "code")
    _present(read.redirect_uri, "RedirectURI")
    _at_most(read.state, "State", LONGEST_STATE)
    _present(read.scope, "Scope")
    _at_most(read.code_challenge, "CodeChallenge", LONGEST_CHALLENGE)
    _one_of(read.code_challenge_method, "", "S256")
    return read


def code(request: WireRequest) -> AppTokenRequest:
    """The form of an app. MALFORMED, INVALID_PARAMETER."""
    form = parse_form(request.body)
    values = {name: form.get(name, "") for name in AppTokenRequest.__struct_fields__}
    read = AppTokenRequest(**values)
    _present(read.client_id, "ClientID")
    _present(read.client_secret, "ClientSecret")
    _one_of(_present(read.grant_type, "GrantType"), "authorization_code")
    _present(read.code, "Code")
    return read


def email(request: WireRequest) -> str:
    """The e-mail in the query. MALFORMED, INVALID_PARAMETER.

    A pair with a semicolon or a broken escape is ignored, and the case of the name matters.
    """
    pairs = (pair for pair in request.query.split(b"&") if not _UNREADABLE_PAIR.search(pair))
    values = (value for name, value in parse_pairs(b"&".join(pairs)) if name == "email")
    return _email(next(values, ""))


def _email(text: str) -> str:
    _present(text, "Email")
    if not is_email(text):
        raise wrong("Email", "format error")
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
    """A string, in which each unpaired surrogate is replaced by U+FFFD."""
    if not isinstance(value, str):
        raise Refusal(Code.INVALID_PARAMETER)
    return _SURROGATE.sub("\ufffd", value[:LONGEST_TEXT])


def _one_of(text: str, *values: str) -> None:
    if text not in values:
        raise Refusal(Code.MALFORMED)


def _at_most(text: str, name: str, length: int) -> None:
    if len(text) > length:
        raise wrong(name, "too long")


def _present(text: str, name: str) -> str:
    if not text:
        raise wrong(name, "cannot be empty")
    return text
