"""Proofs of possession at our endpoints (RFC 9449): each is accepted once, and by us alone.

Owns what of a proof is remembered, and that nothing of it is before what it is for has proved
good; what makes a proof right is in `reticket.verify.proofs`.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from reticket.core.commands import Asking, CheckNonce, MakeNonce, Now, PutIfAbsent
from reticket.core.errors import Cause
from reticket.core.policy import SECOND
from reticket.core.storage.budget import Owner
from reticket.dialects.oauth.errors import OAuthError
from reticket.oauth.provider import USER, Provider
from reticket.verify.proofs import WINDOW, InvalidProof, Shown, read_proof
from reticket.wire import Headers, WireRequest

INVALID_PROOF, USE_NONCE = "invalid_dpop_proof", "use_dpop_nonce"
"""RFC 9449 §12.2."""

HEADER = b"dpop"
PROOF_LIFETIME = 2 * WINDOW + 1
"""Seconds: a proof that is a window ahead of us is good for two."""


class Proof(NamedTuple):
    """A right proof. It may have been used before: `spend_proof` says.

    Args:
        jkt: thumbprint of the key that the caller holds.
        nonce_known: whether it says a nonce of ours, so that it was made just now.
        mark_key: the key of `PutIfAbsent` under which it is remembered.
    """

    jkt: str
    nonce_known: bool
    mark_key: str


def verify_proof(
    request: WireRequest,
    provider: Provider,
    path: str,
    resource: str = USER,
    access_token: str | None = None,
) -> Asking[Proof | None]:
    """What the request's proof shows, or None without one. Nothing is remembered of it yet.

    Args:
        request: what may have a proof with it.
        provider: whose endpoint was asked.
        path: of that endpoint, as `/token`.
        resource: whose nonces it may say.
        access_token: what it must be for, where one was presented.

    Raises:
        OAuthError: `invalid_dpop_proof`, `use_dpop_nonce` with a fresh nonce.
    """
    texts = [value.decode("latin-1") for name, value in request.headers if name == HEADER]
    if not texts:
        return None
    if len(texts) > 1:
        raise invalid_proof()
    now: int = yield from Now()
    verified = _read(texts[0], request.method, provider.url(path), now, access_token)
    nonce_known = verified.nonce is not None and (yield from CheckNonce(resource, verified.nonce))
    if verified.nonce is not None and not nonce_known:
        raise (yield from nonce_required(resource))
    return Proof(verified.jkt, nonce_known, _mark_key(verified))


def spend_proof(proof: Proof, owner: Owner | None) -> Asking[None]:
    """Remember it at its owner's expense, once the token or the client beside it has proved good:
    whoever has neither must not fill the store. Denied, `invalid_dpop_proof`, for one that was
    used before.
    """
    if not (yield from PutIfAbsent(proof.mark_key, "", PROOF_LIFETIME, owner)):
        raise invalid_proof()


def invalid_proof() -> OAuthError:
    """`invalid_dpop_proof`, whatever it was."""
    return OAuthError(INVALID_PROOF, "The DPoP proof is not valid.", Cause.WRONG_PROOF)


def nonce_required(resource: str = USER) -> Asking[OAuthError]:
    """`use_dpop_nonce` (RFC 9449 §8), to be raised by who wants a proof that was made just now."""
    headers = yield from nonce_header(resource)
    sentence = "The DPoP proof must have the nonce of this answer."
    return OAuthError(USE_NONCE, sentence, Cause.WRONG_PROOF, headers=headers)


def nonce_header(resource: str = USER) -> Asking[Headers]:
    """`DPoP-Nonce` for any answer (RFC 9449 §8.2)."""
    nonce: str = yield from MakeNonce(resource)
    return ((b"dpop-nonce", nonce.encode()),)


def _read(text: str, method: str, uri: str, now: int, access_token: str | None) -> Shown:
    try:
        return read_proof(text, method, uri, now / SECOND, access_token)
    except InvalidProof:
        raise invalid_proof() from None


def _mark_key(verified: Shown) -> str:
    digest = hashlib.sha256(f"{verified.jkt}\0{verified.jti}".encode("utf-8", "surrogatepass"))
    return f"oauth:proof:{digest.hexdigest()}"
