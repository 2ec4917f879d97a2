"""Classes of characters that control a terminal or a page, or that are invisible.

Storage and API responses keep them. Logs, the audit stream and tables escape them as JSON does.
"""

from __future__ import annotations

import re

_CONTROLS = "\x00-\x1f\x7f-\x9f"
"""C0, DEL and C1, which terminals interpret."""

_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""They change the display order of the text around them (UAX #9 §2)."""

_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2028\u2029\u2060-\u2065"
    "\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Invisible characters (Default_Ignorable_Code_Point, UAX #44) and line breaks. Persian and Indic
names need some of them, and emoji others.
"""

_SURROGATES = "\ud800-\udfff"
"""Halves of surrogate pairs: not characters, and not encodable for a terminal."""

_JOINERS = dict.fromkeys((0x200C, 0x200D))

_CONTROL = re.compile(f"[{_CONTROLS}]")
_HIDDEN = re.compile(f"[{_CONTROLS}{_BIDIRECTIONAL}{_INVISIBLE}]")
_SURROGATE = re.compile(f"[{_SURROGATES}]")
_UNFIT = re.compile(f"[{_CONTROLS}{_BIDIRECTIONAL}{_INVISIBLE}{_SURROGATES}]")

ISOLATES = "\u2066\u2067\u2068"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def has_control(text: str) -> bool:
    """Whether the text contains a C0 or C1 control."""
    return _CONTROL.search(text) is not None


def has_surrogate(text: str) -> bool:
    """Whether the text contains half a surrogate pair."""
    return _SURROGATE.search(text) is not None


def without_joiners(text: str) -> str:
    """The text without U+200C and U+200D, which names in Persian and Indic scripts need."""
    return text.translate(_JOINERS)


def has_hidden(text: str) -> bool:
    """Whether the text contains a control, a bidirectional control, or a character without
    width.
    """
    return _HIDDEN.search(text) is not None


def escaped(text: str) -> str:
    r"""The text with each of these characters as `\uXXXX`."""
    return text if text.isascii() and text.isprintable() else _UNFIT.sub(_escape, text)


def escaped_lines(text: str) -> str:
    """The same, except for line ends."""
    return "\n".join(map(escaped, text.split("\n")))


def isolated(text: str) -> str:
    """The text for places without markup, isolated so that the display order around it does not
    change.
    """
    return f"{FIRST_STRONG_ISOLATE}{contained(text)}{POP_ISOLATE}"


def contained(text: str) -> str:
    """The text without the characters that would end the isolate around it (UAX #9 BD9)."""
    if POP_ISOLATE not in text:
        return text
    depth, kept = 0, []
    for character in text:
        depth += (character in ISOLATES) - (character == POP_ISOLATE)
        if depth >= 0:
            kept.append(character)
        depth = max(depth, 0)
    return "".join(kept)


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
