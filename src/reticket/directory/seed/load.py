"""Loads a seed: creates what is absent, never alters what exists, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, select

from reticket.core.policy import Policy
from reticket.core.ports import SecretHasher
from reticket.directory.directory import Directory
from reticket.directory.drafts import ClientDraft
from reticket.directory.errors import DirectoryError
from reticket.directory.seed.demo_parts import with_demo
from reticket.directory.seed.fields import Entry
from reticket.directory.seed.form import Seed, read_seed
from reticket.directory.seed.programs import SHIPPED, policy_faults
from reticket.directory.tables import (
    applications,
    developer_accounts,
    oauth_clients,
    tenants,
    users,
)

DEMO = (Path(__file__).parent.parent / "demo.yaml").resolve()
"""A directory to start with. What is in it for a dialect alone, the dialect brings."""


class Made(NamedTuple):
    """What a seed has created: the kind, as `user`, and the id."""

    kind: str
    id: object


@dataclass(frozen=True, slots=True)
class _Section:
    """Entries of one kind.

    Args:
        kind: as `Made` has it.
        entries: what the file describes.
        column: where the keys are of what exists.
        insert: creates one, given its hashed secret; the id where the directory chooses it.
    """

    kind: str
    entries: Sequence[Entry[Any]]
    column: Column[Any]
    insert: Callable[[Connection, Any, str], str | None]

    def absent(self, connection: Connection) -> list[Entry[Any]]:
        present = _keys(connection, self.column)
        return [entry for entry in self.entries if entry.key not in present]


def load_seed(
    path: Path,
    directory: Directory,
    hasher: SecretHasher,
    now: int,
    presets: Mapping[str, Policy] = SHIPPED,
) -> Sequence[Made]:
    """Create what a file describes and the directory lacks; what that was.

    Only secrets of what is absent are hashed, and before the transaction: it takes long.

    Args:
        path: a YAML file in the form of `demo.yaml`.
        directory: where to.
        hasher: for passwords and secrets.
        now: milliseconds; the date of attributes that have none.
        presets: policies by name, as they are in force.

    Raises:
        StartupError: the file has a fault, and on which line. Nothing was created.
        Unavailable: the directory cannot answer. Nothing was created.
    """
    seed = read_seed(path, now, presets, directory.profiles)
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
        _check_policy(entry, presets)
    hashes = {entry: entry.secret and hasher.hash(entry.secret) for entry in absent}
    with directory.database.change() as connection:
        return [made for section in sections for made in _create(connection, section, hashes)]


def _check_policy(entry: Entry[Any], presets: Mapping[str, Policy]) -> None:
    """A client that is to be in service must be able to: the start would stop for it."""
    draft = entry.record
    if isinstance(draft, ClientDraft) and not draft.disabled:
        for fault in policy_faults(draft.registration, presets):
            raise entry.value.fault(f"cannot be created: policy cannot be: {fault}")


def _keys(connection: Connection, column: Column[Any]) -> set[object]:
    return set(connection.execute(select(column)).scalars())


def _sections(seed: Seed, directory: Directory) -> Sequence[_Section]:
    """In the order in which they can be created."""
    to = directory
    return (
        _Section(
            "account",
            seed.accounts,
            developer_accounts.c.id,
            lambda c, r, _: to.accounts.insert(c, r),
        ),
        _Section("tenant", seed.tenants, tenants.c.id, lambda c, r, _: to.tenants.insert(c, r)),
        _Section("application", seed.applications, applications.c.id, to.applications.insert),
        _Section("client", seed.clients, oauth_clients.c.client_id, to.clients.insert),
        _Section("user", seed.users, users.c.email_folded, to.users.insert),
    )


def _create(
    connection: Connection, section: _Section, hashes: Mapping[Entry[Any], Any]
) -> Iterator[Made]:
    """Create what was absent when secrets were hashed, and still is."""
    entries = [entry for entry in section.absent(connection) if entry in hashes]
    for entry in entries:
        try:
            chosen = section.insert(connection, entry.record, hashes[entry])
        except DirectoryError as error:
            raise entry.value.fault(f"cannot be created: {error}".rstrip(".")) from error
        yield Made(section.kind, chosen or entry.key)
