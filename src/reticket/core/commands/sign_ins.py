"""Commands that check who somebody is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reticket.core.commands.command import Command
from reticket.core.commands.others import PutIfAbsent
from reticket.core.people import Application, Client, User


def keeps_nothing(user: User) -> Sequence[PutIfAbsent]:
    """What is kept where nothing follows a second factor that could fail."""
    return ()


class FactorRule(StrEnum):
    """What a right password is worth when its person has a second factor."""

    REFUSE = "refuse"
    """Nothing: the dialect cannot ask for the factor."""
    IGNORE = "ignore"
    """A sign-in by password alone: the operator allows it for a dialect that cannot ask."""
    ASK = "ask"
    """The first half of a sign-in: the dialect asks for the factor next."""


@dataclass(frozen=True, slots=True)
class SignIn(Command[User]):
    """Check a user's password. Result: `User`. INVALID_CREDENTIALS, SUBJECT_DISABLED (after the
    right password only), SUBJECT_INACTIVE, TOO_MANY_ATTEMPTS.

    Args:
        resource: for the audit log.
        factor: how a person with a second factor is treated; a dialect that says nothing
            signs nobody in past the factor.
        admits: whether the dialect knows this user at all; one that it does not is refused
            as an unknown user is.
    """

    resource: str
    email: str
    password: str = field(repr=False)
    admits: Callable[[User], bool] = field(default=lambda user: True, repr=False)
    factor: FactorRule = FactorRule.REFUSE


@dataclass(frozen=True, slots=True)
class SignInApplication(Command[Application]):
    """Check an application's secret. Result: `Application`. INVALID_CREDENTIALS."""

    resource: str
    application_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInClient(Command[Client]):
    """Check a client's secret. Result: `Client`. INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS."""

    resource: str
    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenFactorSession(Command[str]):
    """Begin a second factor for a user whose password was right. Result: the session id, str."""

    resource: str
    user: User
    lifetime: int


@dataclass(frozen=True, slots=True)
class SecondFactor(Command[User]):
    """Finish it with a one-time password. Result: `User`. NOT_FOUND (no such session here),
    INVALID_CREDENTIALS (wrong code; may be tried again five times).

    Args:
        keeps: what is kept for that user before the code is spent, so that no store that fails
            costs a code. It is worth nothing unless this succeeds: let nobody know its keys.
    """

    resource: str
    session_id: str = field(repr=False)
    otp: str = field(repr=False)
    keeps: Callable[[User], Sequence[PutIfAbsent]] = field(default=keeps_nothing, repr=False)
