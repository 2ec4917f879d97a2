"""The page of a person's account, in front of a whole service."""

import re

import httpx
import pytest
from tests.http.wire import audit_stream_when, how_often
from tests.pages.instance import running_service
from tests.pages.people import ADA, Person, asking

from reticket.testing.waiting import PATIENCE


@pytest.fixture
def alone(tmp_path):
    """A service of its own, without any consent."""
    with running_service(tmp_path) as running:
        yield running


def test_a_person_takes_a_consent_back(alone):
    with httpx.Client(base_url=alone.url, timeout=PATIENCE) as http:
        person = Person(http)
        assert person.asks().sends(**ADA).sends(answer="allow").answer["code"]
        assert person.opens(**{**asking(), "prompt": "none"}).answer["code"]
        assert person.opens("/oauth/account").headline == "Your account"
        assert "Orders & <More>" in person.sees
        assert "know that it is you; use orders.read" in person.sees
        assert "None." in person.sends(app="web").sees
        assert person.opens(**{**asking(), "prompt": "none"}).answer["error"] == "consent_required"
    withdrawn = {"event": "consent_withdrawn"}
    audit_stream_when(alone, lambda told: how_often(told, **withdrawn) == 1)


def test_a_person_signs_out_everywhere(person):
    person.opens("/oauth/account").sends(**ADA)
    assert re.search("This browser", person.sees)
    assert person.sends(everything="yes").headline == "You are signed out"
    assert person.opens("/oauth/account").headline == "Sign in"


def test_a_form_of_another_site_ends_nothing(person):
    person.opens("/oauth/account").sends(**ADA)
    page = person.sends({"origin": "https://evil.example"}, everything="yes").page
    assert page.status_code == 403
    assert person.opens("/oauth/account").headline == "Your account"


def test_the_page_is_neither_framed_nor_read_by_another_origin(person):
    headers = person.opens("/oauth/account").page.headers
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
