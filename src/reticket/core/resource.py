"""What the tokens of one resource look like: a dialect declares it, the mint obeys it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reticket.core.model import Family, Holder
from reticket.core.people import Application, User
from reticket.core.policy import Policy


class Facts(NamedTuple):
    """What claims may be made from.

    Args:
        issued_at / expires_at: of the token that the claims are for, milliseconds.
    """

    family: Family
    holder: Holder
    context: str | None
    issued_at: int
    expires_at: int


ClaimsOf = Callable[[Facts], Mapping[str, object]]


def no_claims(facts: Facts) -> Mapping[str, object]:
    """For resources whose tokens carry nothing beyond what every token does."""
    return {}


@dataclass(frozen=True, slots=True)
class Advice:
    """What this resource's clients cannot bear: a policy's `member` at or below `least` seconds."""

    member: str
    least: int
    sentence: str

    def fits(self, policy: Policy) -> bool:
        """Whether a policy has the fault that the sentence tells."""
        seconds: int = getattr(policy, self.member)
        return seconds <= self.least


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a dialect: `kibo.adminuser`. Its name is the audience of its access tokens.

    Args:
        name: `<dialect>.<resource>`.
        policy: its default policy.
        subjects: whose tokens these are.
        symmetric: access tokens are HS256 under a key of this resource alone, instead of a
            signature by the ring's signing key.
        access_claims: members of the access token beyond aud, sub, iat, exp, jti, sid and tid;
            a `sub` among them replaces the subject's id, which then travels as `uid`.
        refresh_claims: members of a refresh token with the JWT face (HS256, no `kid`);
            None gives it the opaque face, `rtk_…`.
        advice: for `doctor`.
    """

    name: str
    policy: Policy
    subjects: type[User] | type[Application] = User
    symmetric: bool = False
    access_claims: ClaimsOf = no_claims
    refresh_claims: ClaimsOf | None = None
    advice: tuple[Advice, ...] = ()
