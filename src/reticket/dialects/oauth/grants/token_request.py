"""The authenticated token request that every grant gets."""

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
    """A token request of an authenticated client.

    Args:
        provider: the installation.
        form: the parameters.
        registration: of the client.
        client: its record.
        proof: the verified proof (RFC 9449), or None; `bind_access_token` marks it as used.
        nonce: for the next proof, or None when the request had no proof.
    """

    provider: Provider
    form: Form
    registration: Registration
    client: Client
    proof: Proof | None
    nonce: str | None

    @property
    def refresh_token_jkt(self) -> str | None:
        """The thumbprint to which a refresh token is bound, or None. Only those of public
        clients are bound (RFC 9449 §5).
        """
        return None if self.proof is None or self.registration.confidential else self.proof.jkt

    def bind_access_token(self, owner: Owner) -> Asking[Asked]:
        """The key to which the access token is bound, as `Asked`.

        It marks the proof as used, so it comes after all other checks.

        Args:
            owner: the account or client that is charged for the mark.

        Raises:
            OAuthError: `invalid_dpop_proof`.
        """
        if self.proof is None:
            return ()
        yield from spend_proof(self.proof, owner)
        return ((JKT, self.proof.jkt),)


GrantOperation = Asking[TokenResponse]
