"""What commands work on: the opened stores, directory and keys of one data folder."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from reticket.core.commands import Command
from reticket.core.policy import Policy
from reticket.core.ports import AuditLog, Clock, Ephemeral, SecretHasher, Store
from reticket.core.upkeep import Upkeep
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import Sealer
from reticket.directory.directory import Directory
from reticket.directory.seed import load_seed
from reticket.settings import Settings
from reticket.wire import Dialect

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a command may need, opened. Close it when done."""

    settings: Settings
    clock: Clock
    store: Store
    ephemeral: Ephemeral
    directory: Directory
    ring: Ring
    sealer: Sealer
    hasher: SecretHasher
    audit: AuditLog
    upkeep: Upkeep
    dialects: Sequence[Dialect]
    policies: Mapping[str, Policy]
    master_key_file: Path | None

    def seed(self, file: Path) -> None:
        """Load a directory file. StartupError with the line at fault."""
        load_seed(file, self.directory, self.hasher, self.clock())

    def copies(self) -> Sequence[tuple[str, Callable[[Path], None]]]:
        """What a backup copies: URLs, and how each is written to a new file."""
        return (
            (self.settings.families, self.store.backup),
            (self.settings.directory, self.directory.backup),
        )

    def ready(self) -> None:
        """Have every store read or write. Unavailable when one cannot."""
        self.store.find(bytes(16))
        self.ephemeral.once("ready", 1)
        self.directory.tenant(0)

    def purge(self) -> int:
        """Remove what has ended, families and keys; how many families."""
        self.ring.retire_due(max(policy.refresh for policy in self.policies.values()))
        return self.upkeep.purge()

    def close(self) -> None:
        """Release what was opened."""
        self.ephemeral.close()
        self.store.close()
        self.directory.close()
        self.audit.close()


class Builder(Protocol):
    """What the composition root gives to the commands."""

    def load(self, config: Path | None, overrides: Mapping[str, Any]) -> Settings: ...

    def open(self, settings: Settings) -> House: ...

    def families(self, url: str, settings: Settings) -> Store:
        """The store of that URL alone. StartupError when there is none."""
        ...

    def serve(self, settings: Settings, started: Callable[[str], None]) -> None: ...

    def perform(self, house: House, operation: Generator[Command, Any, R]) -> R:
        """What an operation returns once the service has performed its commands here."""
        ...

    def dialects(self, settings: Settings) -> Sequence[Dialect]: ...

    def documented(self, settings: Settings) -> Sequence[Dialect]:
        """Whatever has an OpenAPI document: the dialects, and the admin API."""
        ...

    def alone(self, settings: Settings) -> AbstractContextManager[None]:
        """Keep the data folder from being served meanwhile. StartupError when it is."""
        ...
