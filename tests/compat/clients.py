"""A client of every kind: how it signs in, refreshes, and shows its access token."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.dialects.oauth.proofs import ath_of, proof, signed
from tests.http.wire import WIRES, call
from tests.judges.browser import Browser
from tests.pages.people import ALAN, one_time_password

ISSUER = "http://127.0.0.1:8088"
"""Of the folder, wherever the service listens: proofs and assertions name it."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCOPE = "openid profile orders.read"
VERIFIER = "a-verifier-that-is-long-enough-to-be-taken-for-one"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SPA = "http://127.0.0.1:5173/callback"
TENANT = "/api/platform/tenants/1000"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
"""Alan's, of the demo."""


class Pair(NamedTuple):
    access: str
    refresh: str | None


class Ticket:
    """A client of Kibo, Akinon or Cloudreve.

    `whoami` shows who holds an access token, `sign_out` ends the session of a refresh token.
    """

    def __init__(self, wire, access, whoami, sign_out=None, header="Authorization"):
        self._wire, self._access, self._whoami = wire, access, whoami
        self._sign_out, self._header = sign_out, header

    def sign_in(self, url):
        body = json.dumps(self._wire.sign_in_body)
        return self._pair(call(url, "POST", self._wire.sign_in_path, body))

    def refresh(self, url, token):
        return self._pair(self._wire.refresh(url, token))

    def is_refused(self, url, token):
        return self._wire.is_refused(self._wire.refresh(url, token))

    @property
    def can_sign_out(self):
        return self._sign_out is not None

    def sign_out(self, url, token):
        method, path = self._sign_out
        assert call(url, method, path, self._wire.body_of(token))[0] in (200, 204)

    def is_known(self, url, access):
        """Whether the service still accepts the access token."""
        said = f"Bearer {access}" if self._header == "Authorization" else access
        status, _, body = call(url, "GET", self._whoami, None, {self._header: said})
        return status == 200 and json.loads(body).get("code", 0) == 0

    def _pair(self, answer):
        assert self._wire.is_good(answer), answer
        said = json.loads(answer[2])
        for inner in ("data", "token"):
            said = said.get(inner, said)
        return Pair(said[self._access], self._wire.token_of(answer[2]))


class WithFactor(Ticket):
    """Cloudreve, for a person with a second factor."""

    def sign_in(self, url):
        asked = json.loads(call(url, "POST", self._wire.sign_in_path, json.dumps(ALAN))[2])
        assert asked["code"] == 203, asked
        otp = one_time_password(TOTP_SECRET, time.time())
        said = json.dumps({"session_id": asked["data"], "otp": otp})
        return self._pair(call(url, "POST", f"{self._wire.sign_in_path}/2fa", said))


