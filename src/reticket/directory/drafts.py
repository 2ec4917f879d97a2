"""What is needed to create people and clients. Tenants, accounts and applications need no draft:
their records say it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Behaviors = Mapping[int, Sequence[int]]
"""Behaviors granted, by the id of the tenant or account."""


NO_PERMISSION = "AA=="
"""Standard base64 of a bit set with no bit set."""


@dataclass(frozen=True, slots=True)
class OrganizationDraft:
    """A place in an organization, which is created when there is none of that name."""

    name: str
    roles: Sequence[str] = ()
    user_type: str = "user"


@dataclass(frozen=True, slots=True)
class CloudDraft:
    """A profile in a cloud drive. Its group is created when there is none of that name.

    Args:
        group_id: of a new group; None has one made.
        permission: of a new group; standard base64 of a bit set.
    """

    nickname: str
    group: str
    group_id: str | None = None
    permission: str = NO_PERMISSION


@dataclass(frozen=True, slots=True)
class UserDraft:
    """A person to create.

    Args:
        totp_secret: the second factor's key as bytes, or None.
    """

    email: str
    first_name: str | None = None
    last_name: str | None = None
    disabled: bool = False
    active: bool = True
    tenants: Behaviors = field(default_factory=dict)
    accounts: Behaviors = field(default_factory=dict)
    organization: OrganizationDraft | None = None
    cloud: CloudDraft | None = None
    totp_secret: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """An OAuth client to create. `registration` is what its dialect will read."""

    client_id: str
    disabled: bool
    registration: Mapping[str, object]
