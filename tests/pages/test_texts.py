"""Names that would turn the text around them: they stay in their own place on every page."""

import re
from pathlib import Path

import httpx
import pytest
from tests.pages.instance import running_service
from tests.pages.people import ADA, CALLBACK, Person

from reticket.core.texts import contained
from reticket.dialects.oauth.pages import html
from reticket.testing.waiting import PATIENCE

TEMPLATES = Path(html.__file__).parent / "templates"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
NAME = "\u2069\u202eknab ruoY\u200f"
"""It would end the isolate around it, and turn what follows."""

CLIENT = {"client_id": "bidi", "name": NAME, "redirect_uris": [CALLBACK],
          "scopes": ["openid", "orders.read"],
          "grants": ["authorization_code", DEVICE_GRANT]}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_service(tmp_path_factory.mktemp("bidi"), [CLIENT]) as running:
        yield running


@pytest.fixture
def person(server):
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as http:
        yield Person(http)


def outside(text):
    """What of a page stands outside every isolate."""
    inside = re.compile(r"<bdi>[^<]*</bdi>|\u2068[^<]*\u2069|(name|value|href)=\"[^\"]*\"")
    return inside.sub("", text)


def test_a_client_name_cannot_change_the_direction_of_other_text(person):
    pages = [person.asks(client_id="bidi", scope="openid orders.read").page]
    pages.append(person.sends(**ADA).page)
    for page in pages:
        assert page.status_code == 200
        assert contained(NAME) in page.text
        assert "\u202e" not in outside(page.text)
        assert "\u200f" not in outside(page.text)
        assert f"<bdi>{contained(NAME)}</bdi>" in page.text
    assert (
        f"<title>Allow \u2068{contained(NAME)}\u2069 to access your account?</title>"
        in pages[1].text
    )


@pytest.mark.parametrize("answer", ["allow", "deny"])
def test_a_device_name_cannot_change_the_direction_of_other_text(person, answer):
    said = person.http.post("/oauth/device", data={"client_id": "bidi", "scope": "openid"}).json()
    person.opens("/oauth/device").sends(user_code=said["user_code"]).sends(**ADA)
    page = person.sends(answer=answer).page
    assert contained(NAME) in page.text
    assert "\u202e" not in outside(page.text)


def test_an_error_cannot_change_the_direction_of_other_text(person):
    page = person.asks(client_id="bidi", redirect_uri="https://x.example/\u202e").page
    assert page.status_code == 400
    assert "\u202e" not in outside(page.text)


OURS = {
    "advice", "alert", "apps", "began", "body", "documents", "fields", "given", "items", "leave",
    "more", "note", "place", "scopes", "script", "sentence", "sessions", "style", "title",
    "used", "who", "words",
}  # fmt: skip
"""Sentences and markup of the service; what they hold of callers is isolated where it is put in."""


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_every_text_from_callers_is_isolated_in_its_template(template):
    seen = re.sub(r"<bdi>\{\w+\}</bdi>|<[^>]*>", "", template.read_text())
    assert set(re.findall(r"\{(\w+)\}", seen)) <= OURS
