"""djangorestframework-simplejwt: each refresh token has a `jti`, which its blacklist names."""

from __future__ import annotations

from reticket.adoption.keys import ALGORITHMS
from reticket.adoption.system import Claims, System, TokenFacts, id_in, text_in
from reticket.core.adoption.model import Adoption

USER_ID_CLAIM = "user_id_claim"
"""The setting `USER_ID_CLAIM` of that library."""


def read(claims: Claims, adoption: Adoption) -> TokenFacts:
    """The facts."""
    name = adoption.options.get(USER_ID_CLAIM, "user_id")
    return TokenFacts(text_in(claims, "jti"), id_in(claims, name))


SYSTEM = System("token_type", ("refresh",), ALGORITHMS, read, options=(USER_ID_CLAIM,))
