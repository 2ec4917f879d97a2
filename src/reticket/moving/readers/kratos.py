"""Ory Kratos: saved answers of `GET /admin/identities?include_credential=password&…=totp`.

Forms: `identity`, `identityCredentials` and `verifiableIdentityAddress` of Kratos' API. The traits
are the operator's own; those that the presets of Ory use are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reticket.moving.readers import Rows
from reticket.moving.readers._members import (
    NO_OBJECT,
    claims,
    filled,
    member,
    objects,
    some,
    text,
    texts,
)
from reticket.moving.readers._signs import first_object
from reticket.moving.streams import Meter, Unreadable, files_of, values

FACTORS = {"totp", "webauthn", "lookup_secret", "deviceauthn"}
"""Types of credentials that are second factors."""
_USUAL_CODES = {"algorithm": "SHA1", "digits": "6", "period": "30"}

SIGN = first_object(rb'"(?:credentials"\s*:\s*\{|schema_id"|schema_url"|traits")')


def read(source: Path | str, meter: Meter) -> Rows:
    """The people of a file, or of all `.json` and `.jsonl` files of a folder."""
    words = f"{Path(source).name} has no identities."
    return some(_rows(files_of(Path(source), "*.json*"), meter), words)


def _rows(files: list[Path], meter: Meter) -> Rows:
    meter.expect(files)
    for path in files:
        for place, identity in values(path, meter):
            yield f"{path.name} {place}", _row(identity)


def _row(identity: object) -> Mapping[str, object] | Unreadable:
    if isinstance(identity, Unreadable):
        return identity
    if not isinstance(identity, Mapping):
        return NO_OBJECT
    email = next(_emails(identity), None)
    name = member(identity, "traits", "name")
    row = filled(
        email=email,
        first_name=text(name, "first") or _trait(identity, "first_name", "given_name"),
        last_name=text(name, "last") or _trait(identity, "last_name", "family_name"),
        foreign_id=text(identity, "id"),
        password_hash=text(identity, "credentials", "password", "config", "hashed_password"),
        claims=claims(
            _is_verified(identity, email),
            name=name if isinstance(name, str) else None,
            preferred_username=_trait(identity, "username"),
        ),
        **_factor(identity),
    )
    return row | {"disabled": member(identity, "state") != "active"}


def _trait(identity: object, *names: str) -> str | None:
    return next(filter(None, (text(identity, "traits", name) for name in names)), None)


def _emails(identity: object) -> Iterator[str]:
    """E-mail addresses: the trait, those to verify, and the names that the password is for."""
    yield from filter(None, [_trait(identity, "email")])
    for address in objects(identity, "verifiable_addresses"):
        if address.get("via") == "email":
            yield from filter(None, [text(address, "value")])
    names = texts(identity, "credentials", "password", "identifiers")
    yield from (name for name in names if "@" in name)


def _is_verified(identity: object, email: str | None) -> bool:
    """Whether the address is one that was verified; Kratos writes them in small letters."""
    return email is not None and any(
        member(address, "verified") is True
        and (text(address, "value") or "").casefold() == email.casefold()
        for address in objects(identity, "verifiable_addresses")
    )


def _factor(identity: object) -> dict[str, object]:
    secret = _totp_secret(text(identity, "credentials", "totp", "config", "totp_url") or "")
    if secret:
        return {"totp_secret": secret}
    types: Any = member(identity, "credentials")
    has_one = isinstance(types, Mapping) and not FACTORS.isdisjoint(types)
    return {"factor_missing": has_one}


def _totp_secret(url: str) -> str | None:
    """The secret of an `otpauth` URI, if its codes are usual ones."""
    try:
        said = parse_qs(urlsplit(url).query)
    except ValueError:
        return None
    usual = all(said.get(name, [value])[0] == value for name, value in _USUAL_CODES.items())
    return said.get("secret", [None])[0] if usual else None
