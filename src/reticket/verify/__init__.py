"""For resource servers: checks an access token and its proof of possession.

Implements RFC 9068 §4, RFC 9449 §4.3, RFC 9470 and RFC 9728. Imports none of the service's own
packages.
"""

from reticket.verify.authentication import Authentication
from reticket.verify.keys import KeysUnavailable
from reticket.verify.metadata import ProtectedResource
from reticket.verify.rejections import Rejected
from reticket.verify.tokens import AccessTokens, Actor, Token

__all__ = [
    "AccessTokens",
    "Actor",
    "Authentication",
    "KeysUnavailable",
    "ProtectedResource",
    "Rejected",
    "Token",
]
