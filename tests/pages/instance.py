"""A service with clients of every kind."""

from contextlib import contextmanager

import yaml
from tests.pages.people import CALLBACK

from reticket.testing import running_server

SCOPES = ["openid", "profile", "email", "orders.read", "orders.write", "offline_access"]
ORDERS, STOCK = "https://orders.example.com", "https://stock.example.com"
NATIVE = [
    "http://127.0.0.1/callback",
    "http://[::1]:8000/callback",
    "http://localhost:8000/callback",
    "com.example.app:/callback",
    "https://app.example.com/callback?from=native",
]
CLIENTS = [
    {"client_id": "web", "name": "Orders & <More>", "redirect_uris": [CALLBACK], "scopes": SCOPES,
     "resources": [ORDERS, STOCK]},
    {"client_id": "native", "redirect_uris": NATIVE, "scopes": SCOPES},
    {"client_id": "server", "client_secret": "server-secret", "redirect_uris": [CALLBACK],
     "scopes": ["orders.read", "admin"], "admin": True},
    {"client_id": "strict", "client_secret": "strict-secret", "redirect_uris": [CALLBACK],
     "scopes": SCOPES, "par_required": True},
    {"client_id": "backend", "client_secret": "backend-secret", "policy": "SERVICE"},
    {"client_id": "off", "disabled": True, "redirect_uris": [CALLBACK], "scopes": SCOPES},
    {"client_id": "tv", "name": "The big screen", "policy": "DEVICE",
     "scopes": ["openid", "orders.read"]},
    {"client_id": "other-tv", "policy": "DEVICE", "scopes": SCOPES},
]  # fmt: skip


TOTP_SECRET = "JBSWY3DPEHPK3PXP"
CLOUD = {"nickname": "A", "group": {"name": "User"}}
USERS = [
    {"email": "ada@example.com", "password": "correct horse",
     "cloudreve": CLOUD},
    {"email": "joan@example.com", "password": "enigma-1941"},
    {"email": "alan@example.com", "password": "enigma-1912",
     "cloudreve": {**CLOUD, "totp_secret": TOTP_SECRET}},
    {"email": "grace@example.com", "password": "cobol-1959",
     "cloudreve": {**CLOUD, "totp_secret": TOTP_SECRET}},
    {"email": "ida@example.com", "password": "rhodes-1907", "totp_secret": TOTP_SECRET},
    {"email": "banned@example.com", "password": "never again", "disabled": True},
]  # fmt: skip


@contextmanager
def running_service(folder, clients=(), **options):
    """A directory with these clients, and further ones, served."""
    path = folder / "seed.yaml"
    path.write_text(yaml.safe_dump({"oauth_clients": [*CLIENTS, *clients], "users": USERS}))
    with running_server(folder, seed=path, **options) as running:
        yield running
