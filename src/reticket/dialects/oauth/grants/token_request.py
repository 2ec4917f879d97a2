"""What every grant of the token endpoint gets, and what it answers."""

from __future__ import annotations

from reticket.core.commands import Asking
from reticket.core.model import Asked
from reticket.core.people import Client
from reticket.core.storage.budget import Owner
from reticket.dialects.oauth.endpoints.proof import Proof, spend_proof
from reticket.dialects.oauth.inputs import Form
from reticket.oauth.provider import Provider
from reticket.oauth.registration import Registration
from reticket.oauth.terms import JKT
from reticket.oauth.token_response import TokenResponse
from reticket.wire import Secretive


class TokenRequest(Secretive, frozen=True):
    """A request by a client that has said who it is.

    Args:
        proof: of possession (RFC 9449), or None without one; `bind_access_token` spends it.
        nonce: for the next proof, or None where none was brought.
    """

    provider: Provider
    form: Form
    registration: Registration
    client: Client
    proof: Proof | None
    nonce: str | None

    @property
    def refresh_token_jkt(self) -> str | None:
        """What a refresh token is bound to: a public client's alone (RFC 9449 §5)."""
        return None if self.proof is None or self.registration.confidential else self.proof.jkt

    def bind_access_token(self, owner: Owner) -> Asking[Asked]:
        """What the access token is bound to. Spends the proof at the owner's expense, so it is
        asked for when all else has proved good. Denied, `invalid_dpop_proof`.
        """
        if self.proof is None:
            return ()
        yield from spend_proof(self.proof, owner)
        return ((JKT, self.proof.jkt),)


GrantOperation = Asking[TokenResponse]
