"""What a dialect may ask of the service. A dialect yields one and is sent the result.

Each class names its result in its docstring; any of them may raise a Refusal or Unavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reticket.core.model import Holder
from reticket.core.people import User


@dataclass(frozen=True, slots=True)
class SignIn:
    """Check a user's password. Result: `User`. INVALID_CREDENTIALS, SUBJECT_DISABLED (after the
    right password only), SUBJECT_INACTIVE, TOO_MANY_ATTEMPTS.

    Args:
        resource: for the audit log.
        admits: whether the dialect knows this user at all; one that it does not is refused
            as an unknown user is.
    """

    resource: str
    email: str
    password: str = field(repr=False)
    admits: Callable[[User], bool] = field(default=lambda user: True, repr=False)


@dataclass(frozen=True, slots=True)
class SignInApplication:
    """Check an application's secret. Result: `Application`. INVALID_CREDENTIALS."""

    resource: str
    application_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenFactorSession:
    """Begin a second factor for a user whose password was right. Result: the session id, str."""

    resource: str
    user: User
    lifetime: int


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Finish it with a one-time password. Result: `User`. NOT_FOUND (no such session),
    INVALID_CREDENTIALS (wrong code; may be tried again five times).
    """

    resource: str
    session_id: str = field(repr=False)
    otp: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begin:
    """Start a family for a subject that was checked. Result: `Issued`."""

    resource: str
    holder: Holder
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Refresh:
    """Exchange a refresh token. Result: `Issued`. INVALID_TOKEN; ACCESS_DENIED when `permits`
    says no (nothing is spent then).

    Args:
        context: the tenant or account to switch to; None keeps the presented token's.
        subject: the only subject whose token is welcome, where the caller proved to be one.
        permits: whether that holder may have a pair for that context.
    """

    resource: str
    token: str = field(repr=False)
    context: str | None = None
    subject: str | None = None
    permits: Callable[[Holder, str | None], bool] = field(
        default=lambda holder, context: True, repr=False
    )


@dataclass(frozen=True, slots=True)
class End:
    """Sign out: end the family of a refresh token, by any of its generations. Result: `Family`.
    INVALID_TOKEN with its cause.
    """

    resource: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadAccess:
    """Verify an access token of one of these resources and look up its subject.
    Result: `tuple[AccessToken, Holder]`. INVALID_ACCESS_TOKEN.
    """

    resources: tuple[str, ...]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindTenant:
    """Result: `Tenant | None`."""

    tenant_id: int


@dataclass(frozen=True, slots=True)
class FindUser:
    """Look a user up by e-mail without a password. Result: `User | None`."""

    email: str


Command = (
    SignIn
    | SignInApplication
    | OpenFactorSession
    | SecondFactor
    | Begin
    | Refresh
    | End
    | ReadAccess
    | FindTenant
    | FindUser
)
