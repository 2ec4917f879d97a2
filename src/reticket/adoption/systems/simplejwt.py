"""djangorestframework-simplejwt: each refresh token has a `jti`, which its blacklist names."""

from __future__ import annotations

from reticket.adoption.keys import ALGORITHMS
from reticket.adoption.system import Claims, System, TokenFacts, id_in, optional_text, text_in
from reticket.core.adoption.model import Adoption

USER_ID_CLAIM = "user_id_claim"
"""The setting `USER_ID_CLAIM` of that library."""

REVOKE_CLAIM = "revoke_token_claim"
"""The setting `REVOKE_TOKEN_CLAIM`: with `CHECK_REVOKE_TOKEN` it has a digest of the password's
column, and a change of the password ends the token.
"""


def read(claims: Claims, adoption: Adoption) -> TokenFacts:
    """The facts."""
    user = adoption.options.get(USER_ID_CLAIM, "user_id")
    state = adoption.options.get(REVOKE_CLAIM, "hash_password")
    return TokenFacts(
        text_in(claims, "jti"), id_in(claims, user), state=optional_text(claims, state)
    )


SYSTEM = System("token_type", ("refresh",), ALGORITHMS, read, options=(USER_ID_CLAIM, REVOKE_CLAIM))
