"""Commands that begin, refresh, end and look at families, and read their tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
)
from reticket.core.policy import Policy
from reticket.core.ports import Page

Check = Callable[[Family, int], None]


@dataclass(frozen=True, slots=True)
class BeginSession(Command[Issued]):
    """Start a family for a subject that was checked. Result: `Issued`. INVALID_CREDENTIALS when
    the subject has lost its standing meanwhile.

    Args:
        client / scope / terms: kept in the family, see there.
        policy: in force for this family; None takes the resource's.
        family: its id where that was chosen before, a UUIDv7 of the sign-in; None makes one.
        asked: what is wanted of this answer alone.
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


@dataclass(frozen=True, slots=True)
class Refresh(Command[Issued]):
    """Exchange a refresh token. Result: `Issued`. INVALID_TOKEN; ACCESS_DENIED when the
    subject is not entitled to that context (nothing is spent then).

    Args:
        context: the tenant or account to switch to; None keeps the presented token's.
        subject: the only subject whose token is welcome, where the caller proved to be one.
        place / part: of the subject, as in `core.entitlement`.
        check: raises a Refusal for a row and the store's time (milliseconds) that this request
            does not fit; pure, before anything is decided, and nothing is spent then.
        fits: the same once the token has proved good, for what the caller of a bad one must not
            find out.
        policy: in force for this family; None takes the resource's.
        asked: what is wanted of this answer alone.
    """

    resource: str
    token: str = field(repr=False)
    context: str | None = None
    subject: str | None = None
    place: Place | None = None
    part: str | None = None
    check: Check | None = field(default=None, repr=False)
    fits: Check | None = field(default=None, repr=False)
    policy: Policy | None = None
    asked: Asked = NOTHING


@dataclass(frozen=True, slots=True)
class DryRunRefresh(Command[tuple[RefreshToken, Family]]):
    """Find out what a refresh would be answered, and change nothing. Result: `tuple[RefreshToken,
    Family]`: what the token says, and the row as it is. Whatever that refresh would be refused.
    """

    refresh: Refresh


@dataclass(frozen=True, slots=True)
class EndSession(Command[Family]):
    """Sign out: end the family of a refresh token, by any of its generations. Result: `Family`.
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
    """Another access token for a living family, whose refresh token stays as it is; the audit log
    hears of a switch. Result: `Issued` without a refresh token. INVALID_TOKEN, ACCESS_DENIED.

    Args:
        context / place / part / check / policy / asked: as in `Refresh`.
    """

    resource: str
    family: bytes
    context: str | None = None
    place: Place | None = None
    part: str | None = None
    check: Check | None = field(default=None, repr=False)
    policy: Policy | None = None
    asked: Asked = NOTHING


@dataclass(frozen=True, slots=True)
class IssueAccess(Command[Issued]):
    """An access token for a subject that was checked, without a session: no row is kept.
    Result: `Issued` without a refresh token; its family is of this answer alone.
    """

    resource: str
    holder: Holder
    scope: str | None = None
    policy: Policy | None = None
    asked: Asked = NOTHING


@dataclass(frozen=True, slots=True)
class ReadRefresh(Command[RefreshToken]):
    """What a refresh token says; costs no I/O. Result: `RefreshToken`. INVALID_TOKEN."""

    resource: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadIdentity(Command[Mapping[str, Any]]):
    """What an ID token of ours says, ended or not, while its key is in service; costs no I/O.
    Result: its claims, a mapping. INVALID_TOKEN.
    """

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadAccess(Command[tuple[AccessToken, Holder]]):
    """Verify an access token of one of these resources and look up its subject.
    Result: `tuple[AccessToken, Holder]`. INVALID_ACCESS_TOKEN. Whether its family lives is not
    looked at: see `InspectAccess`.
    """

    resources: tuple[str, ...]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InspectAccess(Command[tuple[AccessToken, Holder]]):
    """Verify an access token and find out in one trip whether it still stands: its subject, its
    family, and that it was not made void. Result: `tuple[AccessToken, Holder]`.
    INVALID_ACCESS_TOKEN with its cause.

    Args:
        void: the key of `PutIfAbsent` under which something is kept once the token is void.
    """

    resources: tuple[str, ...]
    token: str = field(repr=False)
    void: Callable[[AccessToken], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindSession(Command[tuple[Family | None, int]]):
    """Result: `tuple[Family | None, int]`: the row, ended or not, and the store's time."""

    family: bytes


@dataclass(frozen=True, slots=True)
class ListSessions(Command[Page]):
    """Result: `Page`, in order of id.

    Args:
        limit: at most so many.
        after: the cursor of the page before.
    """

    selection: Selection
    limit: int
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class EndSessions(Command[Sequence[Family]]):
    """End all that are selected, as durably as the engine can. Result: those that this ended."""

    selection: Selection
    cause: str
