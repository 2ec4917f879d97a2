"""Columns of CSV that together are the hash of a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reticket.core.errors import StartupError
from reticket.crypto.hashes.systems import systems

_FORMS = [system.MEMBERS for system in systems().values() if system.MEMBERS]

HASH_COLUMNS: Mapping[str, str] = {
    **{name: name for form in _FORMS for name in form},
    "password_algorithm": "algorithm",
}
"""The member of `password_hash` for each column. No member of a person has such a name."""


def check_hash_columns(header: Sequence[str]) -> None:
    """StartupError for a header whose columns are not those of one form of a hash."""
    columns = [name for name in header if name in HASH_COLUMNS]
    members = [HASH_COLUMNS[name] for name in columns]
    said = ", ".join(columns)
    if columns and "password_hash" in header:
        raise StartupError(
            f"the header in line 1 has password_hash, and also {said}. Leave out one of the two."
        )
    if len(set(members)) < len(members):
        raise StartupError(
            "the header has the column 'algorithm' twice, once as password_algorithm."
        )
    if not any(form.issuperset(members) for form in _FORMS):
        raise StartupError(f"the header has {said}, which no form of a hash has together.")
