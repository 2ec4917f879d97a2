"""Requests that wait in a batch for the store, and the first row of a new session."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, TypeVar

from reticket.core.commands import BeginSession
from reticket.core.identifiers import family_id
from reticket.core.model import Caller, Family
from reticket.core.policy import SECOND, Policy
from reticket.core.ports import Entropy
from reticket.core.sessions.rotation import begun, rounded_up_to_second
from reticket.core.sessions.steps import AdoptStep, ExchangeStep, RefreshStep, SignOutStep

PairStep: TypeAlias = RefreshStep | ExchangeStep | AdoptStep
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


def first_family(start: NewSession, now: int, entropy: Entropy) -> Family:
    """The row with which a session begins; `now` is the store's time in milliseconds."""
    command, policy = start.command, start.policy
    ends_at = rounded_up_to_second(now + policy.absolute * SECOND)
    expires_at = min(ends_at, rounded_up_to_second(now + policy.refresh * SECOND))
    family = command.family or family_id(now, entropy)
    kind, subject = command.resource, command.holder.id
    return begun(family, kind, subject, policy.name, ends_at, expires_at, now)._replace(
        client=command.client,
        context=command.context,
        scope=command.scope,
        previous_sign_in=start.previous_sign_in,
        device=start.caller.device,
        terms=command.terms,
    )
