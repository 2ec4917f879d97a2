"""The form of a password that a person chooses. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from reticket.core.errors import wrong

SHORTEST, LONGEST = 8, 1024
"""Characters (OWASP ASVS 5.0 §6.2.1; NIST SP 800-63B-4 §3.1.1.2 asks for at least 64 to be let)."""


def check_new_password(password: str, names: Iterable[str | None]) -> None:
    """INVALID_PARAMETER, `password`, for one that is too short or too long, or is one of the
    person's names.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise wrong("password", f"must have {SHORTEST} to {LONGEST} characters")
    if password.casefold() in {name.casefold() for name in names if name}:
        raise wrong("password", "must not be the name to sign in with")
