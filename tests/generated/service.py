"""A service with the demo's directory and an operator, and what the lives are told of it."""

import base64
import hashlib
import urllib.request
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.judges.browser import Browser
from tests.operation.ran import ran

from reticket.testing import running_server
from reticket.testing.server import without_settings
from reticket.testing.waiting import PATIENCE

DOCUMENTS = ("kibo", "akinon", "cloudreve", "oauth", "admin")
REDIRECT = "http://127.0.0.1/cb"
VERIFIER = "a verifier of a code is at least 43 letters long".replace(" ", "-")


@contextmanager
def running_service(folder):
    """Its address, and the secret of the client `operator`, which may use the admin API."""
    with running_server(folder) as running:
        said = {**without_settings(), "RETICKET_DATA": str(running.data)}
        added = ran(["client", "add", "operator", "--admin"], said)
        assert added.returncode == 0, added.stderr
        yield running.url, added.stdout.strip()


def served(url, name):
    """The document as the service serves it: its bytes."""
    address = f"{url}/openapi/{name}.json"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return answer.read()


def code_of_a_person(url):
    """An authorization code of the client `web`: Ada has signed in and consented."""
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    asked = {
        "client_id": "web",
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "openid offline_access",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    with Browser(url) as browser:
        landed = browser.allow(f"{url}/oauth/authorize?{urlencode(asked)}")
    return parse_qs(urlsplit(landed).query)["code"][0]
