"""Keycloak: `kc.sh export` with any `--users` but `skip`; a file, or the folder of `--dir`.

Forms: `UserRepresentation`, `CredentialRepresentation` and `OTPCredentialData` of Keycloak.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reticket.moving.readers import Rows
from reticket.moving.readers._members import (
    NO_OBJECT,
    claims,
    filled,
    member,
    objects,
    parsed,
    some,
    text,
    texts,
)
from reticket.moving.streams import Meter, SourceError, Unreadable, elements, files_of

NO_FACTOR = {"password", "password-history", "webauthn-passwordless"}
"""Types of credentials that are no second factor. A type that is not known counts as one."""
OF_KEYCLOAK = re.compile(r"default-roles-.*|offline_access|uma_authorization")
"""Roles that everybody has, and that only Keycloak understands."""

_FILE = re.compile(r"(.+)-(?:realm|users(?:-\d+)?)\.json")
_FEDERATED = re.compile(r".+-federated-users-\d+\.json")
_USUAL_CODES = {"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}

SIGN = re.compile(
    rb'\s*\{\s*(?:"id"\s*:\s*"[^"]*"\s*,\s*"realm"|"realm"\s*:\s*"[^"]*"\s*,\s*"users"\s*:\s*\[)'
)


def read(source: Path | str, meter: Meter) -> Rows:
    """The people of one realm."""
    words = f"{Path(source).name} has no users: export them by kc.sh export --users realm_file."
    return some(_rows(_files(Path(source)), meter), words)


def _files(source: Path) -> list[Path]:
    """The files with users. SourceError for a folder with several realms."""
    if not source.is_dir():
        return [source]
    files = [path for path in files_of(source, "*.json") if not _FEDERATED.fullmatch(path.name)]
    found = {path: match[1] for path in files if (match := _FILE.fullmatch(path.name))}
    if len(set(found.values())) > 1:
        realms = ", ".join(sorted(set(found.values())))
        raise SourceError(
            f"{source.name} has several realms: {realms}. Import one folder for each."
        )
    return list(found)


def _rows(files: list[Path], meter: Meter) -> Rows:
    meter.expect(files)
    for path in files:
        for place, user in elements(path, "users", meter):
            if not text(user, "serviceAccountClientId"):
                yield f"{path.name} {place}", _row(user)


def _row(user: object) -> Mapping[str, object] | Unreadable:
    if not isinstance(user, Mapping):
        return NO_OBJECT
    email, name, actions = (
        text(user, "email"),
        text(user, "username"),
        texts(user, "requiredActions"),
    )
    row = filled(
        email=email,
        first_name=text(user, "firstName"),
        last_name=text(user, "lastName"),
        foreign_id=text(user, "id"),
        groups=texts(user, "groups"),
        roles=[role for role in texts(user, "realmRoles") if not OF_KEYCLOAK.fullmatch(role)],
        claims=claims(
            member(user, "emailVerified") is True,
            preferred_username=None if name == email else name,
        ),
        **_factor(objects(user, "credentials")),
    )
    if "UPDATE_PASSWORD" not in actions:
        row |= _password(objects(user, "credentials"))
    disabled, active = member(user, "enabled") is not True, "VERIFY_EMAIL" not in actions
    return row | {"disabled": disabled, "active": active}


def _password(credentials: list[Mapping[str, Any]]) -> dict[str, object]:
    for credential in credentials:
        if text(credential, "type") == "password":
            columns = {name: credential.get(name) for name in ("credentialData", "secretData")}
            return {"password_hash": columns, "hash_format": "keycloak"}
    return {}


def _factor(credentials: list[Mapping[str, Any]]) -> dict[str, object]:
    """The first one-time password that can come, or that a factor is missing."""
    types = {text(credential, "type") for credential in credentials}
    for secret in _totp_secrets(credentials):
        return {"totp_secret": secret}
    return {"factor_missing": bool(types - NO_FACTOR)}


def _totp_secrets(credentials: list[Mapping[str, Any]]) -> Iterator[str]:
    """The secrets in base32 of codes of six digits for thirty seconds."""
    for credential in credentials:
        data = parsed(text(credential, "credentialData"))
        said = text(parsed(text(credential, "secretData")), "value")
        if text(credential, "type") == "otp" and said and _are_usual(data):
            yield said if text(data, "secretEncoding") else b32encode(said.encode()).decode()


def _are_usual(data: object) -> bool:
    """Whether codes are of the only kind that is checked here, and their secret can be read."""
    encoding = member(data, "secretEncoding")
    is_known = encoding is None or str(encoding).upper() == "BASE32"
    return is_known and all(member(data, name) == value for name, value in _USUAL_CODES.items())
