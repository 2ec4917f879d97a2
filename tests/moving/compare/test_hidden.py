"""A secret that a server sends back is shown in no place of an answer."""

import json

import pytest

from reticket.fetching.given_server import WholeAnswer
from reticket.moving.compare import forms
from reticket.moving.compare.forms import Hidden, words
from reticket.moving.compare.header_places import header_places
from reticket.moving.compare.places import places_of

SECRET = "MyPassw0rd"
HIDDEN = Hidden("http://own.example", {SECRET})


@pytest.mark.parametrize(
    "header",
    [
        ("cache-control", f"private, {SECRET}"),
        ("set-cookie", f"a=b; {SECRET}={SECRET}; path=/{SECRET}"),
        ("set-cookie", f"{SECRET.lower()}=b"),
        ("content-type", f"text/{SECRET}"),
        ("www-authenticate", f'{SECRET} {SECRET}="x"'),
        (SECRET.lower(), "x"),
        ("location", "http://own.example/My%50assw0rd?a=My%50assw0rd#My%50assw0rd"),
        ("x-other", SECRET.upper()),
    ],
)
def test_no_header_shows_a_secret(header):
    assert SECRET.lower() not in str(list(header_places([header], HIDDEN))).lower()


def test_no_body_shows_a_secret():
    body = json.dumps({SECRET.lower(): 1, "said": f"no: {SECRET.upper()}", "url": "x My%50assw0rd"})
    answer = WholeAnswer(200, (("content-type", "application/json"),), body.encode())
    shown = str(places_of(answer, HIDDEN))
    assert SECRET.lower() not in shown.lower()
    assert "%50" not in shown


def test_an_address_is_found_at_the_start_of_a_run_alone():
    """A search that may begin anywhere takes time that grows with the square of the text."""
    assert forms._EMAIL.match("a@example.com")
    assert forms._EMAIL.match("aa@example.com", 1) is None
    assert words("mail a.b@example.com now", HIDDEN) == "mail {e-mail} now"
