"""The stored row of a session, the content of a refresh token, and the content of an answer.

Times are integers: milliseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from reticket.core.people import Application, Client, Guest, User


class Outcome(StrEnum):
    """The results of `decide` (ADR 0001). The first four refuse; the last is for no decision."""

    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REUSED = "reused"
    KEPT = "kept"
    HEALED = "healed"
    ADVANCED = "advanced"
    REPLAYED = "replayed"
    REISSUED = "reissued"
    TOLERATED = "tolerated"
    DERIVED = "derived"


REFUSING = frozenset({Outcome.UNKNOWN, Outcome.REVOKED, Outcome.EXPIRED, Outcome.REUSED})


class Family(NamedTuple):
    """One sign-in, from issue to end: one stored row for its whole life.

    Args:
        id: 16 bytes, a UUIDv7.
        resource: which resource of which dialect, as `oauth.user`.
        subject: id of the user or application that signed in.
        client: OAuth client id, or None.
        context: tenant or account of the newest token; for lists only.
        scope: granted scope, space-separated, or None.
        policy: name of the policy that it began under.
        ends_at: absolute end.
        expires_at: the latest end that a refresh token of this family was ever given.
        generation: the newest issued.
        parent: the generation whose presentation issued the present children.
        floor: the children are `floor < g <= generation`.
        open_from: the oldest generation that the window forgives.
        rotated_at: when `generation` was issued; never goes back.
        previous_sign_in: the subject's sign-in before this one, or None.
        device: what the caller called itself, at most 200 characters, or None.
        revoked_at: None while it lives.
        revoked_cause: `reuse`, `sign_out`, `operator`, …; None while it lives.
        terms: what was granted beyond the scope, as the dialect wrote it, or None; never changes.
    """

    id: bytes
    resource: str
    subject: str
    client: str | None
    context: str | None
    scope: str | None
    policy: str
    ends_at: int
    expires_at: int
    generation: int
    parent: int
    floor: int
    open_from: int
    rotated_at: int
    previous_sign_in: int | None = None
    device: str | None = None
    revoked_at: int | None = None
    revoked_cause: str | None = None
    terms: str | None = None

    @property
    def created_at(self) -> int:
        """The time of the sign-in, read from the UUIDv7 (RFC 9562 §5.7)."""
        return int.from_bytes(self.id[:6], "big")


class RefreshToken(NamedTuple):
    """The content of a refresh token, protected by its MAC.

    Args:
        family: 16 bytes.
        generation: counts from 1.
        context: tenant or account that it is for, or None.
        issued_at: the time of its rotation.
        expires_at: its end as stated at issue; None in an opaque token of an older version without
            it.
    """

    family: bytes
    generation: int
    context: str | None
    issued_at: int
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The families that a revocation or a listing selects. None matches any; all members must
    match.

    Args:
        live_at: only families that are neither revoked nor past an end at that time.
    """

    family: bytes | None = None
    subject: str | None = None
    resource: str | None = None
    context: str | None = None
    client: str | None = None
    live_at: int | None = None


class Place(StrEnum):
    """What the context of a family is an id of."""

    TENANT = "tenant"
    ACCOUNT = "account"


Holder = User | Application | Client | Guest

Asked = tuple[tuple[str, str], ...]
"""What one request wants of its answer only, as names and values: a narrower scope, one
audience.
"""

NOTHING: Asked = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """A new pair of tokens, with what a dialect needs for its response.

    `refresh_token` is empty without a session, and for a token that does not rotate.

    Args:
        outcome: how it was issued; ADVANCED for a sign-in.
        family: the row after.
        holder: the subject's record.
        context: what the pair is for.
        issued_at: the time of issue in the response.
        access_expires_at / refresh_expires_at: ends of the two tokens in whole seconds, as in the
            tokens.
        id_token: made from the kind's `id_claims`, or None.
    """

    outcome: Outcome
    family: Family
    holder: Holder
    context: str | None
    issued_at: int
    access_expires_at: int
    refresh_expires_at: int
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str | None = field(default=None, repr=False)


class AccessToken(NamedTuple):
    """A verified access token.

    Args:
        resource: whose key and audience it passed.
        subject: id of the user, application or client.
        family: 16 bytes; none for a token that belongs to no session.
        context: tenant or account, or None.
        expires_at: its end.
        claims: the verified claims.
        credential_version: of its subject when it was issued; None where it does not say.
    """

    resource: str
    subject: str
    family: bytes
    context: str | None
    expires_at: int
    claims: Mapping[str, object]
    credential_version: int | None = None

    def __repr__(self) -> str:
        """Without the claims, which a person may not want in a log."""
        return f"AccessToken(resource={self.resource!r}, subject={self.subject!r})"


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """What a valid token of any dialect stands for.

    Args:
        resource: its kind.
        is_access: whether it is an access token; otherwise it is a refresh token.
        holder: its subject.
        family: its row; None for an access token without a session.
        members: its claims, those of the next access token for a refresh token, and what its
            dialect tells of the holder.
    """

    resource: str
    is_access: bool
    holder: Holder
    family: Family | None
    members: Mapping[str, object] = field(repr=False)


class Caller(NamedTuple):
    """The caller, for limits, lists and the audit log.

    Args:
        address: IP address as text, with `trusted_proxies` already applied.
        correlation_id: 32 lower-case hex digits.
        device: the User-Agent, at most 200 characters, or None.
    """

    address: str
    correlation_id: str
    device: str | None = None
