"""One deliberate difference of each kind is found, and none is invented."""

import base64
import json
import re

import pytest
from tests.moving.compare.conftest import differences_of, sample_of, short_sample

from reticket import dialects
from reticket.moving.compare.calls import Call, CallChain


@pytest.mark.parametrize("name", sorted(dialects.modules()))
def test_two_equal_services_have_no_difference_in_any_dialect(services, name):
    assert differences_of(sample_of(name), *services) == []


def body(old, new):
    """A change of the text of bodies."""

    def change(answer):
        answer.body = re.sub(old, new, answer.body.decode()).encode()

    return change


def upper_case(name):
    """A change of one member of bodies, a text."""

    def change(answer):
        found = rf'"{name}":"[^"]*"'
        said = re.sub(
            found, lambda each: each[0].upper().replace(name.upper(), name), answer.body.decode()
        )
        answer.body = said.encode()

    return change


def jwt(name, change_part, part="claims"):
    """A change of the header or of the claims of a JWT in bodies."""
    at = ("header", "claims").index(part)

    def changed(found):
        parts = found[2].split(".")
        said = json.loads(base64.urlsafe_b64decode(parts[at] + "=" * (-len(parts[at]) % 4)))
        change_part(said)
        parts[at] = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
        return f"{found[1]}{'.'.join(parts)}"

    def change(answer):
        found = rf'("{name}":")(eyJ[\w.-]+)'
        answer.body = re.sub(found, changed, answer.body.decode()).encode()

    return change


def longer(claims):
    claims["exp"] += 600


def status(old, new):
    def change(answer):
        answer.status = new if answer.status == old else answer.status

    return change


def header(name, change_value):
    """A change of one header, where an answer has it; None takes it away."""

    def change(answer):
        changed = [
            (each, change_value(value) if each == name else value) for each, value in answer.headers
        ]
        answer.headers = [(each, value) for each, value in changed if value is not None]

    return change


def text(old, new):
    return lambda value: re.sub(old, new, value)


NOW = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
KINDS = {
    "status": ("akinon", status(401, 403), ("status", "401", "403")),
    "missing member": (
        "cloudreve", body('"nickname":"Ada",', ""),
        ("body.data.user.nickname", '"Ada"', "absent")),
    "missing object": (
        "akinon", body(r'^\{"validationError".*', "{}"),
        ("body.validationError", "object", "absent")),
    "extra member": (
        "akinon", body(r'^\{"apiError"', '{"extra":null,"apiError"'),
        ("body.extra", "absent", "null")),
    "type": (
        "cloudreve", body('"code":401,', '"code":"401",'), ("body.code", "integer 401", '"401"')),
    "code of an error": (
        "cloudreve", body(":40080,", ":40081,"), ("body.code", "integer 40080", "integer 40081")),
    "message of an error": (
        "cloudreve", body("Login required", "Log in"),
        ("body.msg", '"Login required"', '"Log in"')),
    "letter case": (
        "oauth", body('"token_type":"Bearer"', '"token_type":"bearer"'),
        ("body.token_type", '"Bearer"', '"bearer"')),
    "lifetime": (
        "oauth", body(r'"expires_in":\d+', '"expires_in":60'),
        ("body.expires_in", "integer 3600", "integer 60")),
    "lifetime of a JWT": (
        "akinon", jwt("accessToken", longer),
        ("body.accessToken.claims.lifetime", "integer 3600", "integer 4200")),
    "algorithm of a JWT": (
        "akinon", jwt("accessToken", lambda said: said.update(alg="HS512"), "header"),
        ("body.accessToken.header.alg", '"HS256"', '"HS512"')),
    "missing claim": (
        "akinon", jwt("accessToken", lambda said: said.pop("cv")),
        ("body.accessToken.claims.cv", "integer 1", "absent")),
    "extra claim": (
        "akinon", jwt("accessToken", lambda said: said.update(role="admin")),
        ("body.accessToken.claims.role", "absent", '"admin"')),
    "boolean": (
        "cloudreve", body('"register_enabled":false', '"register_enabled":true'),
        ("body.data.register_enabled", "false", "true")),
    "type of an id": (
        "cloudreve", body(r'("group":\{"id":)"[^"]*"', r"\g<1>17"),
        ("body.data.user.group.id", "text, an id", "integer")),
    "case of a UUID": (
        "cloudreve", upper_case("session_id"),
        ("body.data.session_id", "UUID", "UUID, upper case")),
    "number format": (
        "oauth", body(r'"expires_in":(\d+)', r'"expires_in":\1.0'),
        ("body.expires_in", "integer 3600", "decimal number 3600.0")),
    "time form": (
        "cloudreve", body(f'"created_at":"{NOW}"', '"created_at":1764490000'),
        ("body.data.user.created_at", "time 2026-01-31T23:59:59Z", "integer, seconds since 1970")),
    "zone of a time": (
        "cloudreve", body(f'"created_at":"({NOW[:-1]})Z"', r'"created_at":"\1+00:00"'),
        ("body.data.user.created_at", "time 2026-01-31T23:59:59Z",
         "time 2026-01-31T23:59:59+00:00")),
    "token form": (
        "akinon", body(r'("accessToken":)"[^"]*"', r'\1"Zq7SecretMark-0123456789"'),
        ("body.accessToken", "JWT", "opaque text")),
    "empty list": (
        "akinon", body(r'"apiError":\[.*?\]', '"apiError":[]'),
        ("body.apiError", "list", "empty list")),
    "body that is gone": (
        "akinon", body(r'^\{"apiError".*', ""), ("body", "object", "empty")),
    "body that is no JSON": (
        "akinon", body(r'^\{"apiError".*', "oh"), ("body", "object", "no JSON")),
    "content type": (
        "akinon", header("content-type", lambda value: f"{value}; charset=utf-8"),
        ("header.content-type", "application/json", "application/json;charset=utf-8")),
    "page in place of JSON": (
        "akinon", header("content-type", lambda value: "text/html"),
        ("body", "object", "text/html")),
    "missing header": (
        "akinon", header("allow", lambda value: None), ("header.allow", "post", "absent")),
    "header": (
        "oauth", header("cache-control", text("no-store", "private")),
        ("header.cache-control", "no-store", "private")),
    "challenge": (
        "oauth", header("www-authenticate", text('realm="reticket"', 'realm="other"')),
        ("header.www-authenticate.realm", '"reticket"', '"other"')),
}  # fmt: skip


