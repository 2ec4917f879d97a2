"""Commands on the clients that are told when a session ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reticket.core.commands.command import Command
from reticket.core.logouts import LoggedIn, Logout


@dataclass(frozen=True, slots=True)
class RememberClient(Command[None]):
    """Remember a client that is told when a session ends. Result: None."""

    client: LoggedIn


@dataclass(frozen=True, slots=True)
class ClaimLogouts(Command[Sequence[Logout]]):
    """Take log-outs that clients must be told of now. Result: at most `most`, one of a client."""

    most: int


@dataclass(frozen=True, slots=True)
class PostponeLogout(Command[None]):
    """Give a claimed log-out back. Result: None.

    Args:
        due_at: when the client is told again (milliseconds); None when the session goes on.
        attempts: how often the client was told so far.
    """

    logout: Logout
    due_at: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class SettleLogout(Command[None]):
    """Remove a claimed log-out. Result: None."""

    logout: Logout
