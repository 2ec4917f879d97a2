"""Claims that a client's registration declares: a name for each, and the path of its value.

A path names what the directory has of a person or of the token's tenant, or what a dialect keeps of
them there. There are no expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from reticket.core.model import Asked, Holder
from reticket.core.people import Tenant, User
from reticket.oauth.standard_claims import STANDARD_CLAIMS, standard_claims

MAPPED = "mapped"
"""The name in `Asked` of the declared claims of the client, as JSON."""

MOST = 16
"""Declared claims of a client: each makes every token longer."""

RESERVED = frozenset(STANDARD_CLAIMS) | {
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "auth_time", "acr", "amr", "azp", "nonce",
    "at_hash", "c_hash", "s_hash", "sid", "tid", "uid", "cv", "cnf", "act", "may_act", "events",
    "client_id", "scope", "active", "username", "token_type", "kind",
}  # fmt: skip
"""Names with a meaning of their own: no registration may give them another."""

_OF_USER: Mapping[str, Callable[[User], object]] = {
    "user.id": lambda user: user.id,
    "user.first_name": lambda user: user.first_name,
    "user.last_name": lambda user: user.last_name,
    "user.groups": lambda user: user.groups,
    "user.roles": lambda user: user.roles,
    "user.tenants": lambda user: [str(tenant.id) for tenant in user.tenants],
}
_OF_TENANT: Mapping[str, Callable[[Tenant], object]] = {
    "tenant.id": lambda tenant: str(tenant.id),
    "tenant.name": lambda tenant: tenant.name,
}
_STANDARD = {f"user.{name}": name for name in STANDARD_CLAIMS}
PATHS = (*_OF_USER, *_STANDARD, *_OF_TENANT)

_OF_PART = re.compile(r"(user|tenant)\.([a-z0-9_]+)\.([a-z0-9_.]+)")


class PartPath(NamedTuple):
    """A path into the part of a dialect, as `user.NAME.roles`.

    Args:
        owner: `user` or `tenant`.
        dialect: whose part it is.
        members: the names in that part, from the outer to the inner.
    """

    owner: str
    dialect: str
    members: tuple[str, ...]


def part_path(path: str) -> PartPath | None:
    """The path into a part; None for a text of another form."""
    found = _OF_PART.fullmatch(path)
    return PartPath(found[1], found[2], tuple(found[3].split("."))) if found else None


def as_asked(declared: Mapping[str, str]) -> Asked:
    """The declared claims of a client, for the tokens that it gets."""
    if not declared:
        return ()
    return ((MAPPED, msgspec.json.encode(declared, order="sorted").decode()),)


@lru_cache(10_000)
def declared_in(text: str | None) -> Mapping[str, str]:
    """The declared claims from the text in `Asked`."""
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def mapped_claims(
    declared: Mapping[str, str], holder: Holder, context: str | None
) -> dict[str, object]:
    """The claims of a token of this person, in the tenant that it names, or in the only one of the
    person. A path without a value gives no claim.
    """
    if not declared or not isinstance(holder, User):
        return {}
    values = {name: _value(path, holder, context) for name, path in declared.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(path: str, user: User, context: str | None) -> object:
    if path in _OF_USER:
        return _OF_USER[path](user)
    if path in _STANDARD:
        return standard_claims(user).get(_STANDARD[path])
    tenant = _tenant_of(user, context)
    if path in _OF_TENANT:
        return tenant and _OF_TENANT[path](tenant)
    return _in_part(part_path(path), user, tenant)


def _tenant_of(user: User, context: str | None) -> Tenant | None:
    """The tenant of the token. For a token without one it is the only tenant of the person."""
    if context is None:
        return user.tenants[0] if len(user.tenants) == 1 else None
    return next((each for each in user.tenants if str(each.id) == context), None)


def _in_part(path: PartPath | None, user: User, tenant: Tenant | None) -> object:
    record = tenant if path and path.owner == "tenant" else user
    if path is None or record is None:
        return None
    value = msgspec.to_builtins(dict(record.parts).get(path.dialect), str_keys=True)
    for member in path.members:
        value = value.get(member) if isinstance(value, dict) else None
    return value
