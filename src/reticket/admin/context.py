"""What operations of the admin API use beside commands: directory, key ring and audit log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from reticket.admin.guard import KIND
from reticket.core.commands import RunInDirectory
from reticket.core.password_hasher import PasswordHasher
from reticket.core.ports import AuditLog, Clock, Entropy
from reticket.core.sessions import audit_events
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import Sealer
from reticket.directory.directory import Directory
from reticket.oauth.provider import Provider
from reticket.wire import WireRequest

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class AdminContext:
    """The parts that operations use. Directory and ring are used inside `RunInDirectory` only.

    Args:
        kinds: the names of all token kinds.
        hasher: reads hashes of other systems; the command `Hash` makes all others.
    """

    provider: Provider
    kinds: Collection[str]
    directory: Directory
    ring: Ring
    hasher: PasswordHasher
    audit: AuditLog
    sealer: Sealer
    clock: Clock
    entropy: Entropy

    def changing(
        self,
        event: str,
        request: WireRequest,
        operator: str,
        work: Callable[[], R],
        **detail: object,
    ) -> RunInDirectory[R]:
        """Do the work and record it in the audit log at once.

        The end of its sessions comes after the work, and may fail or take too long. The event must
        not depend on it.
        """

        def recorded() -> R:
            result = work()
            self.write_down(event, request, operator, **detail)
            return result

        return RunInDirectory(recorded)

    def write_down(self, event: str, request: WireRequest, operator: str, **detail: object) -> None:
        """Record a change and its operator in the audit log."""
        at, caller = self.clock(), request.caller
        line = audit_events.of_person(at, event, KIND, operator, caller, detail)
        self.audit.record([line])

    @classmethod
    def closed(cls, provider: Provider) -> Self:
        """A context that cannot perform anything: enough for the OpenAPI document."""
        nothing: Any = None
        return cls(provider, (), nothing, nothing, nothing, nothing, nothing, nothing, nothing)
