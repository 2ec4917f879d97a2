"""Lists in one parameter, as OAuth writes scopes."""

from __future__ import annotations


def split_list(text: str) -> tuple[str, ...]:
    """A space-separated list (RFC 6749 §3.3) in order, each word once."""
    return tuple(dict.fromkeys(text.split(" "))) if text else ()
