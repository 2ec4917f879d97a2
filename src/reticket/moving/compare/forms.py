"""The form of one value: what two servers must have in common. Pure.

Words are compared as they are. Values that differ from server to server have their form alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import unquote

from reticket.moving.compare.names import is_id, is_secret, is_time

LONGEST_WORDS = 120
"""Characters of words that are compared and shown."""

LONGEST_COUNT = 9
"""Digits of a number that is a count or a code. Longer ones identify something."""

WORD, MIXED_WORD = 3.2, 4.5
"""Mean length of words of one letter case, and of both. In random base64url of 22 characters it is
1.7, and above 4.5 in fewer than one of ten thousand.
"""

OWN = "{own address}"
"""Stands for the address of the server that answered."""

_EMAIL = re.compile(r"(?<![^\s@\"'<>:/])[^\s@\"'<>:/]+@[^\s@\"'<>]+\.[\w-]+")
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_TIME = re.compile(r"[\d-]{10}([T ])[\d:]{8}(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY_NAME = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
_JWT = re.compile(r"[\w-]{8,}\.[\w-]{2,}\.[\w-]*", re.ASCII)
_LONG = re.compile(r"[\w+/=~.|:-]{20,}", re.ASCII)
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_NO_WORD = re.compile(r"[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{5}")
"""Five letters in a row without a vowel, as words hardly ever have."""
_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_DATA = re.compile(r"data:([\w.+/-]+);base64,.*", re.DOTALL)
_SECONDS, _MILLISECONDS = range(10**9, 5 * 10**9), range(10**12, 5 * 10**12)
_FINER = range(10**15, 5 * 10**18)


class Number(str):
    """A number as it was written in JSON."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is never shown.

    Args:
        own: the address of the server, which becomes the same word for both servers.
        secrets: what was sent and received as a token or a password.
    """

    own: str
    secrets: Collection[str] = field(default=(), repr=False)

    def cleaned(self, text: str) -> str:
        """The text without the address of the server and without the secrets."""
        return self.without_secrets(text).replace(self.own, OWN)

    def without_secrets(self, text: str) -> str:
        """The text without the secrets, in any letter case and percent-encoded too."""
        decoded = unquote(text)
        if decoded != text and self._replaced(decoded) != decoded:
            text = decoded
        return self._replaced(text)

    def _replaced(self, text: str) -> str:
        for secret in sorted(filter(None, self.secrets), key=len, reverse=True):
            text = re.sub(re.escape(secret), "{secret}", text, flags=re.IGNORECASE)
        return text


def number_form(text: Number, name: str) -> str:
    """Integer or decimal; a time by its unit; others with their value."""
    if not re.fullmatch(r"-?\d+", text):
        return "decimal number" if is_id(name) else f"decimal number {text[:40]}"
    unit = _unit(text, name)
    if unit or is_id(name) or is_secret(name):
        return f"integer{unit}"
    if len(text) > LONGEST_COUNT:
        return "large integer"
    return f"integer {text}"


def text_form(text: str, name: str, hidden: Hidden) -> str:
    """The form of a text, or its words in quotes."""
    known = _time_form(text) or _known_form(text)
    if known is not None:
        return known
    if text and is_secret(name) and " " not in text:
        return opaque_form(text)
    if text and is_id(name) and not text.startswith(("http:", "https:")):
        return "text, an id"
    if looks_secret(text):
        return opaque_form(text)
    return f'"{words(text, hidden)}"'


def opaque_form(text: str) -> str:
    """A token that only its server can read."""
    parts = len(text.split("."))
    kind = "hexadecimal" if _HEX.fullmatch(text) else "opaque text"
    return kind if parts == 1 else f"{kind} in {parts} parts"


def is_jwt(text: str) -> bool:
    """Whether it may be a JWT in its compact form."""
    return text.startswith("eyJ") and _JWT.fullmatch(text) is not None


def looks_secret(text: str) -> bool:
    """Whether it is long and made of no words, as tokens are."""
    return "://" not in text and _LONG.fullmatch(text) is not None and not _is_code(text)


def _is_code(text: str) -> bool:
    """Whether it is made of words, as `invalid_request_object`: their runs of letters are long.
    Digits are no letters, and hexadecimal ones are no words.
    """
    runs = _RUN.findall(text)
    if any(map(_NO_WORD.search, runs)):
        return False
    letters = sum(len(run) for run in runs if not run.isdigit())
    shortest = WORD if text in (text.lower(), text.upper()) else MIXED_WORD
    return letters >= shortest * len(runs) and not _HEX.fullmatch(text)


def words(text: str, hidden: Hidden) -> str:
    """A text for people, without the parts that differ from one request to the next."""
    text = hidden.cleaned(text)
    text = _EMAIL.sub("{e-mail}", text)
    text = _UUID.sub("{uuid}", text)
    text = _DAY_NAME.sub("{time}", text)
    text = _TIME.sub("{time}", text)
    text = _LONG.sub(lambda found: "{opaque}" if looks_secret(found[0]) else found[0], text)
    return text if len(text) <= LONGEST_WORDS else text[:LONGEST_WORDS] + "…"


def _unit(text: str, name: str) -> str:
    """The unit of a time. A finer one than seconds needs a name that is one of times: a random
    number may be as large.
    """
    number = int(text) if len(text) <= 20 else 0
    if number in _SECONDS:
        return ", seconds since 1970"
    if not is_time(name):
        return ""
    if number in _MILLISECONDS:
        return ", milliseconds since 1970"
    return ", micro- or nanoseconds since 1970" if number in _FINER else ""


def _time_form(text: str) -> str | None:
    """A time by its separator and zone. A fraction does not count: Go leaves out its zeros."""
    found = _TIME.fullmatch(text)
    if found is None:
        return "time, as HTTP writes it" if _DAY_NAME.fullmatch(text) else None
    zone = found[2] or ""
    offset = zone if zone in ("", "Z") else "+00:00" if ":" in zone else "+0000"
    return f"time 2026-01-31{found[1]}23:59:59{offset}"


def _known_form(text: str) -> str | None:
    if is_jwt(text):
        return "JWT"
    if _UUID.fullmatch(text):
        case = ", upper case" if re.search("[A-F]", text) else ""
        return f"UUID{case}"
    if _EMAIL.fullmatch(text):
        return "e-mail address"
    data = _DATA.fullmatch(text)
    return f"data: {data[1]}" if data else None
