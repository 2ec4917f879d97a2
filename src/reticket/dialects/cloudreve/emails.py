"""The form of an e-mail address that the real server accepts: no comments, no address literals."""

from __future__ import annotations

import re

LONGEST_EMAIL = 254
"""Characters (RFC 5321 §4.5.3.1.3, without the angle brackets)."""

_BEYOND_ASCII = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_BEYOND_ASCII}-]+"
_QUOTED = rf'"(?:[ \t\x21\x23-\x5b\x5d-\x7e{_BEYOND_ASCII}]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*"'
_LETTER = rf"A-Za-z{_BEYOND_ASCII}"

_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*|{_QUOTED}")
_LABELS = re.compile(rf"[{_LETTER}\d](?:[{_LETTER}\d.~-]*[{_LETTER}\d])?", re.ASCII)
_TOP_LABEL = re.compile(rf"[{_LETTER}](?:[{_LETTER}\d_~-]*[{_LETTER}])?", re.ASCII)


def is_email(text: str) -> bool:
    """Whether the text has the form of an e-mail address."""
    local, at, domain = text.rpartition("@")
    labels, dot, top = domain.removesuffix(".").rpartition(".")
    return bool(
        at
        and dot
        and len(text) <= LONGEST_EMAIL
        and _LOCAL.fullmatch(local)
        and _LABELS.fullmatch(labels)
        and _TOP_LABEL.fullmatch(top)
    )
