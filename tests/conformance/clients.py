"""The suite's clients: how the provider registers them, and how the suite authenticates as them.

Keys and secrets are made anew for each run and are stored nowhere but in its temporary folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from joserfc.jwk import ECKey, KeyParameters, RSAKey
from tests.conformance.addresses import Addresses

from reticket.oauth.standard_claims import PERSON

Json = dict[str, Any]

EMAIL, PASSWORD = "ada@example.com", "correct horse"
DENYING_EMAIL = "grace@example.com"
"""Somebody with the same password who never consents, so that each request asks for it."""
SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"]
RESOURCE_SCOPE = "orders.read"
SECOND_URI = "?dummy1=lorem&dummy2=ipsum"
"""One module asks for a registered redirect URI with this query."""

PEOPLE = {
    "tenants": [{"id": 1000, "name": "Acme"}],
    "users": [
        {
            "email": EMAIL,
            "password": PASSWORD,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "tenants": {1000: [1]},
            "claims": {**PERSON.demo[EMAIL], "birthdate": "1985-12-10"},
        },
        {
            "email": DENYING_EMAIL,
            "password": PASSWORD,
            "first_name": "Grace",
            "last_name": "Hopper",
            "tenants": {1000: [1]},
        },
    ],
}


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the suite.

    Args:
        client_id: its id.
        registration: what the directory file says of it, beside its id, secret and public key.
        settings: what the suite is told of it, beside the same.
        secret: for `client_secret_basic` and `client_secret_post`.
        key: for `private_key_jwt`; a private JWK.
    """

    client_id: str
    registration: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)
    key: RSAKey | ECKey | None = field(default=None, repr=False)

    def for_provider(self) -> Json:
        """The client's entry in the directory file."""
        return self._entry(self.registration, private=False)

    def for_suite(self) -> Json:
        """The client's part of a plan's configuration."""
        return self._entry(self.settings, private=True)

    def _entry(self, members: Mapping[str, Any], *, private: bool) -> Json:
        entry: Json = {"client_id": self.client_id, **members}
        if self.secret:
            entry["client_secret"] = self.secret
        if self.key:
            entry["jwks"] = {"keys": [self.key.as_dict(private=private)]}
        return entry


Clients = Mapping[str, tuple[Client, Client]]
"""Two of each kind, since some modules use the code or token of one as the other."""


def all_clients(addresses: Addresses) -> Clients:
    """Every kind of client that a plan may name."""
    kinds: dict[str, Callable[[str, Addresses], Client]] = {
        "secret": _with_secret,
        "told": _told_of_logouts,
        "assertion": _with_assertions,
        "fapi": _for_fapi,
        "service": _for_client_credentials,
    }
    return {
        kind: (make(f"{kind}-1", addresses), make(f"{kind}-2", addresses))
        for kind, make in kinds.items()
    }


def directory(clients: Iterable[Client]) -> str:
    """The directory file with these clients, for `reticket serve --seed`."""
    entries = [client.for_provider() for client in clients]
    return yaml.safe_dump({**PEOPLE, "oauth_clients": entries}, sort_keys=False)


def _with_secret(client_id: str, addresses: Addresses) -> Client:
    return Client(client_id, _with_log_out(addresses), secret=secrets.token_urlsafe(32))


def _told_of_logouts(client_id: str, addresses: Addresses) -> Client:
    told = {"backchannel_logout_uri": addresses.told_of_logout}
    return Client(client_id, _with_log_out(addresses) | told, secret=secrets.token_urlsafe(32))


def _with_assertions(client_id: str, addresses: Addresses) -> Client:
    key = RSAKey.generate_key(2048, _named(client_id, "RS256"))
    return Client(client_id, _with_log_out(addresses), key=key)


def _for_fapi(client_id: str, addresses: Addresses) -> Client:
    key = ECKey.generate_key("P-256", _named(client_id, "ES256"))
    registration = {**_in_browser(addresses), "policy": "FAPI_2_SESSION"}
    settings = {"scope": "openid profile", "dpop_signing_alg": "ES256"}
    return Client(client_id, registration, settings, key=key)


def _for_client_credentials(client_id: str, addresses: Addresses) -> Client:
    registration = {
        "policy": "SERVICE",
        "grants": ["client_credentials"],
        "scopes": [RESOURCE_SCOPE],
        "resources": [addresses.resource],
        "dpop_required": True,
    }
    settings = {"scope": RESOURCE_SCOPE, "dpop_signing_alg": "ES256"}
    key = RSAKey.generate_key(2048, _named(client_id, "PS256"))
    return Client(client_id, registration, settings, key=key)


def _in_browser(addresses: Addresses) -> Json:
    uris = [addresses.callback, addresses.callback + SECOND_URI]
    return {
        "policy": "BROWSER",
        "redirect_uris": uris,
        "scopes": SCOPES,
    }


def _with_log_out(addresses: Addresses) -> Json:
    """FAPI has no log-out, so its client has no address for one."""
    return {**_in_browser(addresses), "post_logout_redirect_uris": [addresses.after_logout]}


def _named(client_id: str, algorithm: str) -> KeyParameters:
    return {"kid": client_id, "use": "sig", "alg": algorithm}
