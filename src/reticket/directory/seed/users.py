"""Reads users of a seed file into drafts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reticket.core.profiles import Part, Profiles
from reticket.core.realms import USUAL
from reticket.directory.drafts import UserDraft
from reticket.directory.errors import Invalid
from reticket.directory.forms import INT32, factor_key, folded, is_email, person_key
from reticket.directory.seed.fields import Entry, Fields, int32, listed
from reticket.directory.seed.parts import keys_of, read_parts, read_typed
from reticket.directory.seed.passwords import PASSWORD_KEYS, read_password
from reticket.directory.seed.yaml_value import YamlValue
from reticket.directory.typed import beside

_USER = (
    "email",
    *PASSWORD_KEYS,
    "first_name",
    "last_name",
    "disabled",
    "active",
    "tenants",
    "developer_accounts",
    "totp_secret",
    "groups",
    "roles",
    "realm",
    "user_name",
    "number",
)
_FACTOR = "totp_secret"
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class UserReader:
    """Reads users.

    Args:
        profiles: the dialects' parts of people.
    """

    profiles: Profiles

    def read(self, value: YamlValue) -> Entry[UserDraft]:
        """A user with all memberships, and the parts of all dialects."""
        parts = self.profiles.separate
        fields = Fields(value, (*_USER, *keys_of(parts)))
        email = fields.required("email", _email)
        tenants = fields.optional("tenants", _places, {})
        accounts = fields.optional("developer_accounts", _places, {})
        draft = UserDraft(
            email=email,
            first_name=fields.optional("first_name", YamlValue.text, None),
            last_name=fields.optional("last_name", YamlValue.text, None),
            disabled=fields.optional("disabled", YamlValue.flag, False),
            active=fields.optional("active", YamlValue.flag, True),
            tenants=self._beside("tenants", tenants),
            accounts=self._beside("developer_accounts", accounts),
            parts=read_parts(value, parts),
            totp_secret=_factor(value, fields, parts),
            groups=fields.optional("groups", listed(YamlValue.filled), ()),
            roles=fields.optional("roles", listed(YamlValue.filled), ()),
            realm=fields.optional("realm", YamlValue.text, None) or USUAL,
            user_name=fields.optional("user_name", YamlValue.filled, None),
            number=fields.optional("number", int32, None),
        )
        password, foreign = read_password(value, fields)
        key = person_key(draft.realm, folded(email))
        return Entry(value, key, draft, password, tenants, accounts, foreign)

    def _beside(self, member: str, places: Mapping[int, YamlValue]) -> dict[int, object]:
        read = self._reader_beside(member)
        return {place: read(item) for place, item in places.items()}

    def _reader_beside(self, member: str) -> Callable[[YamlValue], object]:
        part = self.profiles.beside_places
        if part is None:
            return YamlValue.json
        kind = beside(part, member)
        return lambda item: read_typed(item, kind)


def _factor(value: YamlValue, fields: Fields, parts: list[Part[Any]]) -> bytes | None:
    """The person's key; older files have it in the part of a dialect."""
    found = fields.optional(_FACTOR, _totp_secret, None)
    for part in parts:
        lent = fields.optional(part.key, _lent_factor, None) if _FACTOR in part.lends else None
        if found is not None and lent is not None:
            raise value.fault(f"has a {_FACTOR}, and another one in {part.key}")
        found = found or lent
    return found


def _lent_factor(value: YamlValue) -> bytes | None:
    lent = value.members().get(_FACTOR)
    return None if lent is None or lent.type == "null" else _totp_secret(lent)


def _email(value: YamlValue) -> str:
    email = value.filled()
    if not is_email(email):
        raise value.fault("does not look like an e-mail address")
    return email


def _places(value: YamlValue) -> dict[int, YamlValue]:
    return {_number(key, item): item for key, item in value.members().items()}


def _number(key: str, value: YamlValue) -> int:
    if not _NUMBER.fullmatch(key) or int(key) not in INT32:
        raise value.fault("must have a 32-bit whole number as its key")
    return int(key)


def _totp_secret(value: YamlValue) -> bytes:
    try:
        return factor_key(value.filled())
    except Invalid as error:
        raise value.fault(str(error)) from None
