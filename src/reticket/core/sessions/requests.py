"""What waits in a batch for the store: who asked for it, and what its answer is made by."""

from __future__ import annotations

from typing import NamedTuple

from reticket.core.commands import BeginSession
from reticket.core.model import Asked, Caller
from reticket.core.policy import Policy
from reticket.core.ports import Step
from reticket.core.sessions.steps import StepOutcome
from reticket.core.tokens.kinds import TokenKind


class StepRequest(NamedTuple):
    """A step on its way to the store, with who asked for it."""

    step: Step[StepOutcome]
    family: bytes
    resource: str
    caller: Caller


class PairRequest(NamedTuple):
    """A turn that is to bring a pair, and what the pair is made by."""

    turn: StepRequest
    resource: TokenKind
    policy: Policy
    asked: Asked


class NewSession(NamedTuple):
    """A family on its way to the store."""

    command: BeginSession
    policy: Policy
    previous_sign_in: int | None
    caller: Caller
