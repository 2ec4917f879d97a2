"""For resource servers: whether a request may pass, by its access token and its proof.

Owns the checks of RFC 9068 §4 and RFC 9449 §4.3. Knows nothing of the service's own packages.
"""

from reticket.verify.keys import KeysUnavailable
from reticket.verify.tokens import AccessTokens, Rejected, Token

__all__ = ["AccessTokens", "KeysUnavailable", "Rejected", "Token"]
