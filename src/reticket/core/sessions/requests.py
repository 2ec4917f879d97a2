"""Requests that wait in a batch for the store."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, TypeVar

from reticket.core.commands import BeginSession
from reticket.core.model import Caller
from reticket.core.policy import Policy
from reticket.core.sessions.steps import ExchangeStep, RefreshStep, SignOutStep

PairStep: TypeAlias = RefreshStep | ExchangeStep
"""A step whose answer is tokens."""

SessionStep: TypeAlias = PairStep | SignOutStep

S = TypeVar("S")
Placed: TypeAlias = tuple[bytes, S]
"""A step with the id of its family before it, as a store takes it."""


class NewSession(NamedTuple):
    """A family to be inserted into the store."""

    command: BeginSession
    policy: Policy
    previous_sign_in: int | None
    caller: Caller
