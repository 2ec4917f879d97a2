"""Checks whether an access token is valid (RFC 9068 §4) and may be used by its presenter (RFC 9449
§7).

An early revocation is known only to the token service and is not seen here.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from reticket.verify.authentication import Authentication
from reticket.verify.jose import Garbage, Signed, decoder_of, read_compact, read_members
from reticket.verify.keys import Keys, fetcher
from reticket.verify.proofs import WINDOW, InvalidProof, read_proof
from reticket.verify.rejections import BEARER, DPOP, Rejected

TYPES = frozenset({"at+jwt", "application/at+jwt"})
"""RFC 9068 §2.1."""

LEEWAY = 10
"""Seconds by which the local clock may differ from the service's."""


class Actor(msgspec.Struct, frozen=True):
    """A client that acts for the person of a token (RFC 8693 §4.1).

    Args:
        sub: its id.
        act: the client from which it got the person's token, when that one acted for the person as
            well. For information: whether a request is allowed depends on the newest client alone.
    """

    sub: str
    act: Actor | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A valid access token.

    Args:
        subject: the user's id; the client's own id when no user is involved.
        client: the client that it was issued to; empty for a token of a vendor's dialect.
        session: its session, or None.
        jkt: thumbprint of the key that it is bound to, or None.
        scopes: granted scopes.
        claims: all claims.
        act: the client that acts for the user, or None. It has exchanged a token that the user's
            own client had sent to it.
    """

    subject: str
    client: str
    scopes: frozenset[str]
    session: str | None
    jkt: str | None
    claims: Mapping[str, Any] = field(repr=False)
    act: Actor | None = None


class _Confirmation(msgspec.Struct):
    jkt: str | None = None


class _Claims(msgspec.Struct):
    """RFC 9068 §2.2."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    jti: str
    client_id: str = ""
    nbf: float = 0.0
    scope: str = ""
    sid: str | None = None
    act: Actor | None = None
    cnf: _Confirmation = msgspec.field(default_factory=_Confirmation)


_read_claims: Callable[[bytes], _Claims] = decoder_of(_Claims)


