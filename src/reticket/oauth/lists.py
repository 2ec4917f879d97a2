"""Lists in one parameter, in the format of `scope`."""

from __future__ import annotations


def split_list(text: str) -> tuple[str, ...]:
    """Split a space-delimited list (RFC 6749 §3.3); a repeated member stays once, in order."""
    return tuple(dict.fromkeys(text.split(" "))) if text else ()