def whole(form):
    """A form without the second by which the end of a token is rounded up."""
    return re.sub("^(integer (?:36|42)0)1$", r"\g<1>0", form)


@pytest.mark.parametrize("kind", KINDS)
def test_a_difference_is_found_and_nothing_else(services, fronted, kind):
    name, change, expected = KINDS[kind]
    ours, theirs = services
    found = differences_of(short_sample(name), ours, fronted(theirs, change))
    said = {(each.place, whole(each.ours), whole(each.theirs)) for each in found}
    assert expected in said
    related = {"page in place of JSON": {"header.content-type"}, "missing header": set()}
    places = {expected[0], *related.get(kind, ())}
    assert {place for place, *_ in said} == places
    assert "Zq7SecretMark" not in repr(found)


LEAVE = CallChain([Call("leave", "GET", "/leave", "/leave")])
COOKIE = "session=abc123; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"


def said_of(services, fronted, ours, theirs):
    """The differences of two services that answer with these headers."""

    def setting(headers):
        def change(answer):
            answer.headers += headers.items()

        return change

    urls = [fronted(url, setting(said)) for url, said in zip(services, (ours, theirs), strict=True)]
    found = differences_of([LEAVE], *urls)
    return {(each.place, each.ours, each.theirs) for each in found}


@pytest.mark.parametrize(
    ("old", "new", "place", "forms"),
    [
        ("; HttpOnly", "", "cookie.session.httponly", ('""', "absent")),
        ("; Secure", "", "cookie.session.secure", ('""', "absent")),
        ("Lax", "None", "cookie.session.samesite", ('"lax"', '"none"')),
        ("Path=/", "Path=/api", "cookie.session.path", ('"/"', '"/api"')),
        ("=3600", "=60", "cookie.session.max-age", ("integer 3600", "integer 60")),
        ("abc123", "", "cookie.session", ("opaque text", "empty")),
    ],
)
def test_an_attribute_of_a_cookie_that_differs_is_found(services, fronted, old, new, place, forms):
    ours, theirs = {"set-cookie": COOKIE}, {"set-cookie": COOKIE.replace(old, new)}
    assert said_of(services, fronted, ours, theirs) == {(place, *forms)}


def test_two_cookies_with_other_values_are_the_same(services, fronted):
    ours, theirs = {"set-cookie": COOKIE}, {"set-cookie": COOKIE.replace("abc123", "x9")}
    assert said_of(services, fronted, ours, theirs) == set()


@pytest.mark.parametrize(
    ("old", "new", "place", "forms"),
    [
        ("/cb", "/other", "target", ("https://a.example/cb", "https://a.example/other")),
        ("login_required", "denied", "error", ('"login_required"', '"denied"')),
        ("&state=s1", "", "state", ("opaque text", "absent")),
    ],
)
def test_a_redirect_elsewhere_is_found(services, fronted, old, new, place, forms):
    address = "https://a.example/cb?error=login_required&state=s1"
    ours, theirs = {"location": address}, {"location": address.replace(old, new)}
    found = said_of(services, fronted, ours, theirs)
    assert found == {(f"header.location.{place}", *forms)}


def test_a_redirect_with_another_code_is_the_same(services, fronted):
    ours, theirs = ({"location": f"https://a.example/cb?code={code}"} for code in ("a1", "b2"))
    assert said_of(services, fronted, ours, theirs) == set()