class Once:
    """Remembers the names of the last two windows, in this process. Thread-safe."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def __call__(self, name: str) -> bool:
        """Whether the name is new."""
        now, digest = self._seconds(), hashlib.sha256(name.encode()).digest()
        with self._lock:
            self._forget(now - 2 * WINDOW - 1)
            is_first = digest not in self._seen
            self._seen.setdefault(digest, now)
        return is_first

    def _forget(self, before: float) -> None:
        """Drop old names. A plain dict would take quadratic time: its first entry is searched for
        behind all deleted ones.
        """
        while self._seen and next(iter(self._seen.values())) < before:
            self._seen.popitem(last=False)


class AccessTokens:
    """The access tokens of one service for one audience. Keep one instance: it caches the keys.

    Attributes:
        issuer, audience, proofs: as given.

    Args:
        issuer: of the tokens, without a trailing slash.
        audience: this resource server's name in tokens.
        jwks_uri: the address of the keys; None for reticket's default.
        clock: seconds since 1970.
        seconds: a monotonic clock.
        first_time: whether a proof's id is new; None remembers them in this process only.
        proofs: whether tokens that are bound to a key are accepted, with a proof (RFC 9449).
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        jwks_uri: str | None = None,
        clock: Callable[[], float] = time.time,
        seconds: Callable[[], float] = time.monotonic,
        first_time: Callable[[str], bool] | None = None,
        proofs: bool = True,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self.proofs = proofs
        self._schemes = (BEARER, DPOP) if proofs else (BEARER,)
        self._keys = Keys(fetcher(jwks_uri or f"{issuer}/.well-known/jwks.json"), seconds)
        self._clock = clock
        self._first_time = first_time or Once(seconds)

    def verify(self, token: str, scopes: Iterable[str] = ()) -> Token:
        """A valid token with these scopes. Rejected, KeysUnavailable.

        The caller must check whether it is bound to a key: `jkt`.
        """
        try:
            signed = read_compact(token)
            claims = self._signed_claims(signed)
        except Garbage as fault:
            raise Rejected(f"the token {fault}") from None
        self._check(claims)
        found = frozenset(claims.scope.split())
        said = read_members(signed.payload)
        known = Token(
            claims.sub, claims.client_id, found, claims.sid, claims.cnf.jkt, said, claims.act
        )
        self.require(known, scopes)
        return known

    def require(
        self, token: Token, scopes: Iterable[str], authentication: Authentication | None = None
    ) -> None:
        """Check what a valid token is good for. Rejected: 401 for another sign-in, 403 for a scope.

        The sign-in is checked first. Its challenge names the scopes, so one sign-in can bring both.
        """
        needed = tuple(scopes)
        try:
            if authentication is not None:
                authentication.check(token.claims, self._clock() - LEEWAY)
            if not token.scopes.issuperset(needed):
                raise Rejected("the token lacks a scope", "insufficient_scope", 403)
        except Rejected as rejection:
            rejection.scheme = DPOP if token.jkt else BEARER
            rejection.scopes = needed
            raise

    def admit(
        self,
        method: str,
        uri: str,
        authorization: Sequence[str],
        proofs: Sequence[str] = (),
        scopes: Iterable[str] = (),
        authentication: Authentication | None = None,
    ) -> Token:
        """The valid token of a request whose presenter may use it. Rejected, KeysUnavailable.

        Args:
            method: of the request.
            uri: of the request: scheme and host from your configuration, because the client chooses
                `Host`; the path as sent.
            authorization: all of its `Authorization` headers.
            proofs: all of its `DPoP` headers.
            scopes: what the request needs.
            authentication: how the person must have signed in (RFC 9470).
        """
        needed = tuple(scopes)
        scheme, _, text = (authorization[0] if len(authorization) == 1 else "").partition(" ")
        is_accepted = scheme.lower() in self._schemes
        try:
            if not is_accepted:
                raise Rejected("there is no token of an accepted scheme", None)
            token = self.verify(text.strip())
            jkt = None
            if scheme.lower() == DPOP:
                jkt = self._proven(method, uri, text.strip(), proofs)
            if token.jkt != jkt:
                raise Rejected("the token is bound to another key")
            self.require(token, needed, authentication)
        except Rejected as rejection:
            rejection.scheme = scheme.lower() if is_accepted else BEARER
            rejection.scopes = needed
            raise
        return token

    def _signed_claims(self, signed: Signed) -> _Claims:
        header = signed.header
        if str(header.get("typ")).lower() not in TYPES:
            raise Garbage("is no access token")
        kid = header.get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None or not key.verify(signed):
            raise Garbage("is not signed by a key of the service")
        return _read_claims(signed.payload)

    def _check(self, claims: _Claims) -> None:
        now = self._clock()
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self.issuer:
            raise Rejected("the token is of another issuer")
        if self.audience not in audiences:
            raise Rejected("the token is for another audience")
        if not claims.exp > now - LEEWAY:
            raise Rejected("the token has expired")
        if max(claims.nbf, claims.iat) > now + LEEWAY:
            raise Rejected("the token is not valid yet")

    def _proven(self, method: str, uri: str, token: str, proofs: Sequence[str]) -> str:
        if len(proofs) != 1:
            raise Rejected("there is not exactly one proof", "invalid_dpop_proof")
        try:
            shown = read_proof(proofs[0], method, uri, self._clock(), token)
        except InvalidProof as fault:
            raise Rejected(str(fault), "invalid_dpop_proof") from None
        if not self._first_time(f"{shown.jkt} {shown.jti}"):
            raise Rejected("the proof was seen before", "invalid_dpop_proof")
        return shown.jkt
