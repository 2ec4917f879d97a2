"""Services for the clients of vendors: the demo's directory, and short lives of access tokens."""

import base64
import json
from contextlib import contextmanager
from functools import partial

import yaml
from tests.judges.over_tls import served_over_tls
from tests.pages.instance import TOTP_SECRET

from reticket.testing import running_server

ACCESS = "4"
"""Seconds that an access token lives, so that clients refresh."""
KINDS = ("KIBO__APPLICATION", "KIBO__DEVELOPER", "KIBO__ADMINUSER", "KIBO__ANONYMOUS_SHOPPER",
         "CLOUDREVE__USER")  # fmt: skip
SETTINGS = {f"RETICKET_POLICIES__{kind}__ACCESS": ACCESS for kind in KINDS}
PUBLIC = {"RETICKET_DEMO_PUBLIC": "true"}
ADA = {"email": "ada@example.com", "password": "correct horse"}
ALAN = {"email": "alan@example.com", "password": "enigma-1912"}
"""Has a second factor."""
OF_ADA = {
    "tenants": {1000: [1], 1001: [1]},
    "developer_accounts": {77: [1], 78: [1]},
    "cloudreve": {"nickname": "Ada", "group": {"name": "Admin"}},
}
OF_ALAN = {
    "totp_secret": TOTP_SECRET,
    "cloudreve": {"nickname": "Alan", "group": {"name": "User"}},
}
APPLICATION = {
    "application_id": "ns.app.1.0.0.Release",
    "shared_secret": "s3cret",
    "tenants": [1000, 1001],
}
BAD_SECRET = "The credentials are not valid."
DEAD_TOKEN = "The refresh token is missing or not valid."
"""What Kibo's dialect says of them."""
SHOP = {"application_id": "ns.shop.1.0.0.Release", "shared_secret": "s3cret", "tenants": [1000]}
"""An application of one tenant."""


@contextmanager
def over_http(folder):
    """A service."""
    with running_server(folder, seed=_seed(folder, "127.0.0.1"), settings=SETTINGS) as service:
        yield service.url


@contextmanager
def over_tls(folder):
    """A service that speaks https alone, as its tenants' domains: its address, and a file with the
    certificate that a client must trust.
    """
    seed_for = partial(_seed_for, folder)
    with served_over_tls(folder, seed_for, PUBLIC | SETTINGS) as service:
        yield service


def session(token):
    """The session of an access token."""
    return claims(token)["sid"]


def claims(token):
    """The claims of a JWT, unchecked."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _seed_for(folder, port):
    return _seed(folder, f"localhost:{port}")


def _seed(folder, domain):
    """A directory file with applications and people of the demo, and this domain for tenants."""
    sites = [{"id": 2000, "name": "Acme Shop", "domain": domain}]
    directory = {
        "applications": [APPLICATION, SHOP],
        "developer_accounts": [{"id": 77, "name": "Acme"}, {"id": 78, "name": "Side Project"}],
        "tenants": [
            {"id": 1000, "name": "Acme US", "domain": domain, "sites": sites},
            {"id": 1001, "name": "Acme EU", "domain": domain},
            {"id": 1002, "name": "Somebody else", "domain": domain},
        ],
        "users": [ADA | OF_ADA, ALAN | OF_ALAN],
    }
    file = folder / "seed.yaml"
    file.write_text(yaml.safe_dump(directory))
    return file
