"""The stated end of an imported opaque token, kept in its family.

The token itself says nothing, and its family outlives it. The end is a second line of `terms`,
which never changes.
"""

from __future__ import annotations


def with_imported_end(terms: str | None, ends: int) -> str:
    """Terms with the end of the imported token (milliseconds)."""
    return f"{terms or ''}\n{ends}"


def imported_end(terms: str | None) -> int | None:
    """The end in terms; None for a family that was not imported with an opaque token."""
    _, _, ends = (terms or "").partition("\n")
    return int(ends) if ends else None


def own_terms(terms: str | None) -> str:
    """The terms as the dialect wrote them; empty for none."""
    return (terms or "").partition("\n")[0]
