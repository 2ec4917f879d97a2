"""Request objects of the client `keyed` as a test wants them, and what becomes of the requests."""

import json
from urllib.parse import urlencode

from tests.dialects.oauth.browser import REQUEST
from tests.dialects.oauth.token_people import KEY
from tests.dialects.oauth.token_world import ISSUER, asserting, signed

from reticket.core.fetching.model import Fetched

CLIENT = "keyed"
ADDRESS = "https://app.example.com/request.jwt"
HEADER = {"alg": "ES256", "kid": "k1", "typ": "oauth-authz-req+jwt"}
OPENID = {"response_type": "code", "scope": "openid"}
"""What OpenID Connect Core §6.1 demands beside the object."""

SAID = {**REQUEST, "client_id": CLIENT, "iss": CLIENT, "aud": ISSUER}


def claims_with(**changes):
    """The claims of a good object with these changes; None leaves one out."""
    said = {**SAID, **changes}
    return {name: value for name, value in said.items() if value is not None}


def request_object(key=KEY, header=HEADER, algorithm="ES256", **changes):
    return signed(header, claims_with(**changes), key, algorithm)


def at_address(text, lifetime=3600, content_type="application/oauth-authz-req+jwt"):
    return Fetched(200, content_type, text.encode(), lifetime)


def begun(world):
    """The newest request whose pages have begun."""
    texts = [value for value, _ in world.ephemeral._entries.values()]
    orders = [json.loads(text)["order"] for text in texts if '"order"' in text]
    return json.loads(orders[-1])


def pushed(world, **form):
    """The answer to a pushed request of the client."""
    return world.post("/par", urlencode({**asserting(world), **form}))
