"""What the admin API works with beyond commands: the operator's verbs, opened by the root."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from reticket.admin.guard import KIND
from reticket.core.commands import RunInDirectory
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
    """The verbs, and what they need. Directory and ring are used inside `RunInDirectory` alone.

    Args:
        kinds: the names of all kinds of token.
        absent: a password hash that no password fits; the command `Hash` makes all others.
    """

    provider: Provider
    kinds: Collection[str]
    directory: Directory
    ring: Ring
    absent: Callable[[], str]
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
        """That work, of which the audit log hears as soon as it is done: what must follow it may
        fail, or take too long, and nobody may be left to tell.
        """

        def told() -> R:
            result = work()
            self.write_down(event, request, operator, **detail)
            return result

        return RunInDirectory(told)

    def write_down(self, event: str, request: WireRequest, operator: str, **detail: object) -> None:
        """Tell the audit log of a change that was made just now, and who made it."""
        at, caller = self.clock(), request.caller
        said = audit_events.of_person(at, event, KIND, operator, caller, detail)
        self.audit.record([said])

    @classmethod
    def closed(cls, provider: Provider) -> Self:
        """An context where nothing is done: for whoever wants the document alone."""
        nothing: Any = None
        return cls(provider, (), nothing, nothing, nothing, nothing, nothing, nothing, nothing)
