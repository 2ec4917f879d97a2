"""The people of the tests: a person, clients of every kind, and their secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from joserfc.jwk import ECKey
from tests.core.outbox import Outbox

from reticket.core.consents import Consent
from reticket.core.people import Client, Credentials, Tenant, User
from reticket.core.realms import SignInName
from reticket.directory.errors import AlreadyExists
from reticket.directory.forms import folded
from reticket.directory.seed import checked_registration

REDIRECT = "https://app.example.com/callback"
SECRETS = {"backend": "s3cr:t/+ ü", "other": "other-secret", "strict": "strict-secret"}
JWKS_URI = "https://app.example.com/keys"
ORDERS, STOCK = "https://orders.example.com", "https://stock.example.com"
SCOPES = ["openid", "profile", "orders.read", "orders.write"]
KEY = ECKey.generate_key("P-256")
OTHER_KEY = ECKey.generate_key("P-256")

EVERYTHING = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
]
REGISTERED: dict[str, dict[str, Any]] = {
    "spa": {"scopes": SCOPES, "redirect_uris": [REDIRECT]},
    "native": {"scopes": SCOPES, "redirect_uris": [REDIRECT], "dpop_required": True},
    "backend": {"scopes": SCOPES, "grants": EVERYTHING, "resources": [ORDERS, STOCK]},
    "other": {"scopes": SCOPES, "grants": EVERYTHING},
    "strict": {
        "scopes": SCOPES, "grants": EVERYTHING, "policy": {"preset": "FAPI_2_SESSION"},
    },
    "keyed": {
        "scopes": SCOPES, "grants": EVERYTHING, "admin": True,
        "jwks": {"keys": [{**KEY.as_dict(private=False), "kid": "k1"}]},
    },
    "far": {"scopes": SCOPES, "grants": EVERYTHING, "jwks_uri": JWKS_URI},
    "tv": {"scopes": SCOPES, "policy": {"preset": "DEVICE"}},
}  # fmt: skip


def _tenant(number: int) -> Tenant:
    return Tenant(number, None)


ADA = User(
    "a" * 32, "ada", "ada@example.com", "Ada", "Lovelace", False, True, 1, 0,
    (_tenant(1000), _tenant(1001)), (),
)  # fmt: skip


class People:
    """A directory in a dictionary."""

    def __init__(self) -> None:
        self.users = {ADA.id: ADA}
        self.clients = {
            name: Client(name, name not in SECRETS, False, said, 0)
            for name, said in REGISTERED.items()
        }
        self.waiting: set[str] = set()
        self.logouts = Outbox()
        self.secrets = dict(SECRETS)

    def catch_up(self) -> None:
        """Do nothing: no other process changes the directory."""

    catch_up_now = catch_up

    def user(self, user_id: str) -> User | None:
        return self.users.get(user_id)

    def client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    def client_at_hand(self, client_id: str) -> tuple[Client, Credentials | None] | None:
        client = self.clients.get(client_id)
        return (client, self.client_credentials(client_id)) if client else None

    def user_by_name(self, name: SignInName) -> User | None:
        key = name.realm, folded(name.text)
        everybody = self.users.values()
        return next((user for user in everybody if (user.realm, folded(user.email)) == key), None)

    def client_credentials(self, client_id: str) -> Credentials | None:
        secret = self.secrets.get(client_id)
        return Credentials(client_id, False, True, secret, 0) if secret else None

    def signed_in(self, user_id: str, at: int) -> None:
        return None

    def pending(self, subject: str) -> bool:
        return subject in self.waiting

    def change(self, **members: Any) -> None:
        self.users[ADA.id] = replace(self.users[ADA.id], **members)

    def block(self, client_id: str) -> None:
        self.clients[client_id] = replace(self.clients[client_id], disabled=True)

    def register(self, client_id: str, **said: Any) -> None:
        before = self.clients[client_id]
        self.clients[client_id] = replace(before, registration={**before.registration, **said})


class Consents:
    """Consents in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[str, ...]] = {}

    def scopes_of(self, user_id: str, client: Client) -> tuple[str, ...] | None:
        return self.kept.get((user_id, client.id))

    def keep(self, user_id: str, client: Client, scopes: Sequence[str]) -> None:
        before = self.kept.get((user_id, client.id), ())
        self.kept[user_id, client.id] = tuple(dict.fromkeys((*before, *scopes)))

    def forget(self, user_id: str, client_id: str) -> bool:
        return self.kept.pop((user_id, client_id), None) is not None

    def of_user(self, user_id: str) -> list[Consent]:
        found = [(client, kept) for (user, client), kept in self.kept.items() if user == user_id]
        return [Consent(client_id, scopes, 0) for client_id, scopes in found]


def as_read(registration: Any) -> Any:
    """A registration as the directory gives it back."""
    return json.loads(json.dumps(registration))


class Registrar:
    """The port: clients of these people that register themselves, with all checks."""

    def __init__(self, people: People) -> None:
        self.people, self.block = people, people.block
        self.tokens: dict[str, str] = {}
        self.idle: dict[str, int] = {}
        self.used: list[tuple[str, int]] = []
        self.token_digest = self.tokens.get

    def add(
        self,
        client_id: str,
        said: Any,
        secret_hash: str | None,
        token_digest: str,
        most: int,
        idle: int,
    ) -> None:
        if client_id in self.people.clients:
            raise AlreadyExists("There is one already.")
        self.idle[client_id] = idle
        public = secret_hash is None
        checked = as_read(checked_registration(said, public=public))
        self.people.clients[client_id] = Client(client_id, public, False, checked, 0)
        self.tokens[client_id] = token_digest
        if secret_hash is not None:
            self.people.secrets[client_id] = secret_hash

    def change(self, client_id: str, said: Any) -> None:
        before = self.people.clients[client_id]
        checked = as_read(checked_registration(said, public=before.public))
        self.people.clients[client_id] = replace(before, registration=checked)

    def remove(self, client_id: str) -> None:
        del self.people.clients[client_id], self.tokens[client_id]

    def giving_way(self, most: int, limit: int) -> Sequence[str]:
        of_documents = [each for each, digest in self.tokens.items() if not digest]
        used = {client for client, _ in self.used}
        surplus = len(of_documents) - most + 1
        return [each for each in of_documents if each not in used][: max(surplus, 0)]

    def note_use(self, client_id: str, at: int) -> None:
        self.used.append((client_id, at))


class Hasher:
    def hash(self, secret: str) -> str:
        return secret

    def verify(self, secret_hash: str, secret: str) -> bool:
        return secret_hash == secret

    def is_old(self, secret_hash: str) -> bool:
        return False

    def counts_whole(self, secret_hash: str, secret: str) -> bool:
        return True

    def absent(self) -> str:
        return "\0"
