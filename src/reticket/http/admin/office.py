"""What the admin API works with beyond commands: the operator's verbs, opened by the root."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self

from reticket.core.ports import AuditLog, Clock, Entropy
from reticket.crypto.ring import Ring
from reticket.crypto.sealing import Sealer
from reticket.dialects.oauth.site import Site
from reticket.directory.directory import Directory


@dataclass(frozen=True, slots=True)
class Office:
    """The verbs, and what they need. Directory and ring are used inside `Manage` alone.

    Args:
        resources: the names of all resources that a family may be of.
        absent: a password hash that no password fits; the command `Hash` makes all others.
    """

    site: Site
    resources: Collection[str]
    directory: Directory
    ring: Ring
    absent: Callable[[], str]
    audit: AuditLog
    sealer: Sealer
    clock: Clock
    entropy: Entropy

    @classmethod
    def closed(cls, site: Site) -> Self:
        """An office where nothing is done: for whoever wants the document alone."""
        nothing: Any = None
        return cls(site, (), nothing, nothing, nothing, nothing, nothing, nothing, nothing)
