"""Makes and reads the tokens of a kind: a pure function of rows and keys.

The same row, request and keys give the same bytes, so that a retry is harmless (ADR 0001).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import (
    NOTHING,
    AccessToken,
    Asked,
    Family,
    Holder,
    Issued,
    Outcome,
    RefreshToken,
)
from reticket.core.policy import SECOND, Policy
from reticket.core.tokens.accepting import (
    CREDENTIAL_VERSION,
    NOT_OURS,
    accepts,
    access_token,
    can_be_of,
    check_types,
)
from reticket.core.tokens.faces import (
    from_text,
    hs256_text,
    opaque_text,
    read_hs256,
    read_opaque,
    split_jwt,
    to_text,
)
from reticket.core.tokens.keys import KeyRing, Signer, Verifier, access_label
from reticket.core.tokens.kinds import Facts, IdClaimsOf, TokenKind, at_hash, in_order
from reticket.core.tokens.nonces import knows_nonce, nonce
from reticket.core.tokens.old_form import (
    OWN_END,
    OldFormOf,
    in_old_form,
    no_old_form,
    read_old_form,
)

RETRY_WINDOW = 60 * SECOND
"""Milliseconds after a rotation in which a retry gets the same bytes as the first answer."""

ACCESS, ID = "at+jwt", "JWT"
"""`typ` of what is signed (RFC 9068 §2.1; an ID token has no type of its own)."""

REMEMBERED = 10_000
"""Access tokens whose signature this process does not verify again."""

_DEFAULTS: Mapping[str, Policy] = {}


class Forged(Exception):
    """The token was not made by a key of this ring."""


class Mint:
    """Issues and reads tokens. Thread-safe.

    Args:
        keys: the key ring.
        encode: compact JSON, deterministic for equal mappings of equal order.
        decode: JSON; raises ValueError for anything else.
        policies: in force, by token kind; a kind without one has its default.
        old_form_of: asked for the refresh tokens of kinds that may have an old form.
    """

    def __init__(
        self,
        keys: KeyRing,
        encode: Callable[[Any], bytes],
        decode: Callable[[bytes], Any],
        policies: Mapping[str, Policy] = _DEFAULTS,
        old_form_of: OldFormOf = no_old_form,
    ) -> None:
        self._keys = keys
        self._encode = encode
        self._decode = decode
        self._policies = policies
        self._old_form_of = old_form_of
        self._headers: dict[tuple[str, str, str | None], str] = {}
        self._verified = lru_cache(REMEMBERED)(self._verify)

    def issue(
        self,
        kind: TokenKind,
        policy: Policy,
        outcome: Outcome,
        family: Family,
        holder: Holder,
        context: str | None,
        now: int,
        asked: Asked = NOTHING,
        latest: int | None = None,
    ) -> Issued:
        """The pair of tokens for this row, that context and that time (milliseconds). The access
        token ends at `latest`, unless it ends before.
        """
        rotated_at = family.rotated_at
        stale = abs(now - rotated_at) >= RETRY_WINDOW  # ahead: the clock was set back since
        fresh = stale or outcome in (Outcome.TOLERATED, Outcome.DERIVED)
        issued_at = now if fresh else rotated_at
        access_ends, refresh_ends = _ends(policy, family, issued_at, latest)
        facts = Facts(family, holder, context, issued_at, access_ends, asked)
        access = self._access(kind, facts)
        refresh = ""
        if outcome is not Outcome.DERIVED:
            refresh = self._refresh(kind, facts, rotated_at, refresh_ends)
        claims_of = kind.id_claims
        return Issued(
            outcome, family, holder, context, issued_at, access_ends, refresh_ends, access,
            refresh, self._id_token(kind, claims_of, facts, access) if claims_of else None,
        )  # fmt: skip

    def nonce(self, kind: TokenKind, now: int) -> str:
        """As `nonces.nonce`."""
        return nonce(self._keys.snapshot.macs[f"{kind.name}/nonce"], now)

    def knows_nonce(self, kind: TokenKind, text: str, now: int) -> bool:
        """As `nonces.knows_nonce`."""
        return knows_nonce(self._keys.snapshot.macs[f"{kind.name}/nonce"], text, now)

    def sign(
        self, claims: Mapping[str, Any], algorithm: str | None, type_: str | None, now: int
    ) -> str:
        """A JWT that is neither an access token nor an ID token.

        Args:
            claims: all of them.
            algorithm: as `Signer.algorithm`; None is that of the service.
            type_: `typ` of the header; None for a header without it.
            now: milliseconds.
        """
        return self._signed_by(self._signer(algorithm, now), type_, self._encode(claims))

    def read_refresh(self, kind: TokenKind, text: str) -> RefreshToken:
        """The content of a presented refresh token; costs no I/O. INVALID_TOKEN, cause FORGED."""
        if kind.refresh_claims is None:
            label = f"{kind.name}/opaque/refresh"
            token = read_opaque(text, self._keys.snapshot.macs[label].by_id.get)
        else:
            token = self._read_jwt_refresh(kind, text)
        if token is None:
            raise Refusal(Code.INVALID_TOKEN, Cause.FORGED)
        return token

    def read_access(self, kinds: Sequence[TokenKind], text: str, now: int) -> AccessToken:
        """A verified access token of one of the kinds. A signature is verified once, however many
        kinds are signed. INVALID_ACCESS_TOKEN with its cause.
        """
        try:
            found = self._accepted(kinds, text, now)
        except NOT_OURS as error:
            raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.FORGED) from error
        if found is not None:
            return found
        misused = any(each.refresh_claims and self._read_jwt_refresh(each, text) for each in kinds)
        raise Refusal(Code.INVALID_ACCESS_TOKEN, Cause.WRONG_USE if misused else Cause.FORGED)

    def _accepted(self, kinds: Sequence[TokenKind], text: str, now: int) -> AccessToken | None:
        signed, is_read = None, False
        for kind in kinds:
            if not (kind.symmetric or is_read):
                signed, is_read = self._read_signed(text, ACCESS), True
            claims = self._read_symmetric(kind, text) if kind.symmetric else signed
            if claims is not None and accepts(kind, claims):
                return access_token(kind, claims, now)
        return None

    def read_identity(self, text: str) -> Mapping[str, Any]:
        """The claims of an ID token that a usable key made, expired or not. INVALID_TOKEN."""
        claims = self._read_signed(text, ID)
        if claims is None:
            raise Refusal(Code.INVALID_TOKEN, Cause.FORGED)
        return claims

    def _access(self, kind: TokenKind, facts: Facts) -> str:
        payload = self._encode(access_claims(kind, facts))
        if kind.symmetric:
            key = self._keys.snapshot.macs[f"{kind.name}/jwt/access"].at(facts.issued_at)
            return hs256_text(payload, key)
        signer = self._signer(kind.algorithm_for(facts.asked), facts.issued_at)
        return self._signed_by(signer, ACCESS, payload)

    def _id_token(
        self, kind: TokenKind, claims_of: IdClaimsOf, facts: Facts, access: str
    ) -> str | None:
        claims = claims_of(facts)
        if claims is None:
            return None
        algorithm = kind.id_algorithm(facts) if kind.id_algorithm else None
        signer = self._signer(algorithm, facts.issued_at)
        said = {**claims, "at_hash": at_hash(access, signer.algorithm)}
        return self._signed_by(signer, ID, self._encode(said))

    def _signer(self, algorithm: str | None, at: int) -> Signer:
        if algorithm is None:
            return self._keys.snapshot.signer_at(at)
        return self._keys.signer_for(algorithm, at)

    def _signed_by(self, signer: Signer, kind: str | None, payload: bytes) -> str:
        signed = f"{self._header(signer, kind)}.{to_text(payload)}"
        return f"{signed}.{to_text(signer.sign(signed.encode()))}"

    def _refresh(self, kind: TokenKind, facts: Facts, issued_at: int, ends: int) -> str:
        family, context = facts.family, facts.context
        if kind.refresh_claims is None:
            key = self._keys.snapshot.macs[f"{kind.name}/opaque/refresh"].at(issued_at)
            token = RefreshToken(family.id, family.generation, context, issued_at, ends)
            return opaque_text(token, key)
        claims = {
            **kind.refresh_claims(facts._replace(issued_at=issued_at, expires_at=ends)),
            "exp": ends // SECOND,
            "sid": family.id.hex(),
            "gen": family.generation,
            "ims": issued_at,
        }
        if context is not None:
            claims["tid"] = context
        old = self._old_form_of(kind.name, family.subject, issued_at) if kind.old_form else None
        if old is not None:
            claims |= old.claims_until(ends)
        key = self._keys.snapshot.macs[f"{kind.name}/jwt/refresh"].at(issued_at)
        text = hs256_text(self._encode(claims), key)
        return text if old is None else in_old_form(text, old.sign)

    def _read_jwt_refresh(self, kind: TokenKind, text: str) -> RefreshToken | None:
        keys = self._keys.snapshot.macs[f"{kind.name}/jwt/refresh"].likeliest_first
        payload = read_hs256(text, keys) or read_old_form(text, keys)
        if payload is None:
            return None
        claims = self._decode(payload)
        ends = claims.get(OWN_END, claims.get("exp"))
        return RefreshToken(
            family=bytes.fromhex(claims["sid"]),
            generation=claims["gen"],
            context=claims.get("tid"),
            issued_at=claims["ims"],
            expires_at=None if ends is None else ends * SECOND,
        )

    def _read_symmetric(self, kind: TokenKind, text: str) -> dict[str, Any] | None:
        keys = self._keys.snapshot.macs[access_label(kind.name)]
        for key in keys.likeliest_first:
            payload = read_hs256(text, (key,))
            if payload is not None:
                claims: dict[str, Any] = self._decode(payload)
                check_types(claims)
                policy = self._policies.get(kind.name, kind.policy)
                return claims if can_be_of(keys.end_of(key), claims, policy) else None
        return None

    def _read_signed(self, text: str, kind: str) -> dict[str, Any] | None:
        """The claims of a JWT whose header is, to the byte, one that a key of this ring writes."""
        parts = split_jwt(text)
        if parts is None:
            return None
        for verifier in self._keys.snapshot.verifiers():
            if parts[0] == self._header(verifier, kind):
                return self._verified_or_none(verifier.kid, text)
        return None

    def _verified_or_none(self, kid: str, text: str) -> dict[str, Any] | None:
        try:
            return self._verified(kid, text)
        except Forged:
            return None

    def _verify(self, kid: str, text: str) -> dict[str, Any]:
        """The claims of a JWT with a valid signature. Called only while the key is usable, since
        results are cached. Forgeries are not cached: otherwise anybody could empty the cache.
        """
        verifier = self._keys.snapshot.verifier(kid)
        signed, _, encoded = text.rpartition(".")
        signature, payload = from_text(encoded), from_text(signed.partition(".")[2])
        if verifier is None or signature is None or payload is None:
            raise Forged
        if not verifier.verify(signature, signed.encode()):
            raise Forged
        claims: dict[str, Any] = self._decode(payload)
        return claims

    def _header(self, key: Signer | Verifier, kind: str | None) -> str:
        """The header; the algorithm depends on the key and is never taken from a token (RFC 8725
        §3.1).
        """
        name = (key.algorithm, key.kid, kind)
        text = self._headers.get(name)
        if text is None:
            header = {"alg": key.algorithm, "kid": key.kid}
            if kind is not None:
                header["typ"] = kind
            text = self._headers[name] = to_text(self._encode(header))
        return text


def _ends(policy: Policy, family: Family, issued_at: int, latest: int | None) -> tuple[int, int]:
    """The ends of an access token and of a refresh token. They are whole seconds, so that an answer
    and its tokens say one instant. The time of issue is rounded up, as `decide` does.
    """
    last = family.ends_at if latest is None else min(latest, family.ends_at)
    rotated_at = max(issued_at, family.rotated_at)  # as `decide` does
    access = min(-(-issued_at // SECOND) + policy.access, last // SECOND)
    refresh = min(-(-rotated_at // SECOND) + policy.refresh, family.expires_at // SECOND)
    return access * SECOND, refresh * SECOND


def access_claims(kind: TokenKind, facts: Facts) -> dict[str, object]:
    """The claims of the service, and those of the kind."""
    family = facts.family
    claims: dict[str, object] = {
        "aud": kind.name,
        "sub": family.subject,
        "iat": facts.issued_at // SECOND,
        "exp": facts.expires_at // SECOND,
        "jti": _token_id(kind, facts),
    }
    if kind.rests_on_credentials:
        claims[CREDENTIAL_VERSION] = facts.holder.credential_version
    if family.generation:
        claims["sid"] = family.id.hex()
    if facts.context is not None:
        claims["tid"] = facts.context
    if kind.access_claims is not None:
        claims.update(kind.access_claims(facts))
        if claims["sub"] != family.subject:
            claims["uid"] = family.subject
    return claims


def _token_id(kind: TokenKind, facts: Facts) -> str:
    """`jti`, derived from the facts, so that equal answers are equal bytes."""
    family = facts.family
    said = f"{family.generation}|{facts.issued_at}|{facts.context}|{kind.name}"
    if facts.asked:
        said += in_order(facts.asked)
    return to_text(hashlib.sha256(family.id + said.encode()).digest()[:16])
