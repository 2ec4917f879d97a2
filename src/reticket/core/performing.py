"""How a command is paired with the function that performs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

from reticket.core.commands import Command
from reticket.core.model import Caller

R = TypeVar("R")

Perform: TypeAlias = Callable[[Any, Caller], Awaitable[R]]
"""Performs a command for a caller; the command's class says its result and errors."""

Performer: TypeAlias = tuple[type[Command[Any]], Perform[Any]]


def by(command: type[Command[R]], perform: Perform[R]) -> Performer:
    """A command and the function that performs it, whose results have the same type."""
    return command, perform


def at_once(answer: Callable[[Any], R]) -> Perform[R]:
    """Performed at once on the event loop, without waiting."""

    async def perform(command: Any, caller: Caller) -> R:
        return answer(command)

    return perform
