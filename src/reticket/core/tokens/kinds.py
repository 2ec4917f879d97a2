"""What the tokens of one kind look like: a dialect declares it, the mint obeys it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from reticket.core.model import NOTHING, Asked, Family, Holder
from reticket.core.people import Application, Client, User
from reticket.core.policy import Policy


class Facts(NamedTuple):
    """What claims may be made from.

    Args:
        issued_at / expires_at: of the token that the claims are for, milliseconds.
        asked: what the request wants of this answer alone.
    """

    family: Family
    holder: Holder
    context: str | None
    issued_at: int
    expires_at: int
    asked: Asked = NOTHING


ClaimsOf = Callable[[Facts], Mapping[str, object]]


IdClaimsOf = Callable[[Facts], Mapping[str, object] | None]
Accepts = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the clients of a kind cannot bear: a policy's `member` at or below `least` seconds."""

    member: str
    least: int
    sentence: str

    def applies_to(self, policy: Policy) -> bool:
        """Whether a policy has the fault that the sentence tells."""
        seconds: int = getattr(policy, self.member)
        return seconds <= self.least


class Place(StrEnum):
    """What the contexts of families are the ids of."""

    TENANT = "tenant"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class TokenKind:
    """A kind of token of a dialect: `oauth.user`. Its name is the audience of its access tokens.

    Args:
        name: `<dialect>.<kind>`.
        policy: its default policy.
        subjects: whose tokens these are.
        accepts: whether verified claims are those of an access token of this kind; None
            wants its name for audience.
        id_claims: members of the ID token that goes with a pair, or None for no such token.
        symmetric: access tokens are HS256 under a key of this kind alone, instead of a
            signature by the ring's signing key.
        access_claims: members of the access token beyond aud, sub, iat, exp, jti, cv, sid and
            tid;
            a `sub` among them replaces the subject's id, which then travels as `uid`, and an
            `aud` the kind's name.
        refresh_claims: members of a refresh token with the JWT face (HS256, no `kid`) beyond exp,
            sid, gen, ims and tid; None gives it the opaque face, `rtk_…`.
        advice: for `doctor`.
        rests_on_credentials: whether an access token says the version of its subject's password or
            secret, and so ends for us when that changes.
        place: in which its families live; whoever leaves such a place loses those families.
    """

    name: str
    policy: Policy
    subjects: type[User] | type[Application] | type[Client] = User
    symmetric: bool = False
    access_claims: ClaimsOf | None = None
    refresh_claims: ClaimsOf | None = None
    advice: tuple[Advice, ...] = ()
    accepts: Accepts | None = None
    id_claims: IdClaimsOf | None = None
    rests_on_credentials: bool = True
    place: Place | None = None
