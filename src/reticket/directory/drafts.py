"""What is needed to create people and clients. Accounts and applications need no draft:
their records say it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reticket.core.people import Tenant

Places = Mapping[int, object]
"""Tenants or accounts by their ids; beside each stands what a dialect knows of the membership."""


@dataclass(frozen=True, slots=True)
class UserDraft:
    """A person to create.

    Args:
        parts: what is said of the person for dialects, by the keys of their parts.
        totp_secret: the second factor's key as bytes, or None.
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


@dataclass(frozen=True, slots=True)
class TenantDraft:
    """A tenant to create, and what is said of it for dialects, by the keys of their parts."""

    tenant: Tenant
    parts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """An OAuth client to create. `registration` is what its dialect will read."""

    client_id: str
    disabled: bool
    registration: Mapping[str, object]
