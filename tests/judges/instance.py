"""The demo's directory, with a few stricter clients beside its own."""

import json
from contextlib import contextmanager

from reticket.directory.seed import DEMO
from reticket.oauth.standard_claims import PERSON
from reticket.testing import running_server

CODE, EXCHANGE = "authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"
REDIRECT = "http://127.0.0.1:3000/cb"
SCOPES = ["openid", "profile", "email", "offline_access", "orders.read"]
STRICTER = [
    {"client_id": "keyed", "grants": [CODE, "refresh_token", "client_credentials", EXCHANGE]},
    {"client_id": "native", "dpop_required": True},
    {"client_id": "fapi", "policy": "FAPI_2_SESSION"},
]
KEYED = ("keyed", "fapi")
HEAD = "oauth_clients:\n"
ADA = "  - email: ada@example.com\n"
"""Each dialect adds its part of the demo's people; another file has to have it."""

WEB = "    client_secret: web-secret\n"
LOG_OUT = '    post_logout_redirect_uris: ["http://127.0.0.1:3000/"]\n'
"""Its ID tokens name the session."""


@contextmanager
def running_service(folder, public_key, **options):
    """A service with those clients; `public_key` is the JWK of those that have one."""
    path = folder / "seed.yaml"
    before, after = DEMO.read_text("utf-8").split(HEAD)
    lines = [f"  - {json.dumps(_registered(client, public_key))}\n" for client in STRICTER]
    claims = f"    claims: {json.dumps(PERSON.demo['ada@example.com'])}\n"
    after = after.replace(ADA, ADA + claims).replace(WEB, WEB + LOG_OUT)
    path.write_text("".join([before, HEAD, *lines, after]))
    with running_server(folder, seed=path, **options) as running:
        yield running


def _registered(client, public_key):
    keys = {"jwks": {"keys": [public_key]}} if client["client_id"] in KEYED else {}
    return {"redirect_uris": [REDIRECT], "scopes": SCOPES, **client, **keys}
