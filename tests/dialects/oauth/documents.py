"""A client that a metadata document describes, and a service that accepts such clients."""

import json
from contextlib import contextmanager

from tests.dialects.oauth.browser import PagesWorld
from tests.dialects.oauth.token_people import REDIRECT

from reticket.core.fetching.model import Fetched

URL = "https://app.example.com/client.json"
APP = {
    "client_id": URL,
    "client_name": "Notes",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token"],
}
ASKED = {"client_id": URL, "scope": "openid"}


def document(said=None, lifetime=3600, **members):
    """The answer of the server."""
    body = said if isinstance(said, bytes) else json.dumps({**(said or APP), **members}).encode()
    return Fetched(200, "application/json", body, lifetime)


@contextmanager
def accepting(*, documents=True, **options):
    made = PagesWorld(documents=documents, **options)
    made.elsewhere[URL] = document()
    try:
        yield made
    finally:
        made.close()
