"""Commands that authenticate users, applications and clients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reticket.core.commands.command import Command
from reticket.core.commands.others import PutIfAbsent
from reticket.core.people import Application, Client, User
from reticket.core.realms import USUAL, SignInName
from reticket.core.storage.budget import Owner


def keeps_nothing(user: User) -> Sequence[PutIfAbsent]:
    """The default of `SecondFactor.keeps`: no entry."""
    return ()


class FactorRule(StrEnum):
    """What a correct password allows when the user has a second factor."""

    REFUSE = "refuse"
    """Nothing: the dialect cannot ask for the factor, so the sign-in is refused."""
    IGNORE = "ignore"
    """A sign-in by password alone, when the operator allows it for a dialect that cannot ask."""
    ASK = "ask"
    """The first half of a sign-in: the dialect asks for the factor next."""


@dataclass(frozen=True, slots=True)
class SignIn(Command[User]):
    """Check a user's password. Result: `User`. INVALID_CREDENTIALS, SUBJECT_DISABLED (after the
    correct password only), SUBJECT_INACTIVE, TOO_MANY_ATTEMPTS.

    Args:
        resource: for the audit log.
        email: the e-mail address; in a realm of a dialect it may be a user name.
        part: the dialect that must know the user, as in `core.entitlement`; other users are refused
            like unknown ones.
        factor: the rule for users with a second factor; the default refuses them.
        realm: in which the name is looked up. People of another one are unknown.
        through: the program that has authenticated and sends the password of a visitor of its own,
            as `of_client(application)`. Failures then count for it, and not for the address of its
            server. None, when the caller's address is that of the person.
    """

    resource: str
    email: str
    password: str = field(repr=False)
    part: str | None = None
    factor: FactorRule = FactorRule.REFUSE
    realm: str = USUAL
    through: Owner | None = None

    @property
    def name(self) -> SignInName:
        """The name in its realm."""
        return SignInName(self.realm, self.email)


@dataclass(frozen=True, slots=True)
class SignInApplication(Command[Application]):
    """Check an application's secret. Result: `Application`. INVALID_CREDENTIALS."""

    resource: str
    application_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInClient(Command[Client]):
    """Check a client's secret. Result: `Client`. INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS.

    Args:
        secret: as it was decoded.
        undecoded: as it was sent, where that is another text; one of both must be right. It counts
            as one attempt.
    """

    resource: str
    client_id: str
    secret: str = field(repr=False)
    undecoded: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OpenFactorSession(Command[str]):
    """Begin a second factor for a user whose password was correct. Result: the session id, str."""

    resource: str
    user: User
    lifetime: int


@dataclass(frozen=True, slots=True)
class SecondFactor(Command[User]):
    """Finish a second factor with a one-time password. Result: `User`. NOT_FOUND (no such session
    here), INVALID_CREDENTIALS (wrong code; five more attempts are allowed).

    Args:
        keeps: entries to keep for that user before the code is spent, so that a store that fails
            does not cost a code. They exist also if this fails: keep their keys secret until then.
    """

    resource: str
    session_id: str = field(repr=False)
    otp: str = field(repr=False)
    keeps: Callable[[User], Sequence[PutIfAbsent]] = field(default=keeps_nothing, repr=False)
