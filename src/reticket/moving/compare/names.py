"""What the name of a member, a parameter or a header says of its value."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(token|tokens|secret|password|passwd|pwd|ticket|otp|cookie|jti|sid|nonce|state|verifier|"
    r"assertion|session|refresh|authorization|credential|appclaims|userclaims|apikey|rtk)$"
)
_SENT_SECRET = re.compile(r"(code|captcha|answer|signature|hash|key|claims)$")
_ID = re.compile(r"^(id|uid|guid|uuid|kid|sub)$|[a-z](Id|ID|Ids|IDs)$|[_-]ids?$")
_LOGIN = re.compile(r"^(username|user|login|loginname|email|emailaddress|account|identifier)$")
_SPAN = re.compile(r"expire|_in$|ttl|lifetime|maxage|retryafter|remaining|left$")
_TIME = re.compile(r"(at|on|time|date|exp|iat|nbf|expires|expiration|since|created|updated)$")


def is_secret(name: str) -> bool:
    """Whether a value of that name is a token, a password or another secret."""
    return _SECRET.search(_plain(name)) is not None


def is_sent_secret(name: str) -> bool:
    """The same for a request, in which a code is a secret, and not the code of an error."""
    return is_secret(name) or _SENT_SECRET.search(_plain(name)) is not None


def is_id(name: str) -> bool:
    """Whether a value of that name identifies something, so that two servers have other ones."""
    return _ID.search(name) is not None


def is_login(name: str) -> bool:
    """Whether a value of that name says who signs in."""
    return _LOGIN.search(_plain(name)) is not None


def is_time(name: str) -> bool:
    """Whether a number of that name may be a time."""
    return _TIME.search(_plain(name)) is not None


def is_span(name: str) -> bool:
    """Whether a number of that name is a time that is left: it shrinks from one second to the
    next.
    """
    return _SPAN.search(name.lower().replace("-", "")) is not None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
