"""The form of one value: equal for two servers, and without what must not be shown."""

import base64
import secrets

import pytest

from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.fetching.given_server import WholeAnswer
from reticket.moving.compare.differences import differences
from reticket.moving.compare.forms import Hidden, Number, looks_secret, number_form, text_form
from reticket.moving.compare.places import places_of

HIDDEN = Hidden("https://old.example.com", ["Zq7SecretMark"])


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("msg", "", '""'),
        ("msg", "Not found", '"Not found"'),
        ("msg", "No such person: ada@example.com", '"No such person: {e-mail}"'),
        ("msg", "your password is Zq7SecretMark", '"your password is {secret}"'),
        ("msg", "token Made0Token1That2Nobody3Has4Ever is bad", '"token {opaque} is bad"'),
        ("msg", "until 2026-01-31T10:00:00Z", '"until {time}"'),
        ("iss", "https://old.example.com/a", '"{own address}/a"'),
        ("email", "ada@example.com", "e-mail address"),
        ("rtk", "signature", "opaque text"),
        ("any", "5B8F2A04-3D1C-4F7E-9A68-0C2E4D6F8A1B", "UUID, upper case"),
        ("any", "5b8f2a04-3d1c-4f7e-9a68-0c2e4d6f8a1b", "UUID"),
        ("any", "0123456789abcdef0123456789abcdef", "hexadecimal"),
        ("refresh_token", "short", "opaque text"),
        ("refresh_token", "a.b", "opaque text in 2 parts"),
        ("userId", "lpua", "text, an id"),
        ("any", "2026-01-31T10:00:00.123+01:00", "time 2026-01-31T23:59:59+00:00"),
        ("any", "Sat, 31 Jan 2026 10:00:00 GMT", "time, as HTTP writes it"),
        ("any", "data:image/png;base64,AAAA", "data: image/png"),
        ("any", "xo" * 30 + " " + "yo" * 45, f'"{"xo" * 30} {"yo" * 29}y…"'),
    ],
)
def test_a_text_has_a_form(name, text, form):
    assert text_form(text, name, HIDDEN) == form


@pytest.mark.parametrize(
    ("name", "number", "form"),
    [
        ("code", "40001", "integer 40001"),
        ("code", "40001.0", "decimal number 40001.0"),
        ("id", "12", "integer"),
        ("exp", "1764490000", "integer, seconds since 1970"),
        ("exp", "1764490000000", "integer, milliseconds since 1970"),
        ("cv", "1764490000000", "large integer"),
        ("code", "9" * 5000, "large integer"),
        ("code", "1e5", "decimal number 1e5"),
    ],
)
def test_a_number_has_a_form(name, number, form):
    assert number_form(Number(number), name) == form


def test_random_texts_look_secret_and_words_do_not():
    made = [secrets.token_urlsafe(32) for _ in range(1000)]
    assert sum(not looks_secret(text) for text in made) <= 1  # 1 of 100 million may look like words
    assert looks_secret("xUCImfsfwlhTikpc_uxkef")
    assert looks_secret("DE-cbyfODboqfomich-HBF")
    for text in ("client_secret_post_basic", "/api/v4/session/token", "InvalidRequestException"):
        assert not looks_secret(text)


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"[" * 100_000, "no JSON"),
        (b"\xff", "no JSON"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, "object"),
        (b"1" * 5000, "large integer"),
        (b"", "empty"),
        (b"null", "null"),
    ],
    ids=range(6),
)
def test_a_hostile_body_has_a_form(body, form):
    answer = WholeAnswer(200, (("content-type", "application/json"),), body)
    assert places_of(answer, HIDDEN)["body",] == form


@pytest.mark.parametrize(
    ("claims", "lifetime"),
    [
        ('{"iat":1764490000,"exp":1764493600}', "integer 3600"),
        ('{"iat":1764490000.25,"exp":1764493600.3}', "integer 3600"),
        ('{"nbf":1764490000,"exp":1764493600}', "integer 3600"),
        ('{"iat":1764490000,"nbf":1764480000,"exp":1764493600}', "integer 3600"),
        ('{"exp":1764493600}', "absent"),
        ('{"iat":1764490000}', "absent"),
        ('{"iat":"1764490000","exp":1764493600}', "absent"),
        ('{"iat":1,"exp":NaN}', "absent"),
        ('{"iat":1e999,"exp":1e999}', "absent"),
        ("[1]", "absent"),
    ],
)
def test_a_jwt_has_its_lifetime_as_a_place(claims, lifetime):
    parts = [base64.urlsafe_b64encode(each.encode()) for each in ('{"alg":"none"}', claims)]
    text = b".".join((*parts, b"c2ln")).replace(b"=", b"")
    answer = WholeAnswer(200, (("content-type", "application/json"),), b'{"token":"%s"}' % text)
    places = places_of(answer, HIDDEN)
    assert places["body", "token"] == "JWT"
    assert places.get(("body", "token", "claims", "lifetime"), "absent") == lifetime


def test_a_server_that_does_not_answer_differs_in_its_status():
    silent = places_of(Unfetched(FetchFault.TIMED_OUT), HIDDEN)
    found = list(differences("GET /", places_of(WholeAnswer(200), HIDDEN), silent))
    said = {(each.place, each.ours, each.theirs) for each in found}
    assert ("status", "200", "no answer: timed_out") in said


def test_a_place_that_may_differ_is_left_out_with_all_inside_of_it():
    ours, theirs = ({("body", "data", "x"): text} for text in ("1", "2"))
    assert [each.place for each in differences("", ours, theirs)] == ["body.data.x"]
    for place in ("body.data.x", "body.data", "body"):
        assert list(differences("", ours, theirs, [place])) == []


def test_a_time_that_is_left_may_shrink_from_one_request_to_the_next():
    ours, theirs, other = ({("body", "expires_in"): f"integer {n}"} for n in (3600, 3598, 60))
    assert list(differences("", ours, theirs)) == []
    assert list(differences("", ours, other)) != []
