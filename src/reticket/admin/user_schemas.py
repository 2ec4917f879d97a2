"""Bodies and answers of the admin API that are about people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from reticket.admin.schemas import Group, Secret, Text, moment
from reticket.core.people import User
from reticket.core.realms import USUAL
from reticket.directory.people.users import UserLine
from reticket.wire import Secretive

Realm = Annotated[str, Meta(max_length=64)]


class UserAnswer(Struct):
    """A person."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    disabled: bool
    active: bool
    created_at: datetime
    second_factor: bool
    factor_missing: bool
    groups: Sequence[str]
    roles: Sequence[str]
    realm: str
    user_name: str | None
    number: int | None


class NewUser(Secretive, frozen=True, forbid_unknown_fields=True):
    """A person to create. Without a password, the person can only sign in by your own login.
    `password_hash` is a hash that another system has made: a text, or its columns. `hash_format`
    names its form where nothing in the hash tells.
    `tenants` and `developer_accounts` have the numbers of what the person may do there, by id.
    `profile` has what dialects know of the person, by the keys of a seed file. `realm` is one of a
    dialect's. Only there a person has a `user_name`, and a `number`, which is the next one by
    default.
    """

    email: Text
    password: Secret | None = None
    password_hash: Secret | Mapping[str, Any] | None = None
    hash_format: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    disabled: bool = False
    tenants: Mapping[int, Sequence[int]] = {}
    developer_accounts: Mapping[int, Sequence[int]] = {}
    profile: Mapping[str, Mapping[str, Any]] = {}
    groups: Sequence[Group] = ()
    roles: Sequence[Group] = ()
    realm: Realm = USUAL
    user_name: Text | None = None
    number: int | None = None


class UserChanges(Struct, forbid_unknown_fields=True):
    """Members to replace. A new e-mail, or `disabled`, ends all sessions of the person. Each member
    of `profile` is replaced as a whole; null removes it.
    """

    email: Text | UnsetType = UNSET
    first_name: Text | UnsetType | None = UNSET
    last_name: Text | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    profile: Mapping[str, Mapping[str, Any] | None] = {}
    groups: Sequence[Group] | UnsetType = UNSET
    roles: Sequence[Group] | UnsetType = UNSET


class NewPassword(Secretive, frozen=True, forbid_unknown_fields=True):
    """A new password; all sessions of the person end."""

    password: Secret


def user_answer(user: User | UserLine) -> UserAnswer:
    """The answer for a person's record, or for a line of a list."""
    return UserAnswer(
        user.id,
        user.email,
        user.first_name,
        user.last_name,
        user.disabled,
        user.active,
        moment(user.created_at),
        user.second_factor,
        user.factor_missing,
        user.groups,
        user.roles,
        user.realm,
        user.user_name,
        user.number,
    )
