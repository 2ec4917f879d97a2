"""How the operations that are measured come to their first tokens."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.judges.browser import Browser

from benchmarks.servers import HOST, ask

SignIn = Callable[[int], str]
"""Gets a token of the service at a port."""

SIGN_IN = "/api/v4/session/token"
"""Cloudreve's, of people."""

PASSWORD = "bench password"
PERSON = {"email": "bench@example.com", "password": PASSWORD}
NEWCOMER = {"email": "newcomer@example.com", "password": PASSWORD}
VALID = {"email": "valid@example.com", "password": PASSWORD}
REDIRECT = "http://127.0.0.1/callback"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def posted(method: str, path: str, body: str, mark: str) -> SignIn:
    """One request; the token is what `mark` finds in its answer."""
    return lambda port: _found(mark, ask(port, method, path, body))


def consented(client: str, headers: Mapping[str, str], mark: str) -> SignIn:
    """A person signs in and consents, and the client exchanges its code."""
    about = {"client_id": client, "redirect_uri": REDIRECT}
    asked = {"response_type": "code", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}

    def sign_in(port: int) -> str:
        url = f"http://{HOST}:{port}"
        with Browser(url, PERSON) as browser:
            landed = browser.allow(f"{url}/oauth/authorize?{urlencode(about | asked)}")
        form = {**about, "grant_type": "authorization_code", "code_verifier": VERIFIER}
        form["code"] = parse_qs(urlsplit(landed).query)["code"][0]
        return _found(mark, ask(port, "POST", "/oauth/token", urlencode(form), headers))

    return sign_in


def _found(mark: str, answer: tuple[int, object, str]) -> str:
    status, _, body = answer
    token = re.search(mark, body)
    if status >= 300 or token is None:
        raise SystemExit(f"a sign-in was answered {status}: {body[:200]}")
    return token[1]
