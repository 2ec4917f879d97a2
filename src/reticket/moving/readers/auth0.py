"""Auth0: exports of users (`POST /api/v2/jobs/users-exports`, JSON) and of password hashes.

Forms: Auth0's "User Profile Structure", "Bulk User Exports", "How to Use the Password Hashes Export
from Auth0", and the schema of its bulk import. A folder has both exports, joined by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reticket.moving.readers import Rows
from reticket.moving.readers._auth0_hashes import Hashes
from reticket.moving.readers._members import (
    NO_OBJECT,
    claims,
    filled,
    member,
    objects,
    some,
    text,
)
from reticket.moving.readers._signs import first_object
from reticket.moving.streams import Meter, SourceError, Unreadable, files_of, values

NOT_LISTED = Unreadable(
    "the person is not in the export of users, which says whether somebody is blocked"
)

_TELLING = {"argon2", "bcrypt", "ldap", "pbkdf2"}
"""Algorithms of the bulk import whose hashes have their salt and costs in them."""

SIGN = first_object(rb'"(?:_id"\s*:\s*\{\s*"\$oid"|user_id"\s*:\s*"[^"|]*\||email_verified")')


def read(source: Path | str, meter: Meter) -> Rows:
    """The people of a file, or of the two exports in a folder."""
    path = Path(source)
    if path.suffix.lower() == ".csv":
        raise SourceError(f"{path.name} is CSV: export as JSON.")
    return some(_rows(files_of(path, "*json*"), meter), f"{path.name} has no users.")


def _rows(files: list[Path], meter: Meter) -> Rows:
    """Hashes first: they belong to people of any place in the other files."""
    of_hashes = [path for path in files if _has_hashes(path)]
    of_users = [path for path in files if path not in of_hashes]
    meter.expect(files)
    with Hashes() as hashes:
        for path in of_hashes if of_users else ():
            yield from _keep(path, hashes, meter)
        for path in of_users or of_hashes:
            yield from _people(path, hashes, meter)
        for place, _ in hashes.rest():
            yield place, NOT_LISTED


def _has_hashes(path: Path) -> bool:
    """Whether the first record is one of the export of hashes."""
    return next((member(record, "_id") for _, record in values(path)), None) is not None


def _keep(path: Path, hashes: Hashes, meter: Meter) -> Rows:
    """Keep the records. Those that cannot be kept are yielded."""
    for place, record in values(path, meter):
        user = user_id(record)
        if isinstance(record, Unreadable):
            yield f"{path.name} {place}", record
        elif user is None:
            yield f"{path.name} {place}", Unreadable("the row has no _id")
        elif not hashes.keep(user, f"{path.name} {place}", record):
            yield f"{path.name} {place}", Unreadable("an earlier row has the same _id")


def user_id(record: object) -> str | None:
    """The id of a record. In the export of hashes it is in two members, without the provider."""
    own = text(record, "alt_id") or text(record, "_id", "$oid") or text(record, "_id")
    return text(record, "user_id") or (own and f"auth0|{own}")


def _people(path: Path, hashes: Hashes, meter: Meter) -> Rows:
    for place, record in values(path, meter):
        if isinstance(record, Mapping):
            said = {name: value for name, value in record.items() if value is not None}
            yield f"{path.name} {place}", _row({**hashes.take(user_id(record)), **said})
        else:
            fault = record if isinstance(record, Unreadable) else NO_OBJECT
            yield f"{path.name} {place}", fault


def _row(record: Mapping[str, Any]) -> Mapping[str, object]:
    email, is_verified = _email(record)
    name = text(record, "name")
    row = filled(
        email=email,
        first_name=text(record, "given_name"),
        last_name=text(record, "family_name"),
        foreign_id=user_id(record),
        claims=claims(
            is_verified,
            name=None if name == email else name,
            preferred_username=text(record, "username"),
        ),
        **_password(record),
        **_factor(record),
    )
    return row | _block(record)


def _email(record: object) -> tuple[str | None, bool]:
    """The address, and whether it is verified. Some records have both among `identifiers` alone."""
    if email := text(record, "email"):
        return email, member(record, "email_verified") is True
    for identifier in objects(record, "identifiers"):
        if identifier.get("type") == "email":
            return text(identifier, "value"), identifier.get("verified") is True
    return None, False


def _block(record: Mapping[str, Any]) -> dict[str, object]:
    """Whether the person is blocked; the export of hashes, without `user_id`, does not tell."""
    is_blocked = member(record, "blocked") is True
    return {"disabled": is_blocked} if is_blocked or "user_id" in record else {}


def _password(record: object) -> dict[str, object]:
    """The hash of an export, or one in the form of the bulk import."""
    custom = member(record, "custom_password_hash")
    if text(custom, "algorithm") in _TELLING:
        custom = text(custom, "hash", "value")
    told = text(record, "passwordHash") or text(record, "password_hash") or custom
    return {"password_hash": told}


def _factor(record: object) -> dict[str, object]:
    factors = objects(record, "mfa_factors")
    for factor in factors:
        if secret := text(factor, "totp", "secret"):
            return {"totp_secret": secret}
    return {"factor_missing": bool(factors or member(record, "multifactor"))}
