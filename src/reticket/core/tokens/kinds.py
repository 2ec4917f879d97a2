"""The properties of a kind of token: a dialect declares them, and the mint follows them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from reticket.core.model import NOTHING, Asked, Family, Holder, Place
from reticket.core.people import Application, Client, Guest, User
from reticket.core.policy import Policy
from reticket.core.realms import Realms
from reticket.core.tokens.faces import to_text


class Facts(NamedTuple):
    """The facts that claims are made from.

    Args:
        issued_at / expires_at: of the token that the claims are for, milliseconds.
        asked: what the request wants of this answer only.
    """

    family: Family
    holder: Holder
    context: str | None
    issued_at: int
    expires_at: int
    asked: Asked = NOTHING


ES256 = "ES256"
"""The algorithm of access tokens that other servers can check, whatever the setting says."""

ClaimsOf = Callable[[Facts], Mapping[str, object]]


IdClaimsOf = Callable[[Facts], Mapping[str, object] | None]
AlgorithmOf = Callable[[Facts], str | None]
Accepts = Callable[[Mapping[str, Any]], bool]
AskedAlgorithm = Callable[[Asked], str | None]


def joined(first: ClaimsOf | None, second: ClaimsOf) -> ClaimsOf:
    """The claims of both; of two with one name, the second one's is taken."""
    if first is None:
        return second
    return lambda facts: {**first(facts), **second(facts)}


def issued_by(issuer: str) -> ClaimsOf:
    """The claim that lets others check a token (RFC 9068 §2.2)."""
    return lambda _: {"iss": issuer}


def with_claims(kind: TokenKind, claims: ClaimsOf) -> TokenKind:
    """The kind, with more claims in its access tokens."""
    return replace(kind, access_claims=joined(kind.access_claims, claims))


def with_told(kind: TokenKind) -> TokenKind:
    """The kind, whose access tokens have what introspection tells of their holder."""
    return with_claims(kind, kind.told) if kind.told else kind


def checked_by_others(kind: TokenKind, issuer: str) -> TokenKind:
    """The kind, whose access tokens other servers can check: signed, with their issuer."""
    signed = with_claims(kind, issued_by(issuer))
    return replace(signed, symmetric=False, algorithm=ES256)


@dataclass(frozen=True, slots=True)
class Advice:
    """A warning for policies that the clients of a kind cannot use: `member` at or below `least`
    seconds.
    """

    member: str
    least: int
    sentence: str

    def applies_to(self, policy: Policy) -> bool:
        """Whether the warning applies to a policy."""
        seconds: int = getattr(policy, self.member)
        return seconds <= self.least


@dataclass(frozen=True, slots=True)
class TokenKind:
    """A kind of token of a dialect: `oauth.user`. Its name is the audience of its access tokens.

    Args:
        name: `<dialect>.<kind>`.
        policy: its default policy.
        subjects: the type of its subjects.
        accepts: whether verified claims are those of an access token of this kind; None
            requires its name as the audience.
        id_claims: members of the ID token that is issued with a pair, or None for no ID token.
        id_algorithm: the signature algorithm of that ID token; None is that of the service.
        symmetric: whether access tokens are HS256 under a key of this kind only, instead of being
            signed by the ring's signing key.
        algorithm: the signature algorithm of access tokens that are not symmetric; None for that of
            the setting.
        asked_algorithm: the same by what the request wants of this answer only, or None.
        access_claims: more members of the access token. The mint makes aud, sub, iat, exp, jti, cv,
            sid and tid. Of these two may be replaced: `aud`, which is the kind's name, and `sub`,
            which is the subject's id. The id is then in `uid`.
        refresh_claims: members of a refresh token in JWT format (HS256, no `kid`) beyond exp, sid,
            gen, ims and tid. None makes it opaque, `rtk_…`.
        old_form: whether a refresh token in JWT format is good at the system too from which its
            person's sessions are adopted (ADR 0027).
        advice: for `doctor`.
        rests_on_credentials: whether an access token contains the version of its subject's password
            or secret, and so becomes invalid here when that changes.
        registers_clients: whether the clients of its families are clients of the directory. A
            family begins only while its client is there and not blocked.
        outlives_block: whether its families are only refused while a person is blocked, and go on
            when the person is let in again.
        place: what its families belong to; a user who leaves such a place loses those families.
        realms: the realms of its people; None admits those of the usual realm alone.
        part: the dialect that must know the person; None asks for nothing.
        told: what introspection tells of the holder beside the claims, under the dialect's names.
        serves: whether its dialect still gives tokens to a family; None for yes.
        is_inspected: whether a client can be registered to inspect its tokens.
    """

    name: str
    policy: Policy
    subjects: type[User] | type[Application] | type[Client] | type[Guest] = User
    symmetric: bool = False
    algorithm: str | None = None
    asked_algorithm: AskedAlgorithm | None = None
    access_claims: ClaimsOf | None = None
    refresh_claims: ClaimsOf | None = None
    old_form: bool = False
    advice: tuple[Advice, ...] = ()
    accepts: Accepts | None = None
    id_claims: IdClaimsOf | None = None
    id_algorithm: AlgorithmOf | None = None
    rests_on_credentials: bool = True
    registers_clients: bool = True
    outlives_block: bool = False
    place: Place | None = None
    realms: Realms | None = None
    part: str | None = None
    told: ClaimsOf | None = None
    serves: Callable[[Family], bool] | None = None
    is_inspected: bool = True

    def algorithm_for(self, asked: Asked) -> str | None:
        """The signature algorithm of an access token; None is that of the setting."""
        chosen = self.asked_algorithm(asked) if self.asked_algorithm else None
        return chosen or self.algorithm


def at_hash(access: str, algorithm: str) -> str:
    """The left half of the hash of an access token (OpenID Connect Core §3.1.3.6). Ed25519 hashes
    with SHA-512 (RFC 8032 §5.1).
    """
    hashed = hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256
    digest = hashed(access.encode()).digest()
    return to_text(digest[: len(digest) // 2])


@lru_cache(1000)
def in_order(asked: Asked) -> str:
    """One text for what a request wants, in whatever order it says it."""
    return f"|{sorted(asked)}"
