"""DPoP proofs at the endpoints (RFC 9449): each proof is accepted once.

Owns the marks of used proofs. A proof is marked only after the token or the client beside it has
proved valid. The rules of a valid proof are in `reticket.verify.proofs`.
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
"""Error codes (RFC 9449 §12.2)."""

HEADER = b"dpop"
PROOF_LIFETIME = 2 * WINDOW + 1
"""Seconds: a proof whose clock is one window ahead is valid for two windows."""


class Proof(NamedTuple):
    """A verified proof. `spend_proof` checks whether it was used before.

    Args:
        jkt: thumbprint of the caller's key.
        nonce_known: whether the proof has a nonce of this service, and so is new.
        mark_key: the key under which the proof is marked as used.
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
    """The proof of a request, or None without one. The proof is not marked as used.

    Args:
        request: the request.
        provider: the installation.
        path: of the endpoint, as `/token`.
        resource: the token kind whose nonces are accepted.
        access_token: the token that the proof must name (`ath`), or None.

    Raises:
        OAuthError: `invalid_dpop_proof`; `use_dpop_nonce` with a new nonce.
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
    """Mark a proof as used.

    Call it after the token or the client beside the proof has proved valid. Otherwise a caller
    without credentials could fill the store.

    Args:
        proof: the proof.
        owner: the account or client that is charged for the mark.

    Raises:
        OAuthError: `invalid_dpop_proof`, when the proof was used before.
    """
    if not (yield from PutIfAbsent(proof.mark_key, "", PROOF_LIFETIME, owner)):
        raise invalid_proof()


def invalid_proof() -> OAuthError:
    """`invalid_dpop_proof` for every cause."""
    return OAuthError(INVALID_PROOF, "The DPoP proof is not valid.", Cause.WRONG_PROOF)


def proof_required(*, audited: bool = False) -> OAuthError:
    """`invalid_dpop_proof`, for a request without a proof."""
    sentence = "A DPoP proof is needed."
    return OAuthError(INVALID_PROOF, sentence, Cause.WRONG_PROOF, audited=audited)


def nonce_required(resource: str = USER) -> Asking[OAuthError]:
    """`use_dpop_nonce` (RFC 9449 §8), for an endpoint that accepts only new proofs."""
    headers = yield from nonce_header(resource)
    sentence = "The DPoP proof must have the nonce of this answer."
    return OAuthError(USE_NONCE, sentence, Cause.WRONG_PROOF, headers=headers)


def nonce_header(resource: str = USER) -> Asking[Headers]:
    """The header `DPoP-Nonce` of any response (RFC 9449 §8.2)."""
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
