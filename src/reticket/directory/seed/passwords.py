"""What a user of a seed file has: a password, a hash of another system, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reticket.core.errors import HashRefused
from reticket.core.password_hasher import PasswordHasher
from reticket.core.people import NO_PASSWORD
from reticket.directory.drafts import UserDraft
from reticket.directory.seed.fields import Entry, Fields, ForeignHash
from reticket.directory.seed.yaml_value import YamlValue

PASSWORD_KEYS = ("password", "password_hash", "hash_format")


def read_password(value: YamlValue, fields: Fields) -> tuple[str | None, ForeignHash | None]:
    """The password and the hash; at least one of them is None."""
    password = fields.optional("password", YamlValue.filled, None)
    said = fields.optional("password_hash", lambda found: (found, _said(found)), None)
    form = fields.optional("hash_format", YamlValue.filled, None)
    if said is None:
        if form is not None:
            raise value.fault("has a hash_format, and no password_hash")
        return password, None
    if password is not None:
        raise value.fault("has a password, and a password_hash")
    return None, ForeignHash(*said, form)


def stored_secret(entry: Entry[Any], hasher: PasswordHasher) -> str | None:
    """What is stored for the secret of an entry; None for a record without one."""
    if entry.secret is not None:
        return hasher.hash(entry.secret)
    if entry.foreign is None:
        return NO_PASSWORD if isinstance(entry.record, UserDraft) else None
    try:
        return hasher.stored_form(entry.foreign.said, entry.foreign.form)
    except HashRefused as error:
        raise entry.foreign.value.fault(f"is refused: {error}") from None


def _said(value: YamlValue) -> str | Mapping[str, object]:
    if value.type not in ("str", "map"):
        raise value.fault("must be text, or a mapping of columns")
    said = value.json()
    return said if isinstance(said, dict) else str(said)
