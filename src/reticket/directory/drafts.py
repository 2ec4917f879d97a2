"""The data for creating people, tenants, applications and clients. Accounts are created from their
records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reticket.core.realms import USUAL

Places = Mapping[int, object]
"""Tenants or accounts by id, each with what a dialect knows of the membership."""


@dataclass(frozen=True, slots=True)
class UserDraft:
    """A person to create.

    Args:
        parts: the dialects' data of the person, by the keys of their parts.
        totp_secret: the secret of the second factor, or None.
        groups / roles: names, in any order.
        realm / user_name: as of `core.people.User`.
        number: in the realm of a dialect; None takes the next one.
    """

    email: str
    first_name: str | None = None
    last_name: str | None = None
    disabled: bool = False
    active: bool = True
    tenants: Places = field(default_factory=dict)
    accounts: Places = field(default_factory=dict)
    parts: Mapping[str, object] = field(default_factory=dict)
    totp_secret: bytes | None = field(default=None, repr=False)
    groups: Sequence[str] = ()
    roles: Sequence[str] = ()
    realm: str = USUAL
    user_name: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """What changes of a person. Members that are None or absent stay as they are.

    Args:
        names: `first_name` and `last_name`.
        parts: as of `UserDraft`; None removes a part.
    """

    names: Mapping[str, str | None] = field(default_factory=dict)
    email: str | None = None
    disabled: bool | None = None
    active: bool | None = None
    parts: Mapping[str, object | None] = field(default_factory=dict)
    groups: Sequence[str] | None = None
    roles: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class TenantDraft:
    """A tenant to create, with the dialects' data of it by the keys of their parts."""

    id: int
    name: str | None = None
    parts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApplicationDraft:
    """An application to create, with the dialects' data of it by the keys of their parts.

    Args:
        tenants: ids that it may read; None means all.
    """

    id: str
    tenants: frozenset[int] | None = None
    disabled: bool = False
    parts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """An OAuth client to create. Its dialect will read `registration`."""

    client_id: str
    disabled: bool
    registration: Mapping[str, object]
