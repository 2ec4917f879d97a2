"""Sign-ins that an old back end decides while its people move in (ADR 0028).

Owns what an old back end may say. Knows no way in which it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple, Protocol, Self, TypeAlias

from reticket.core.errors import Cause
from reticket.core.fetching.model import Fetched, FetchFault, FetchRequest, Unfetched
from reticket.core.people import NewPerson
from reticket.core.realms import SignInName
from reticket.core.texts import has_hidden, has_surrogate, without_joiners

LONGEST_NAME = 255
"""Characters of a name. A longer one is not kept."""

_DOWN = frozenset({
    FetchFault.NO_ADDRESS, FetchFault.REFUSED_ADDRESS, FetchFault.UNREACHABLE,
    FetchFault.BAD_CERTIFICATE, FetchFault.TIMED_OUT,
})  # fmt: skip
"""Faults of a server that cannot be reached."""

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The password is right. Only these names are taken from an answer: no role, no membership.

    Args:
        email: whose password it is, as the old back end says.
    """

    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    nickname: str | None = field(default=None, repr=False)


class Denied(NamedTuple):
    """The old back end lets nobody in with that password. The cause is for the audit log."""

    cause: Cause


class NoAnswer(NamedTuple):
    """Nothing was decided. The reason is a word for the audit log.

    Args:
        is_down: whether the server fails whoever is asked about. Any other answer may be that of
            one account.
    """

    reason: str
    is_down: bool = False

    @classmethod
    def of(cls, failed: Unfetched) -> Self:
        """For a request that got no answer, or a bad one."""
        is_down = failed.fault in _DOWN or (failed.status or 0) >= 500
        return cls(failed.fault, is_down)


Answer: TypeAlias = Confirmed | Denied | NoAnswer

AskOldBackEnd: TypeAlias = Callable[[str, str], Answer]
"""The port: asks whose a name and a password are. It blocks, for some seconds at most."""


@dataclass(frozen=True, slots=True)
class OldServer:
    """A server of the vendor's own.

    Args:
        url: without a slash at its end.
        secret: what the file of the setting `secret_file` has, or None.
    """

    url: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OldSignIn:
    """How a dialect asks such a server whose a password is.

    Args:
        ask: yields requests, is sent their answers, and returns what they mean. An answer that
            cannot be read raises.
        url: an example of the server's address.
        requests: that it sends at most.
        secret: what the file of the setting `secret_file` must have; empty for nothing.
    """

    ask: Callable[[OldServer, str, str], Generator[FetchRequest, Fetched, Answer]]
    url: str
    requests: int = 1
    secret: str = ""


class HandedOverPeople(Protocol):
    """The part of the directory that keeps people whom an old back end has confirmed. Any of it may
    raise Unavailable.
    """

    def is_unused(self, name: SignInName) -> bool:
        """Whether the name is an e-mail address of the usual realm that nobody has here, and nobody
        had until they were deleted or renamed.
        """

    def keep_person(self, person: NewPerson, secret_hash: str) -> bool:
        """Create a person of the usual realm, if the name is still unused."""

    def keep_password(self, user_id: str, secret_hash: str) -> bool:
        """Give a password to a person who has none, if that is still so."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How the sign-ins of one dialect are handed over.

    Args:
        way: a word for the audit log, such as `webhook`.
        ask: asks the old back end.
        keeps_unknown: whether people are kept whom the directory does not have yet.
        parts: what dialects keep of such a person, by the keys of their parts.
        failures: of the old back end in a row, after which it is not asked for a while.
        pause: seconds of that while.
    """

    way: str
    ask: AskOldBackEnd
    keeps_unknown: bool
    parts: Callable[[Confirmed], Mapping[str, object]]
    failures: int
    pause: float


def ascii_lower(email: str) -> str:
    """The address with ASCII letters in lower case, and nothing else changed. Folding maps more:
    two addresses with one folding may be two people of an old back end.
    """
    return email.translate(_LOWER)


def text_or_none(value: object) -> str | None:
    """A name of an answer: None for anything but a text that a directory may keep."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_NAME:
        return None
    is_unfit = has_hidden(without_joiners(value)) or has_surrogate(value)
    return None if is_unfit else value.strip()
