"""Tokens of a running service, good and bad ones."""

import hmac
import json
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey
from tests.http.wire import call
from tests.verify.issuing import Issuing, issuing
from tests.verify.vendor_sign_ins import (
    APPLICATION,
    JOAN,
    JOANS_PASSWORD,
    PASSWORD,
    SIGN_INS,
    TENANT,
    pair_of,
)
from tests.verify.vendor_sign_ins import SECRET as OF_APPLICATION

from reticket.core.commands import EndSession
from reticket.core.realms import SignInName
from reticket.core.tokens.faces import from_text, to_text
from reticket.core.tokens.mint import ACCESS, Mint
from reticket.dialects.kibo.shoppers.realm import SHOPPERS
from reticket.directory.drafts import ClientDraft
from reticket.testing import running_server
from reticket.testing.server import RunningServer
from reticket.testing.waiting import until

CLIENT, SECRET = "files", "files-secret"
SYMMETRIC = ("akinon.user", "cloudreve.user", "cloudreve.app")
"""Without the setting."""


@dataclass
class Issuer:
    """A running service, and its other half, which makes what it would never give."""

    server: RunningServer
    inside: Issuing

    @property
    def environment(self):
        return {
            "ISSUER": self.server.url,
            "CLIENT": CLIENT,
            "SECRET": SECRET,
            "KINDS": " ".join(SIGN_INS),
        }

    def pair(self, kind):
        """A good access token, and its refresh token."""
        return pair_of(self.server.url, kind)

    def signs_in(self, kind):
        """Whether the credentials are known by now."""
        try:
            return bool(self.pair(kind))
        except KeyError:
            return False

    def new_credentials(self):
        """Ada and Joan have other passwords, and the application another secret; all read as
        before.
        """
        directory, hashed = self.inside.instance.directory, self.inside.instance.hasher.hash
        joan = directory.user_by_name(SignInName(SHOPPERS.of(TENANT), JOAN))
        directory.users.set_password(self.inside.user.id, hashed(PASSWORD))
        directory.users.set_password(joan.id, hashed(JOANS_PASSWORD))
        directory.applications.rotate_secret(APPLICATION, hashed(OF_APPLICATION))

    def sign_out(self, kind, refresh_token):
        """End the session of a refresh token."""
        self.inside.perform(EndSession(kind, refresh_token))

    def changed(self, token, **claims):
        """The same token with other claims, signed by the service's own key."""
        header, payload, _ = token.split(".")
        said = json.loads(from_text(payload)) | claims
        if json.loads(from_text(header))["alg"] == "ES256":
            mint = Mint(self.inside.instance.ring, msgspec.json.encode, msgspec.json.decode)
            return mint.sign(said, "ES256", ACCESS, self.inside.instance.clock())
        label = f"{said['aud']}/jwt/access"
        key = self.inside.instance.ring.snapshot.macs[label].at(self.inside.instance.clock())
        signed = f"{header}.{to_text(json.dumps(said).encode())}"
        return f"{signed}.{to_text(key.mac(signed.encode()))}"


def foreign(token):
    """The same header and claims, signed by a key of somebody else."""
    head, payload, _ = token.split(".")
    header = json.loads(from_text(head))
    if header["alg"] == "ES256":
        return jws.serialize_compact(header, from_text(payload), ECKey.generate_key("P-256"))
    signed = f"{head}.{payload}"
    return f"{signed}.{to_text(hmac.digest(bytes(32), signed.encode(), 'sha256'))}"


def forged(token):
    """Another subject under the old signature."""
    head, payload, signature = token.split(".")
    claims = json.loads(from_text(payload)) | {"sub": "somebody"}
    return f"{head}.{to_text(json.dumps(claims).encode())}.{signature}"


def without_signature(token):
    """`alg: none` (RFC 8725 §3.2)."""
    header = to_text(b'{"alg":"none","typ":"at+jwt"}')
    return f"{header}.{token.split('.')[1]}."


@contextmanager
def issuer(folder, settings):
    """A service with a client that inspects all kinds, and has the key of each that has one."""
    with running_server(folder, settings=settings) as server, issuing(server) as inside:
        instance = inside.instance
        registration = {"inspects": list(SIGN_INS), "shared_keys": list(SYMMETRIC)}
        draft = ClientDraft(CLIENT, disabled=False, registration=registration)
        instance.directory.clients.add(draft, instance.hasher.hash(SECRET))
        made = Issuer(server, inside)
        until(lambda: _knows_client(server), "the client")
        yield made


def _knows_client(server):
    form = f"client_id={CLIENT}&client_secret={SECRET}&token=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(server.url, "POST", "/oauth/introspect", form, headers)[0] == 200
