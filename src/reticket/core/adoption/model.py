"""The records of an adoption, and what a token of another system says.

Times are milliseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from reticket.core.identifiers import family_id
from reticket.core.model import RefreshToken
from reticket.core.policy import Policy
from reticket.core.sessions.rotation import FIRST

_COSTS = {"ES384": 2, "ES512": 5}
"""What a check of a signature costs, in fourths of a millisecond; of all others at most one."""


class Mode(StrEnum):
    """What an absent row means."""

    LIVING = "living"
    """No session: all living ones were imported."""

    REVOKED = "revoked"
    """A session that has not come yet: all ended ones were imported, as revoked rows."""

    UNREVOKED = "unrevoked"
    """The same, though no ended ones were imported. An operator has accepted it."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an operator has said about the sessions of another system.

    Args:
        name: unique; never used again.
        system: the name of the system, as `foreign_ids` has it.
        kind: the token kind of its sessions here.
        client: the client of all its sessions, or None.
        reader: how its tokens are read: the name of a digest, or of a system whose JWTs are known.
        algorithm: of the JWTs; None for opaque tokens.
        issuer: the `iss` that its JWTs must have, or None.
        options: more about its JWTs, by the reader's names.
        since: when it began. Every process derives the ids of its sessions from it.
        until: no token of the system is accepted from then on.
        mode: what an absent row means.
        removed_at: when an operator ended it early, or None.
        secret: 32 random bytes; ids are derived with it. Without it nobody can look for a text that
            has the id of a session.
        key: what verifies its JWTs, or opaque tokens that it signs; else empty.
        salts: more secrets of the other system, by the reader's names.
    """

    name: str
    system: str
    kind: str
    client: str | None
    reader: str
    algorithm: str | None
    issuer: str | None
    options: Mapping[str, str]
    since: int
    until: int
    mode: Mode
    removed_at: int | None = None
    secret: bytes = field(default=b"", repr=False)
    key: str = field(default="", repr=False)
    salts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def is_active(self, now: int) -> bool:
        """Whether tokens are accepted at that time."""
        return self.removed_at is None and now < self.until

    @property
    def cost(self) -> int:
        """What it costs to find that a token is forged, in fourths of a millisecond."""
        return _COSTS.get(self.algorithm or "", 1)

    def session_of(self, identity: str) -> bytes:
        """The id of the family here: a UUIDv7 of the beginning of the adoption. Stores find its
        partition by that time.
        """
        digest = hmac.digest(self.secret, identity.encode("utf-8", "surrogatepass"), "sha256")
        return family_id(self.since, lambda size: digest[:size])


class Stated(NamedTuple):
    """What a verified JWT of another system says.

    Args:
        subject: the person's id in that system.
        email: the person's address, where an operator wants people to be found by it.
        state: what must be equal to the state that was imported with the person, or None.
        issued_at / expires_at: its times. The first is 0 where it does not say it.
        client / scope: as in `Family`.
    """

    subject: str
    email: str | None
    state: str | None
    issued_at: int
    expires_at: int
    client: str | None
    scope: str | None


class PersonThere(NamedTuple):
    """A person in another system, from which the person was imported.

    Args:
        foreign_id: the id there.
        state: what the sessions there must agree with, or None.
    """

    foreign_id: str
    state: str | None


class ForeignToken(NamedTuple):
    """A token that may be one of another system.

    Args:
        family: the id of its family here.
        stated: None for an opaque token, which says nothing.
    """

    adoption: Adoption
    family: bytes
    stated: Stated | None = None

    def read(self, context: str | None, imported_end: int | None) -> RefreshToken:
        """The content, as the rule judges it: the first token of its family.

        Args:
            context: of its row, or None without one.
            imported_end: the stated end of the token, as it was imported; None where the token
                states it.
        """
        until = self.adoption.until
        if self.stated is not None:
            ends = min(self.stated.expires_at, until)
            issued_at = self.stated.issued_at or self.adoption.since
            return RefreshToken(self.family, FIRST, context, issued_at, ends)
        ends = min(until if imported_end is None else imported_end, until)
        return RefreshToken(self.family, FIRST, context, self.adoption.since, ends)


class Opened(NamedTuple):
    """The content of a token of another system, and the name of that system."""

    token: RefreshToken
    system: str


class Granted(NamedTuple):
    """What a session that is adopted may do here."""

    policy: Policy
    scope: str | None
    terms: str | None


class NotedEnd(NamedTuple):
    """An end that was asked for while a session had no row yet."""

    cause: str
