"""Commands with which people sign up in a realm of a dialect, and get another password."""

from __future__ import annotations

from dataclasses import dataclass, field

from reticket.core.commands.command import Command
from reticket.core.commands.sign_ins import FactorRule
from reticket.core.people import NewPerson, User
from reticket.core.realms import SignInName
from reticket.core.storage.budget import Owner

SIGN_UPS = 20
"""People whom one network signs up in an hour, unless a dialect says another number."""

RESET_LIFETIME = 1800
"""Seconds of a reset code."""

RESETS = 30
"""Reset codes for which one network asks in an hour, unless a dialect says another number."""


@dataclass(frozen=True, slots=True)
class SignUp(Command[User]):
    """Create a person in a realm of a dialect. Result: `User`. INVALID_PARAMETER with `parameter`,
    and with the cause NAME_TAKEN for a name that another person there has; TOO_MANY_ATTEMPTS.

    Args:
        resource: for the audit log.
        password: at least 8 characters, and none of the names.
        most: people in an hour of the owner.
        owner: who has authenticated, as `of_client(application)`; None is the caller's network.
        through: as in `SignIn`.
    """

    resource: str
    realm: str
    person: NewPerson
    password: str = field(repr=False)
    most: int = SIGN_UPS
    owner: Owner | None = None
    through: Owner | None = None


@dataclass(frozen=True, slots=True)
class ChangePassword(Command[User]):
    """Replace a password, after a check of the old one with the limits of a sign-in. All sessions
    of the person have ended when it returns. Result: `User`. INVALID_PARAMETER for the new
    password; the refusals of `SignIn` for the old one.

    Args:
        factor / through: as in `SignIn`.
    """

    resource: str
    user: User
    old: str = field(repr=False)
    new: str = field(repr=False)
    factor: FactorRule = FactorRule.IGNORE
    through: Owner | None = None


@dataclass(frozen=True, slots=True)
class SetPassword(Command[User]):
    """Replace a password without the old one, for a caller who may do so. All sessions of the
    person have ended when it returns. Result: `User`. INVALID_PARAMETER.
    """

    resource: str
    user: User
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResetCode:
    """A new reset code, and the person whom it must reach: nobody else may see it."""

    user: User
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssueResetCode(Command[ResetCode | None]):
    """Make a code with which a person can set a new password once, within 30 minutes. A newer one
    replaces it. Result: `ResetCode | None`; None for an unknown or blocked person, and after five
    codes in an hour. Answer both alike. TOO_MANY_ATTEMPTS.

    Args:
        most: codes in an hour of the owner.
        owner: as in `SignUp`.
    """

    resource: str
    name: SignInName
    most: int = RESETS
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class RedeemResetCode(Command[User]):
    """Set a new password with a reset code. Wrong codes are limited for each account; the right one
    is never refused. All sessions of the person have ended when it returns. Result: `User`.
    INVALID_PARAMETER for the password, INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS.

    Args:
        through: as in `SignIn`.
    """

    resource: str
    name: SignInName
    code: str = field(repr=False)
    password: str = field(repr=False)
    through: Owner | None = None
