"""The whole seed file: its sections, and the check of their references."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reticket.core.people import DeveloperAccount
from reticket.core.policy import Policy
from reticket.core.profiles import NO_DIALECT, Profiles
from reticket.directory.drafts import ApplicationDraft, ClientDraft, TenantDraft, UserDraft
from reticket.directory.seed.applications import ApplicationReader
from reticket.directory.seed.clients import SHIPPED, ClientReader
from reticket.directory.seed.fields import Entry, Fields, distinct
from reticket.directory.seed.tenants import TenantReader, read_account
from reticket.directory.seed.users import UserReader
from reticket.directory.seed.yaml_value import YamlValue, read_yaml

T = TypeVar("T")

_SECTIONS = ("applications", "developer_accounts", "tenants", "oauth_clients", "users")


@dataclass(frozen=True, slots=True)
class Seed:
    """The content of a seed file; every section may be empty."""

    accounts: tuple[Entry[DeveloperAccount], ...]
    tenants: tuple[Entry[TenantDraft], ...]
    applications: tuple[Entry[ApplicationDraft], ...]
    clients: tuple[Entry[ClientDraft], ...]
    users: tuple[Entry[UserDraft], ...]

    def check_references(self, tenants: Container[object], accounts: Container[object]) -> None:
        """StartupError for a reference that neither this file nor an argument has."""
        tenant_ids = {entry.key for entry in self.tenants}
        account_ids = {entry.key for entry in self.accounts}
        entries: tuple[Entry[Any], ...] = (*self.applications, *self.users)
        for entry in entries:
            _check(entry.tenants, "tenant", tenant_ids, tenants)
            _check(entry.accounts, "developer account", account_ids, accounts)


def _check(references: Mapping[int, YamlValue], noun: str, *places: Container[object]) -> None:
    for place_id, value in references.items():
        if not any(place_id in place for place in places):
            raise value.fault(f"refers to the {noun} {place_id}, which does not exist")


def read_seed(
    path: Path,
    presets: Mapping[str, Policy] = SHIPPED,
    profiles: Profiles = NO_DIALECT,
) -> Seed:
    """Read a file. StartupError with the line of its first fault.

    Args:
        path: the file.
        presets: policies by name.
        profiles: the dialects' parts of people, tenants and applications.
    """
    fields = Fields(read_yaml(path), _SECTIONS)
    return Seed(
        accounts=_section(fields, "developer_accounts", read_account, "id"),
        tenants=_section(fields, "tenants", TenantReader(profiles.tenants).read, "id"),
        applications=_section(
            fields, "applications", ApplicationReader(profiles.programs).read, "application_id"
        ),
        clients=_section(
            fields, "oauth_clients", ClientReader(presets, profiles.inspected).read, "client_id"
        ),
        users=_section(fields, "users", UserReader(profiles).read, "email"),
    )


def _section(
    fields: Fields, name: str, read: Callable[[YamlValue], Entry[T]], key: str
) -> tuple[Entry[T], ...]:
    return fields.optional(name, distinct(read, lambda entry: entry.key, key), ())
