"""What the token endpoint answers (RFC 6749 §5.1), and what all of its grants are handed."""

from __future__ import annotations

import msgspec

from reticket.core.commands import Asking
from reticket.core.model import Asked, Issued
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.core.storage.budget import Owner
from reticket.dialects.oauth.endpoints.proof import Proof, spend
from reticket.dialects.oauth.errors import NO_STORE
from reticket.dialects.oauth.inputs import Form
from reticket.oauth.provider import Provider
from reticket.oauth.registration import REFRESH_TOKEN, Registration
from reticket.oauth.terms import JKT, SCOPE, terms_of
from reticket.wire import Secretive, WireResponse


class TokenRequest(Secretive, frozen=True):
    """A request by a client that has said who it is.

    Args:
        proof: of possession (RFC 9449), or None without one; `bind` spends it.
        nonce: for the next proof, or None where none was brought.
    """

    provider: Provider
    form: Form
    registration: Registration
    client: Client
    proof: Proof | None
    nonce: str | None

    @property
    def own_key(self) -> str | None:
        """What a refresh token is bound to: a public client's alone (RFC 9449 §5)."""
        return None if self.proof is None or self.registration.confidential else self.proof.jkt

    def bind(self, owner: Owner) -> Asking[Asked]:
        """What the access token is bound to. Spends the proof at the owner's expense, so it is
        asked for when all else has proved good. Denied, `invalid_dpop_proof`.
        """
        if self.proof is None:
            return ()
        yield from spend(self.proof, owner)
        return ((JKT, self.proof.jkt),)


class TokenAnswer(Secretive, frozen=True, omit_defaults=True):
    """RFC 6749 §5.1, with what RFC 9449, RFC 8693 and OpenID Connect add."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None
    issued_token_type: str | None = None


Granting = Asking[TokenAnswer]

_encoder = msgspec.json.Encoder()


def token_answer(said: TokenRequest, issued: Issued, asked: Asked) -> TokenAnswer:
    """A pair in OAuth's words. Whoever may not refresh gets no refresh token."""
    wanted = dict(asked)
    is_bound = JKT in wanted or terms_of(issued.family.terms).jkt is not None
    may_refresh = issued.refresh_token and said.registration.may(REFRESH_TOKEN)
    return TokenAnswer(
        access_token=issued.access_token,
        token_type="DPoP" if is_bound else "Bearer",
        expires_in=(issued.access_expires_at - issued.issued_at) // SECOND,
        refresh_token=issued.refresh_token if may_refresh else None,
        scope=wanted.get(SCOPE) or issued.family.scope or None,
        id_token=issued.id_token,
    )


def answered(answer: TokenAnswer, nonce: str | None) -> WireResponse:
    """The bytes; a client that proves its key is told the nonce of its next proof."""
    headers = NO_STORE if nonce is None else (*NO_STORE, (b"dpop-nonce", nonce.encode()))
    return WireResponse(200, _encoder.encode(answer), headers=headers)
