"""Commands that begin, refresh, end and find families, and read their tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reticket.core.commands.command import Command
from reticket.core.model import (
    NOTHING,
    AccessToken,
    Asked,
    Family,
    Holder,
    Issued,
    Place,
    RefreshToken,
    Selection,
    TokenDescription,
)
from reticket.core.policy import Policy
from reticket.core.ports import Page

Check = Callable[[Family, int], None]


@dataclass(frozen=True, slots=True)
class BeginSession(Command[Issued]):
    """Start a family for an authenticated subject. Result: `Issued`. INVALID_CREDENTIALS when the
    subject was disabled, deleted or given new credentials meanwhile.

    Args:
        client / scope / terms: stored in the family, see `core.model.Family`.
        policy: of this family; None takes the policy of the token kind.
        family: its id if chosen before, a UUIDv7 of the sign-in; None makes one.
        asked: options of this answer alone.
        is_sign_in: whether the person signs in now; the time of the last sign-in is kept then.
    """

    resource: str
    holder: Holder
    context: str | None = None
    client: str | None = None
    scope: str | None = None
    terms: str | None = None
    policy: Policy | None = None
    family: bytes | None = None
    asked: Asked = NOTHING
    is_sign_in: bool = True


@dataclass(frozen=True, slots=True)
class Refresh(Command[Issued]):
    """Exchange a refresh token. Result: `Issued`. INVALID_TOKEN; ACCESS_DENIED when the subject is
    not entitled to that context, or is in none of the groups. Then the token is not spent.

    Args:
        context: the tenant or account to switch to; None keeps the presented token's.
        subject: the only subject whose token is accepted, when the caller is an authenticated one.
        place / part: of the subject, as in `core.entitlement`.
        groups: the subject must be in one of them at this moment; None asks for nothing.
        check: raises a Refusal when this request does not fit the row, at the store's time in
            milliseconds. A pure function, called before the decision; the token is not spent then.
        fits: the same, called after the token was found valid. For refusals that the holder of an
            invalid token must not see.
        policy: of this family; None takes the policy of the token kind.
        asked: options of this answer alone.
    """

    resource: str
    token: str = field(repr=False)
    context: str | None = None
    subject: str | None = None
    place: Place | None = None
    part: str | None = None
    groups: Collection[str] | None = None
    check: Check | None = field(default=None, repr=False)
    fits: Check | None = field(default=None, repr=False)
    policy: Policy | None = None
    asked: Asked = NOTHING


@dataclass(frozen=True, slots=True)
class DryRunRefresh(Command[tuple[RefreshToken, Family]]):
    """Check whether a refresh would succeed, and change nothing. Result: `tuple[RefreshToken,
    Family]`: the content of the token, and the row as it is. Raises what the refresh would raise.
    """

    refresh: Refresh


@dataclass(frozen=True, slots=True)
class EndSession(Command[Family]):
    """Sign out: end the family of a refresh token of any generation. Result: `Family`.
    INVALID_TOKEN with its cause.

    Args:
        check / policy: as in `Refresh`.
    """

    resource: str
    token: str = field(repr=False)
    check: Check | None = field(default=None, repr=False)
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class ExchangeToken(Command[Issued]):
    """Issue another access token for a live family; its refresh token stays as it is. The audit log
    records a switch. Result: `Issued` without a refresh token. INVALID_TOKEN, ACCESS_DENIED.

    Args:
        context / place / part / groups / check / policy / asked: as in `Refresh`.
        latest: the latest end of the token, in milliseconds; None leaves it to the policy.
        detail: of its audit events, also of a refusal.
    """

    resource: str
    family: bytes
    context: str | None = None
    place: Place | None = None
    part: str | None = None
    groups: Collection[str] | None = None
    check: Check | None = field(default=None, repr=False)
    policy: Policy | None = None
    asked: Asked = NOTHING
    latest: int | None = None
    detail: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class IssueAccess(Command[Issued]):
    """Issue an access token for an authenticated subject, without a session: no row is stored.
    Result: `Issued` without a refresh token; its family exists in this answer only.
    """

    resource: str
    holder: Holder
    scope: str | None = None
    policy: Policy | None = None
    asked: Asked = NOTHING


@dataclass(frozen=True, slots=True)
class ReadRefresh(Command[RefreshToken]):
    """Read a refresh token, without I/O for one of ours. One of another system is adopted. Result:
    `RefreshToken`. INVALID_TOKEN.
    """

    resource: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadIdentity(Command[Mapping[str, Any]]):
    """Read an ID token of this service, expired or not, while its key is in the ring; no I/O.
    Result: its claims, a mapping. INVALID_TOKEN.
    """

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadAccess(Command[tuple[AccessToken, Holder]]):
    """Verify an access token of one of these token kinds and look up its subject.
    Result: `tuple[AccessToken, Holder]`. INVALID_ACCESS_TOKEN. `InspectAccess` also checks whether
    its family is live.
    """

    resources: tuple[str, ...]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InspectAccess(Command[tuple[AccessToken, Holder, Family | None]]):
    """Verify an access token and check in one store call that it is still valid. Its subject must
    exist, its family must be live, and it was not made void. Result: `tuple[AccessToken, Holder,
    Family | None]`, without a row for a token without a family. INVALID_ACCESS_TOKEN with its
    cause.

    Args:
        void: the key of the `PutIfAbsent` entry that exists once the token is void.
    """

    resources: tuple[str, ...]
    token: str = field(repr=False)
    void: Callable[[AccessToken], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DescribeToken(Command[TokenDescription]):
    """Verify a token of one of these token kinds, as `InspectAccess` does an access token and
    `DryRunRefresh` a refresh token, and describe it. Result: `TokenDescription`. Kinds that this
    service does not have, or that nobody may inspect, are left out. INVALID_ACCESS_TOKEN and
    INVALID_TOKEN with their cause; ACCESS_DENIED for a holder who has lost the tenant or the part.

    Args:
        void: as in `InspectAccess`.
    """

    resources: tuple[str, ...]
    token: str = field(repr=False)
    void: Callable[[AccessToken], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindSession(Command[tuple[Family | None, int]]):
    """Find a row, ended or not. Result: `tuple[Family | None, int]`: row and the store's time."""

    family: bytes


@dataclass(frozen=True, slots=True)
class ListSessions(Command[Page]):
    """List sessions in the order of their ids. Result: `Page`.

    Args:
        limit: how many at most.
        after: the cursor of the previous page.
    """

    selection: Selection
    limit: int
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class EndSessions(Command[Sequence[Family]]):
    """End all selected sessions, as durably as the engine can. Result: those that this ended."""

    selection: Selection
    cause: str
