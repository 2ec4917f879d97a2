"""Characters of callers that act on a terminal or a page, or that nobody sees. Owns the classes.

Storage and API answers keep them. Logs, the audit stream and tables write them as JSON does.
"""

from __future__ import annotations

import re

_CONTROLS = "\x00-\x1f\x7f-\x9f"
"""C0, DEL and C1: terminals obey them."""

_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""They change the order in which the text around them is shown (UAX #9 §2)."""

_UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2028\u2029\u2060-\u2065"
    "\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Whatever nobody sees (Default_Ignorable_Code_Point, UAX #44), or a break of a line. Persian and
Indic names need some of them, and pictures others.
"""

_HALVES = "\ud800-\udfff"
"""No characters; no terminal can be given them."""

_CONTROL = re.compile(f"[{_CONTROLS}]")
_HIDDEN = re.compile(f"[{_CONTROLS}{_BIDIRECTIONAL}{_UNSEEN}]")
_UNFIT = re.compile(f"[{_CONTROLS}{_BIDIRECTIONAL}{_UNSEEN}{_HALVES}]")

ISOLATES = "\u2066\u2067\u2068"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def has_control(text: str) -> bool:
    """Whether there is a C0 or C1 control."""
    return _CONTROL.search(text) is not None


def has_hidden(text: str) -> bool:
    """Whether there is a control, a bidirectional control, or a character without width."""
    return _HIDDEN.search(text) is not None


def escaped(text: str) -> str:
    r"""The text with each of these characters as `\uXXXX`."""
    return text if text.isascii() and text.isprintable() else _UNFIT.sub(_escape, text)


def escaped_lines(text: str) -> str:
    """The same, but for the ends of its lines."""
    return "\n".join(map(escaped, text.split("\n")))


def isolated(text: str) -> str:
    """For places without markup: the order of the text around it stays as it is."""
    return f"{FIRST_STRONG_ISOLATE}{contained(text)}{POP_ISOLATE}"


def contained(text: str) -> str:
    """Without the characters that would end the isolate around it (UAX #9 BD9)."""
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
