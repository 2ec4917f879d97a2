"""Records of the directory, as the rules and the dialects read them. Immutable, never partial.

Times are milliseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Parts = tuple[tuple[str, object], ...]
"""What dialects keep of a person or a tenant, by dialect name: see `core.profiles`."""


NO_PASSWORD = "!"  # noqa: S105 - the lack of one
"""In the place of a hash: the person has no password here, and no secret matches."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant; `parts` is what each dialect keeps of it."""

    id: int
    name: str | None
    parts: Parts = ()


@dataclass(frozen=True, slots=True)
class DeveloperAccount:
    """A developer account."""

    id: int
    name: str | None


@dataclass(frozen=True, slots=True)
class User:
    """A person.

    Args:
        id: 32 lower-case hex digits.
        short_id: short, opaque, unique, `[A-Za-z0-9]+`.
        email: as the operator wrote it; look-ups ignore its case.
        disabled: blocked by the operator.
        active: False until the account is activated.
        credential_version: changes only with the password or the e-mail address.
        tenants / accounts: memberships, in ascending order of id.
        parts: what each dialect keeps of the person.
        second_factor: whether a sign-in needs a second factor.
        factor_missing: there was a factor in another system, which could not come. No password is
            accepted until an operator or a reset code settles that.
        groups / roles: names, in order.
        updated_at: when an operator or the person last changed the record.
        realm: see `core.realms`. Names are looked up in one realm; it never changes.
        user_name: another name to sign in with, in a realm of a dialect; or None.
        number: unique in such a realm, given in ascending order; None in the usual realm.
    """

    id: str
    short_id: str
    email: str
    first_name: str | None
    last_name: str | None
    disabled: bool
    active: bool
    credential_version: int
    created_at: int
    tenants: tuple[Tenant, ...]
    accounts: tuple[DeveloperAccount, ...]
    second_factor: bool = False
    parts: Parts = ()
    updated_at: int = 0
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    realm: str = ""
    user_name: str | None = None
    number: int | None = None
    factor_missing: bool = False


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person who signs up in a realm of a dialect.

    Args:
        parts: what dialects keep of the person, by the keys of their parts.
    """

    email: str
    user_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    parts: Mapping[str, object] = field(default_factory=dict)


MOST_FAILURES = 100
"""Wrong codes in a row after which a factor is locked (NIST SP 800-63B-4 §3.2.2)."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A person's second factor: the key of its one-time passwords, and wrong codes in a row."""

    secret: bytes = field(repr=False)
    failures: int


@dataclass(frozen=True, slots=True)
class Application:
    """A program with its own credentials.

    Args:
        tenants: ids that it may read; None means all.
        parts: what each dialect keeps of it.
        credential_version: changes with every secret and every registration.
    """

    id: str
    tenants: frozenset[int] | None
    disabled: bool
    parts: Parts = ()
    credential_version: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who has not signed in. Only their session is stored: there is no other record.

    Args:
        id: 32 lower-case hex digits.
        credential_version: always 0, as there is no password.
    """

    id: str
    credential_version: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """A client that was registered to act for users, or for itself. The same object until the
    directory changes.

    Args:
        id: as registered.
        public: whether it has no secret.
        registration: the other metadata, which only its dialect interprets.
        credential_version: changes with every secret and every registration.
    """

    id: str
    public: bool
    disabled: bool
    registration: Mapping[str, Any]
    created_at: int
    credential_version: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The data for checking a sign-in. `subject` is the id of the user, application or client,
    `version` the `credential_version` of a record with this secret.
    """

    subject: str
    disabled: bool
    active: bool
    secret_hash: str = field(repr=False)
    version: int