class Registered:
    """A client of the OAuth dialect; it has a secret, a key, or neither.

    `signs` is the key that it authenticates with, `holds` the one that its tokens are bound to.
    """

    can_sign_out = True

    def __init__(self, client_id, redirect=None, secret=None, signs=None, holds=None):
        self.client_id, self._redirect, self._secret = client_id, redirect, secret
        self._signs, self._holds = signs, holds

    def sign_in(self, url):
        asked = {"response_type": "code", "redirect_uri": self._redirect, "scope": SCOPE,
                 "code_challenge": CHALLENGE, "code_challenge_method": "S256"}  # fmt: skip
        query = urlencode({"client_id": self.client_id, **self._asking(url, asked)})
        with Browser(url) as browser:
            landed = browser.allow(f"{url}/oauth/authorize?{query}")
        code = parse_qs(urlsplit(landed).query)["code"][0]
        return self._pair(
            self._ask(
                url,
                grant_type="authorization_code",
                code=code,
                redirect_uri=self._redirect,
                code_verifier=VERIFIER,
            )
        )

    def refresh(self, url, token):
        return self._pair(self._ask(url, grant_type="refresh_token", refresh_token=token))

    def is_refused(self, url, token):
        status, _, body = self._ask(url, grant_type="refresh_token", refresh_token=token)
        return status == 400 and json.loads(body)["error"] == "invalid_grant"

    def sign_out(self, url, token):
        assert self._call(url, "/oauth/revoke", {"token": token})[0] == 200

    def is_known(self, url, access):
        headers = {"Authorization": f"{'DPoP' if self._holds else 'Bearer'} {access}"}
        if self._holds:
            headers["DPoP"] = self._proof("GET", "/oauth/userinfo", ath=ath_of(access))
        return call(url, "GET", "/oauth/userinfo", None, headers)[0] == 200

    def _asking(self, url, asked):
        """What the browser is sent with."""
        return asked

    def _ask(self, url, **form):
        answer = self._call(url, "/oauth/token", form)
        nonce = answer[1].get("dpop-nonce")
        if self._holds and answer[0] == 400 and nonce:
            return self._call(url, "/oauth/token", form, nonce=nonce)
        return answer

    def _call(self, url, path, form, **claims):
        headers = dict(FORM)
        if self._secret:
            said = b64encode(f"{self.client_id}:{self._secret}".encode()).decode()
            headers["Authorization"] = f"Basic {said}"
        elif self._signs:
            form = form | {"client_assertion_type": ASSERTION, "client_assertion": self._asserted()}
        else:
            form = form | {"client_id": self.client_id}
        if self._holds:
            headers["DPoP"] = self._proof("POST", path, **claims)
        return call(url, "POST", path, urlencode(form), headers)

    def _asserted(self):
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "iat": now,
                  "exp": now + 60, "jti": secrets.token_hex(16)}  # fmt: skip
        return signed(self._signs, {"alg": "ES256", "typ": "JWT"}, claims)

    def _proof(self, method, path, **claims):
        now, jti = int(time.time()), secrets.token_hex(16)
        return proof(method, f"{ISSUER}{path}", now, key=self._holds, jti=jti, **claims)

    def _pair(self, answer):
        assert answer[0] == 200, answer
        said = json.loads(answer[2])
        return Pair(said["access_token"], said.get("refresh_token"))


class Pushing(Registered):
    """A client that pushes its requests (RFC 9126)."""

    def _asking(self, url, asked):
        return {"request_uri": json.loads(self._call(url, "/oauth/par", asked)[2])["request_uri"]}


class Screen(Registered):
    """A client of the device grant."""

    def sign_in(self, url):
        given = json.loads(self._call(url, "/oauth/device", {"scope": SCOPE})[2])
        with Browser(url) as browser:
            browser.connect(f"{url}{urlsplit(given['verification_uri']).path}", given["user_code"])
        return self._pair(self._ask(url, grant_type=DEVICE, device_code=given["device_code"]))


class Machine(Registered):
    """A client without a person and without a session."""

    def sign_in(self, url):
        return self._pair(self._ask(url, grant_type="client_credentials"))

    def is_known(self, url, access):
        return json.loads(self._call(url, "/oauth/introspect", {"token": access})[2])["active"]


def clients(key):
    """All of them, by name; `key` is that of those that have one."""
    akinon, cloudreve, application, developer, adminuser = WIRES
    sign_out = ("DELETE", "/api/v4/session/token")
    return {
        "akinon": Ticket(
            akinon, "accessToken", "/api/v1/profile/me", ("POST", "/api/v1/auth/logout")
        ),
        "cloudreve": Ticket(cloudreve, "access_token", "/api/v4/user/me", sign_out),
        "cloudreve with a second factor": WithFactor(
            cloudreve, "access_token", "/api/v4/user/me", sign_out
        ),
        "kibo application": Ticket(application, "accessToken", TENANT, header="x-vol-app-claims"),
        "kibo developer": Ticket(developer, "accessToken", TENANT, header="x-vol-user-claims"),
        "kibo admin user": Ticket(adminuser, "accessToken", TENANT, header="x-vol-user-claims"),
        "web": Registered("web", "http://127.0.0.1/cb", secret="web-secret"),
        "spa": Registered("spa", SPA),
        "spa with a key": Registered("spa", SPA, holds=key),
        "native": Registered("native", SPA, holds=key),
        "keyed": Registered("keyed", SPA, signs=key),
        "fapi": Pushing("fapi", SPA, signs=key, holds=key),
        "tv": Screen("tv"),
        "backend": Machine("backend", secret="backend-secret"),
    }
