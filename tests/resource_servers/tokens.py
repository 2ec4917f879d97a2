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
from tests.verify.vendor_sign_ins import PASSWORD, SIGN_INS

from reticket.core.tokens.faces import from_text, to_text
from reticket.core.tokens.mint import ACCESS, Mint
from reticket.directory.drafts import ClientDraft
from reticket.testing import running_server
from reticket.testing.server import RunningServer
from reticket.testing.waiting import until

CLIENT, SECRET = "files", "files-secret"
SYMMETRIC = ("akinon.user", "cloudreve.user")
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
        token = self._signed_in(kind)
        access = token.get("accessToken") or token["access_token"]
        return access, token.get("refreshToken") or token["refresh_token"]

    def signs_in(self, kind):
        """Whether the credentials are known by now."""
        return bool({"accessToken", "access_token"} & self._signed_in(kind).keys())

    def _signed_in(self, kind):
        path, said = SIGN_INS[kind]
        answer = json.loads(call(self.server.url, "POST", path, json.dumps(said))[2])
        return answer.get("data", {}).get("token", answer)

    def new_credentials(self):
        """Ada has another password, and the application another secret; both read as before."""
        instance = self.inside.instance
        instance.directory.users.set_password(self.inside.user.id, instance.hasher.hash(PASSWORD))
        application = SIGN_INS["kibo.application"][1]
        secret = instance.hasher.hash(application["sharedSecret"])
        instance.directory.applications.rotate_secret(application["applicationId"], secret)

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
