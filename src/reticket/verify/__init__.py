"""For resource servers: checks an access token and its proof of possession.

Implements RFC 9068 §4 and RFC 9449 §4.3. Imports none of the service's own packages.
"""

from reticket.verify.keys import KeysUnavailable
from reticket.verify.tokens import AccessTokens, Rejected, Token

__all__ = ["AccessTokens", "KeysUnavailable", "Rejected", "Token"]
