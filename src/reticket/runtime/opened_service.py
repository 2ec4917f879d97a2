"""The opened stores, directory and keys of one data folder, for all commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from reticket.adoption.reader import AdoptedTokens
from reticket.core.adoption.model import Adoption, Granted, Stated
from reticket.core.handover import Handover
from reticket.core.password_hasher import PasswordHasher
from reticket.core.people import User
from reticket.core.policy import DAY, SECOND, Policy
from reticket.core.ports import AuditLog, Clock, Ephemeral, Event, Store
from reticket.core.realms import name_of
from reticket.core.registrations import Registrar, remove_unused
from reticket.core.storage.pace import Pace
from reticket.core.storage.schema import Migrating, SchemaState
from reticket.core.storage.upkeep import Upkeep
from reticket.core.tokens.kinds import TokenKind
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import Sealer
from reticket.directory.directory import Directory
from reticket.directory.errors import NotFound
from reticket.directory.seed import Made, load_seed
from reticket.runtime.adopted_sessions import granted_to
from reticket.runtime.every_policy import every_algorithm, every_policy, provider_of
from reticket.settings import Settings, loading
from reticket.wire import Dialect

R = TypeVar("R")

_ADDED = {
    "account": "account_added",
    "application": "application_added",
    "client": "client_added",
    "tenant": "tenant_added",
    "user": "user_added",
}
"""The audit event of a creation, by kind."""


@dataclass(frozen=True, slots=True)
class OpenedService:
    """Everything that a command may need, opened. Close it when done."""

    settings: Settings
    clock: Clock
    store: Store
    ephemeral: Ephemeral
    directory: Directory
    ring: Ring
    sealer: Sealer
    hasher: PasswordHasher
    audit: AuditLog
    upkeep: Upkeep
    registrar: Registrar
    adopted: AdoptedTokens
    dialects: Sequence[Dialect]
    policies: Mapping[str, Policy]
    handovers: Mapping[str, Handover]
    master_key_file: Path | None

    def seed(self, file: Path) -> None:
        """Load a directory file, and write what it has created into the audit log. StartupError
        with the line at fault.
        """
        presets = loading.presets(self.settings)
        created = load_seed(file, self.directory, self.hasher, presets)
        self.audit.record([_added(self.clock(), each) for each in created], durable=True)
        self.require_keys()

    def require_keys(self) -> None:
        """Create the missing keys of the algorithms that dialects and clients want."""
        wanted = {name for dialect in self.dialects for name in dialect.algorithms}
        wanted.update(every_algorithm(self.settings, self.directory.clients))
        self.ring.require(sorted(wanted))

    def person(self, who: str) -> User:
        """The user with that id, that e-mail address or that `REALM/NAME`, as any process has
        written it. NotFound.
        """
        self.directory.catch_up_now()
        name = name_of(who, self.directory.profiles.realms)
        person = self.directory.user_by_name(name) or self.directory.user(who)
        if person is None:
            raise NotFound(f"There is no user {who!r}.")
        return person

    def copies(self) -> Mapping[str, Callable[[Path], None]]:
        """What a backup copies, and how each is written to a new file. StartupError when it cannot
        be in a file.
        """
        return {"sessions": self.store.backup, "directory": self.directory.backup}

    def ready(self) -> None:
        """Make every store read or write. Unavailable when one cannot."""
        self.store.find(bytes(16))
        self.ephemeral.put_if_absent("ready", 1)
        self.directory.tenant(0)

    def kinds(self) -> Mapping[str, TokenKind]:
        """The token kinds of the enabled dialects, by name."""
        return {kind.name: kind for dialect in self.dialects for kind in dialect.kinds}

    def grant(self, adoption: Adoption, stated: Stated) -> Granted | None:
        """What a session of another system may do that a JWT of its own proves."""
        client = adoption.client or stated.client
        return self.granted(adoption.kind, client, stated.scope)

    def granted(self, kind: str, client: str | None, scope: str | None) -> Granted | None:
        """What a session of another system may do here; None where its client may not have one."""
        provider = provider_of(self.settings)
        return granted_to(kind, client, scope, self.policies, self.directory.client, provider)

    def every_policy(self) -> Iterator[Policy]:
        """All policies in force."""
        return every_policy(self.settings, self.policies, self.directory.clients)

    def longest_refresh(self) -> int:
        """Seconds that the longest refresh token lives."""
        return max(policy.refresh for policy in self.every_policy())

    def purge(self) -> int:
        """Remove what is over: sessions, keys, clients, log-outs. Returns how many sessions.

        It also finds clients that were not told of an end.
        """
        for key in self.ring.retire_due(self.longest_refresh()):
            self.record_change("key_retired", key=key)
        for days in {each.unused_days for each in self.dialects if each.unused_days}:
            self._remove_unused(self.clock() - days * DAY * SECOND)
        now = self.clock()
        Pace().repeat(lambda most: self.directory.logouts.expire(now, most))
        self.directory.unadopted.forget()
        self.upkeep.mark_missed()
        return self.upkeep.purge()

    def _remove_unused(self, before: int) -> None:
        for client in remove_unused(self.registrar, self.upkeep, before):
            self.record_change("client_removed", client=client)

    def purge_in_turn(self) -> None:
        """The same, unless another process did so within the interval."""
        if self.ephemeral.put_if_absent("purge", max(1, self.settings.purge_interval - 1)):
            self.purge()

    def sweep_in_turn(self) -> None:
        """Remove ended entries, unless another process did so within the interval."""
        interval = self.settings.ephemeral.sweep_interval
        if self.ephemeral.put_if_absent("sweep", max(1, interval - 1)):
            self.upkeep.sweep()

    def record_change(self, event: str, **detail: object) -> None:
        """Write an operator's change into the audit log; it is on disk when this returns."""
        self.audit.record([Event(self.clock(), event, detail=detail)], durable=True)

    def close(self) -> None:
        """Release what was opened."""
        self.ephemeral.close()
        self.store.close()
        self.directory.close()
        self.audit.close()


def _added(at: int, created: Made) -> Event:
    return Event(at, _ADDED[created.kind], detail={created.kind: created.id})


class Schema(NamedTuple):
    """The stored data at a URL, as its schema; `engine` is None for an engine without one."""

    what: str
    url: str
    engine: Migrating | None

    def state(self) -> SchemaState | None:
        """The version of its schema; nothing is created. StartupError."""
        return self.engine.schema_state(self.url) if self.engine else None

    def migrate(self) -> None:
        """Upgrade to the newest version while older programs use it. StartupError."""
        if self.engine:
            self.engine.migrate(self.url)
