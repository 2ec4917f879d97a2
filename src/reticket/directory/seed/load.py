"""Loads a seed file in one transaction: creates absent records, never changes existing ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, select

from reticket.core.password_hasher import PasswordHasher
from reticket.core.policy import Policy
from reticket.directory.directory import Directory
from reticket.directory.drafts import ClientDraft
from reticket.directory.errors import DirectoryError
from reticket.directory.forms import person_key
from reticket.directory.seed.clients import SHIPPED, grant_faults, policy_faults
from reticket.directory.seed.demo_parts import with_demo
from reticket.directory.seed.fields import Entry
from reticket.directory.seed.form import Seed, read_seed
from reticket.directory.seed.passwords import stored_secret
from reticket.directory.tables import (
    applications,
    developer_accounts,
    oauth_clients,
    tenants,
    users,
)

DEMO = (Path(__file__).parent.parent / "demo.yaml").resolve()
"""The directory of the demo. Each dialect adds its own data."""


class Made(NamedTuple):
    """A created record: its kind, as `user`, and its id."""

    kind: str
    id: object


@dataclass(frozen=True, slots=True)
class _Section:
    """Entries of one kind.

    Args:
        kind: as in `Made`.
        entries: those of the file.
        present: the keys of existing records.
        insert: creates one with its hashed secret; returns the id if the directory chooses it.
    """

    kind: str
    entries: Sequence[Entry[Any]]
    present: Callable[[Connection], set[object]]
    insert: Callable[[Connection, Any, str], str | None]

    def absent(self, connection: Connection) -> list[Entry[Any]]:
        present = self.present(connection)
        return [entry for entry in self.entries if entry.key not in present]


def load_seed(
    path: Path,
    directory: Directory,
    hasher: PasswordHasher,
    presets: Mapping[str, Policy] = SHIPPED,
) -> Sequence[Made]:
    """Create the records of a file that the directory lacks, and return them.

    Only their secrets are hashed, before the transaction, since hashing takes long.

    Args:
        path: a YAML file in the form of `demo.yaml`.
        directory: the target.
        hasher: for passwords and secrets, and for hashes of other systems.
        presets: policies in force by name.

    Raises:
        StartupError: the file has a fault on the line that it names. Nothing was created.
        Unavailable: the directory cannot answer. Nothing was created.
    """
    seed = read_seed(path, presets, directory.profiles)
    if path.resolve() == DEMO:
        seed = with_demo(seed, directory.profiles)
    sections = _sections(seed, directory)
    with directory.database.read() as connection:
        seed.check_references(
            _keys(connection, tenants.c.id), _keys(connection, developer_accounts.c.id)
        )
        absent = [entry for section in sections for entry in section.absent(connection)]
    if not absent:
        return ()
    for entry in absent:
        _check_new(entry, presets)
    hashes = {entry: stored_secret(entry, hasher) for entry in absent}
    with directory.database.change() as connection:
        return [made for section in sections for made in _create(connection, section, hashes)]


def _check_new(entry: Entry[Any], presets: Mapping[str, Policy]) -> None:
    """StartupError for a client that is to be created with grants that could never work. The same
    for one that is not disabled and has an invalid policy.
    """
    draft = entry.record
    if not isinstance(draft, ClientDraft):
        return
    for fault in grant_faults(draft.registration, public=entry.secret is None):
        raise entry.value.fault(fault)
    for fault in () if draft.disabled else policy_faults(draft.registration, presets):
        raise entry.value.fault(f"cannot be created: policy cannot be: {fault}")


def _keys(connection: Connection, column: Column[Any]) -> set[object]:
    return set(connection.execute(select(column)).scalars())


def _keys_in(column: Column[Any]) -> Callable[[Connection], set[object]]:
    return lambda connection: _keys(connection, column)


def _people(connection: Connection) -> set[object]:
    found = connection.execute(select(users.c.realm, users.c.email_folded))
    return {person_key(realm, email) for realm, email in found}


def _sections(seed: Seed, directory: Directory) -> Sequence[_Section]:
    """The sections, in the order of their references."""
    to = directory
    return (
        _Section(
            "account",
            seed.accounts,
            _keys_in(developer_accounts.c.id),
            lambda c, r, _: to.accounts.insert(c, r),
        ),
        _Section(
            "tenant",
            seed.tenants,
            _keys_in(tenants.c.id),
            lambda c, r, _: to.tenants.insert(c, r),
        ),
        _Section(
            "application", seed.applications, _keys_in(applications.c.id), to.applications.insert
        ),
        _Section("client", seed.clients, _keys_in(oauth_clients.c.client_id), to.clients.insert),
        _Section("user", seed.users, _people, to.users.insert),
    )


def _create(
    connection: Connection, section: _Section, hashes: Mapping[Entry[Any], Any]
) -> Iterator[Made]:
    """Create the records that were absent when secrets were hashed, and still are."""
    entries = [entry for entry in section.absent(connection) if entry in hashes]
    for entry in entries:
        try:
            chosen = section.insert(connection, entry.record, hashes[entry])
        except DirectoryError as error:
            raise entry.value.fault(f"cannot be created: {error}".rstrip(".")) from error
        yield Made(section.kind, chosen or entry.key)
