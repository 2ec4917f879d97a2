"""Django: `manage.py dumpdata auth.group auth.user` as JSON or JSONL, with devices of django-otp.

Forms: `django.core.serializers`, `django.contrib.auth.models`, and the models of django-otp. A user
model of a project's own is found by what `AbstractBaseUser` gives it.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reticket.moving.readers import Rows
from reticket.moving.readers._members import NO_OBJECT, claims, filled, items, member, some, text
from reticket.moving.readers._signs import first_object
from reticket.moving.streams import Meter, Unreadable, values

UNUSABLE = "!"
"""How a password begins that nobody can have (`UNUSABLE_PASSWORD_PREFIX`)."""
GROUP, TOTP = "auth.group", "otp_totp.totpdevice"
_OF_FACTORS = ("otp_", "mfa.authenticator", "two_factor.")
_USUAL_CODES = {"digits": 6, "step": 30, "t0": 0}
_NO_NAME = Unreadable(
    "a group of the person has no name in the file: dump auth.group and auth.user"
)

SIGN = first_object(rb'"model"\s*:\s*"\w+\.\w+"')


def read(source: Path | str, meter: Meter) -> Rows:
    """The people of a dump. It is read twice, since devices stand behind the people."""
    path = Path(source)
    words = f"{path.name} has no users: dump them by manage.py dumpdata auth.group auth.user."
    return some(_rows(path, meter), words)


def _rows(path: Path, meter: Meter) -> Rows:
    factors = _factors(path)
    meter.expect([path])
    groups: dict[object, str] = {}
    for place, record in values(path, meter):
        if isinstance(record, Unreadable):
            yield place, record
        elif not isinstance(record, Mapping):
            yield place, NO_OBJECT
        elif member(record, "model") == GROUP:
            groups[_key(record.get("pk"))] = text(record, "fields", "name") or ""
        elif _is_user(record):
            yield place, _row(record, groups, factors)


def _is_user(record: Mapping[str, Any]) -> bool:
    fields = member(record, "fields")
    return isinstance(fields, Mapping) and {"password", "last_login"} <= fields.keys()


def _row(
    record: Mapping[str, Any],
    groups: Mapping[object, str],
    factors: Mapping[object, dict[str, object]],
) -> Mapping[str, object] | Unreadable:
    fields = record["fields"]
    name, said = text(fields, "username"), text(fields, "password")
    password = said or UNUSABLE
    email = text(fields, "email") or (name if name and "@" in name else None)
    names = [_group(each, groups) for each in items(fields, "groups")]
    if None in names:
        return _NO_NAME
    pk = record.get("pk")
    row = filled(
        email=email,
        first_name=text(fields, "first_name"),
        last_name=text(fields, "last_name"),
        foreign_id=None if pk is None else str(pk),
        foreign_state=None if pk is None or said is None else state_of(said),
        password_hash=None if password.startswith(UNUSABLE) else password,
        groups=names,
        roles=[role for role in ("staff", "superuser") if member(fields, f"is_{role}") is True],
        claims=claims(False, preferred_username=None if name == email else name),
        **(factors.get(_key(pk)) or factors.get(_key([name])) or {}),
    )
    return row | {"disabled": member(fields, "is_active") is False}


def state_of(password: str) -> str:
    """The claim `hash_password` of a person's refresh tokens (`get_md5_hash_password` of
    djangorestframework-simplejwt), made of the column `password`.
    """
    said = password.encode("utf-8", "surrogatepass")
    return hashlib.md5(said, usedforsecurity=False).hexdigest().upper()


def _group(said: object, groups: Mapping[object, str]) -> str | None:
    """The name in a natural key (`--natural-foreign`), or that of a group before."""
    if isinstance(said, list) and len(said) == 1 and isinstance(said[0], str):
        return said[0]
    return groups.get(_key(said))


def _factors(path: Path) -> Mapping[object, dict[str, object]]:
    """The factor of each user that has one, by the user's key."""
    found: dict[object, dict[str, object]] = {}
    for _, record in values(path):
        if str(member(record, "model")).startswith(_OF_FACTORS):
            fields = member(record, "fields")
            key, secret = _key(member(fields, "user")), _totp_secret(record["model"], fields)
            if secret:
                found[key] = {"totp_secret": secret}
            elif member(fields, "confirmed") is not False:
                found.setdefault(key, {"factor_missing": True})
    return found


def _totp_secret(model: str, fields: object) -> str | None:
    """The secret in base32 of a confirmed device with usual codes; django-otp has it in hex."""
    is_usual = all(member(fields, name) == value for name, value in _USUAL_CODES.items())
    if model != TOTP or not is_usual or member(fields, "confirmed") is not True:
        return None
    try:
        return b32encode(bytes.fromhex(str(member(fields, "key")))).decode()
    except ValueError:
        return None


def _key(said: object) -> object:
    """A primary key, or a natural one, as a key of a mapping."""
    return repr(said) if isinstance(said, list | dict) else said
