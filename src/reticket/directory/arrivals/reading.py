"""Reads rows into arrivals: whatever can be checked without the directory is checked here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from reticket.core.errors import ReticketError
from reticket.core.profiles import Profiles
from reticket.core.realms import USUAL
from reticket.directory.arrivals.rows import PLACES, PersonRow, row_type
from reticket.directory.errors import Invalid
from reticket.directory.forms import (
    INT32,
    check_texts,
    check_user_name,
    checked_groups,
    checked_roles,
    factor_key,
    folded,
    is_email,
)
from reticket.directory.json_keys import check_keys
from reticket.directory.typed import Fault, Faulty, converted, members_of, path_of

StoredForm = Callable[[str | Mapping[str, object], str | None], str]
"""The stored text of another system's hash, and the name of its form. A ReticketError with the
reason, in words that follow `password_hash:`."""

_MAY_HIDE = re.compile(rb"\\[bfnrtu]|\x7f|\xc2[\x80-\x9f]")
"""How JSON in UTF-8 writes a control character; an escape may be of another one."""

LONGEST_FOREIGN_ID = 255
"""Characters. A key of an index must fit into a page of each engine."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person who may be imported.

    Args:
        place: where the row is, such as `line 7`.
        key / name_key: the e-mail and the user name as look-ups compare them.
        groups / roles: in their stored form; None where the row does not say.
        secret_hash: in its stored form; None without one.
        factor: the key of a second factor.
        repeated: whether the file has named the same person before.
        said_parts: the members whose names are parts, as the row has them; empty for a row that
            adds people only.
    """

    place: str
    row: PersonRow
    realm: str
    key: str
    name_key: str | None
    groups: list[str] | None
    roles: list[str] | None
    secret_hash: str | None = field(repr=False)
    factor: bytes | None = field(repr=False)
    repeated: bool = False
    said_parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


class ArrivalReader:
    """Owns the checks of a row by itself.

    Args:
        profiles: what the dialects declare.
        stored_form: see there.
        system: the name of the other system, or None.
    """

    def __init__(self, profiles: Profiles, stored_form: StoredForm, system: str | None) -> None:
        self.kind = row_type(profiles)
        self.members = frozenset(members_of(self.kind))
        self._decode = msgspec.json.Decoder(self.kind).decode
        self._stored_form = stored_form
        self._system = system
        self._parts = [part.key for part in profiles.separate]

    def of_json(self, place: str, line: bytes) -> Arrival:
        """A row in JSON. Invalid with the reason."""
        try:
            row = self._decode(line)
            check_keys(line.decode())
        except (ValueError, RecursionError):
            return self.of_mapping(place, _parsed(line))
        return self._read(place, row, may_hide=_MAY_HIDE.search(line) is not None)

    def of_json_with_parts(self, place: str, line: bytes) -> Arrival:
        """A row in JSON that may change somebody. Invalid with the reason."""
        return self.of_mapping(place, _parsed(line))

    def of_mapping(self, place: str, said: object) -> Arrival:
        """A row that was read already. Invalid with the reason."""
        try:
            row = converted(said, self.kind)
        except Faulty as faulty:
            raise Invalid(_words(faulty.fault)) from None
        except RecursionError:
            raise Invalid("the row is nested too deeply") from None
        arrival = self._read(place, row, may_hide=True)
        said = said if isinstance(said, Mapping) else {}
        parts = {key: said[key] for key in self._parts if said.get(key) is not None}
        return replace(arrival, said_parts=parts)

    def _read(self, place: str, row: PersonRow, *, may_hide: bool) -> Arrival:
        if may_hide:
            check_texts(_shown(row), "the row")
            _check_unicode(row)
        if not is_email(row.email):
            raise Invalid("email does not look like an e-mail address")
        _check_numbers(row)
        self._check_foreign(row)
        return Arrival(
            place,
            row,
            row.realm or USUAL,
            folded(row.email),
            _name_key(row),
            None if row.groups is None else checked_groups(row.groups),
            None if row.roles is None else checked_roles(row.roles),
            self._secret_hash(row),
            _factor(row),
        )

    def _check_foreign(self, row: PersonRow) -> None:
        if row.foreign_id is None:
            if row.foreign_state is not None:
                raise Invalid("foreign_state needs a foreign_id")
            return
        if self._system is None:
            raise Invalid("foreign_id needs the name of a system")
        if len(row.foreign_id) > LONGEST_FOREIGN_ID:
            raise Invalid(f"foreign_id must have at most {LONGEST_FOREIGN_ID} characters")

    def _secret_hash(self, row: PersonRow) -> str | None:
        said = row.password_hash
        if said is None:
            if row.hash_format is not None:
                raise Invalid("hash_format needs a password_hash")
            return None
        if row.password is not None:
            raise Invalid("the row has both a password and a password_hash")
        try:
            return self._stored_form(said, row.hash_format)
        except ReticketError as error:
            raise Invalid(f"password_hash: {error}") from None


def _parsed(line: bytes) -> object:
    if line.lstrip().startswith(b"["):
        raise Invalid("the file must have one JSON object on each line, not an array")
    try:
        text = line.decode()
        said = msgspec.json.decode(text)
        check_keys(text)
    except UnicodeDecodeError:
        raise Invalid("the row is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Invalid("the row is not JSON") from None
    return said


def _words(fault: Fault) -> str:
    path = path_of(fault.path).lstrip(".")
    return f"{path or 'the row'} {fault.words}"


def _shown(row: PersonRow) -> dict[str, Any]:
    """The members that are shown somewhere: all but the secrets."""
    said = msgspec.structs.asdict(row)
    return {
        name: msgspec.to_builtins(value, str_keys=True)
        for name, value in said.items()
        if value is not None and name not in ("password", "password_hash")
    }


def _check_unicode(row: PersonRow) -> None:
    """A half of a surrogate pair cannot be stored; a row from another reader may have one."""
    try:
        msgspec.json.encode(row)
    except UnicodeEncodeError:
        raise Invalid("the row is not valid Unicode") from None


def _check_numbers(row: PersonRow) -> None:
    for member in PLACES:
        places = getattr(row, member)
        if places and any(place not in INT32 for place in places):
            raise Invalid(f"{member} must have 32-bit whole numbers as keys")
    if row.number is None:
        return
    if not row.realm:
        raise Invalid("number needs the realm of a dialect")
    if not 1 <= row.number < INT32.stop:
        raise Invalid(f"number must be from 1 to {INT32.stop - 1}")


def _name_key(row: PersonRow) -> str | None:
    if row.user_name is None:
        return None
    if not row.realm:
        raise Invalid("user_name needs the realm of a dialect")
    check_user_name(row.user_name)
    return folded(row.user_name)


def _factor(row: PersonRow) -> bytes | None:
    if row.totp_secret is None:
        return None
    if row.factor_missing:
        raise Invalid("the row has a totp_secret, and factor_missing")
    try:
        return factor_key(row.totp_secret)
    except Invalid as error:
        raise Invalid(f"totp_secret {error}") from None
