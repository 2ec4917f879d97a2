"""A person whose browser has no window: fills in the forms of the pages, over HTTP."""

import hashlib
import re
from base64 import b32decode, urlsafe_b64encode
from html import unescape
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

VERIFIER = "a-verifier-that-is-long-enough-to-be-taken-for-one"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "https://app.example.com/callback"
ADA = {"email": "ada@example.com", "password": "correct horse"}
JOAN = {"email": "joan@example.com", "password": "enigma-1941"}
ALAN = {"email": "alan@example.com", "password": "enigma-1912"}
REQUEST = {
    "client_id": "web",
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "openid orders.read",
    "state": "a state",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "prompt": "consent",
}
"""It asks for consent each time, since the tests share one service, which remembers consents."""

LEFT_OUT = object()


def asking(**changes):
    """A right request with these changes; a list for what comes several times."""
    said = {**REQUEST, **changes}
    return {name: value for name, value in said.items() if value is not LEFT_OUT}


class Person:
    """Looks at one page after the other; `page` is the last answer."""

    def __init__(self, http):
        self.http, self.page = http, None

    def opens(self, path="/oauth/authorize", **query):
        self.page = self.http.get(path, params=query)
        return self

    def asks(self, **changes):
        return self.opens(**asking(**changes))

    def signs_out(self):
        """Forget the cookies of the browser."""
        self.http.cookies.clear()
        return self

    def sends(self, headers=None, **fields):
        """The form of the page, with these fields filled in."""
        filled = {**self.hidden, **fields}
        self.page = self.http.post(self.action, data=filled, headers=headers)
        return self

    @property
    def action(self):
        return re.search(r'<form method="post" action="([^"]+)"', self.page.text)[1]

    @property
    def hidden(self):
        found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.page.text)
        return {name: unescape(value) for name, value in found}

    @property
    def headline(self):
        said = re.search(r"<h1>(.*?)</h1>", self.page.text)[1]
        return unescape(re.sub(r"</?bdi>", "", said))

    @property
    def alert(self):
        found = re.search(r'role="alert"[^>]*>(.*?)</p>', self.page.text)
        return unescape(found[1]) if found else None

    @property
    def sees(self):
        """The text of the page, without its markup."""
        _, _, body = self.page.text.partition("<body>")
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def answer(self):
        """The parameters of the redirect to the client."""
        assert self.page.status_code == 303
        return answer_in(self.page.headers["location"])


def answer_in(url):
    query = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


def one_time_password(secret, at):
    """RFC 6238, at a time in seconds."""
    code = TOTP(b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)
    return code.generate(at).decode()
