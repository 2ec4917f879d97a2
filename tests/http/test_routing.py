"""Paths and their routes, an open segment anywhere among them."""

from types import SimpleNamespace
from urllib.parse import unquote_to_bytes

import pytest

from reticket.http.routing import RoutingTable
from reticket.wire import Route

ROUTES = [
    ("GET", "/things"), ("POST", "/things/all"), ("GET", "/things/{id}"), ("PUT", "/things/{id}"),
    ("POST", "/things/{name}/secret"), ("POST", "/{kind}/reset"),
]  # fmt: skip
TABLE = RoutingTable([
    SimpleNamespace(
        base_path="/api",
        routes=[
            *(Route(*each, operate=None) for each in ROUTES),
            Route("GET", "/tickets/new", operate=None, begins=True),
        ],
    )
])  # fmt: skip


def found(method, path, raw_path=None):
    match = TABLE.find(method, path, raw_path)
    return match and (match.route and match.route.path, dict(match.parameters), match.allowed)


@pytest.mark.parametrize(
    ("method", "path", "route", "parameters"),
    [
        ("GET", "/api/things", "/things", {}),
        ("GET", "/api/things/", "/things", {}),
        ("GET", "/api/things/7", "/things/{id}", {"id": "7"}),
        ("GET", "/api/things/7/", "/things/{id}", {"id": "7"}),
        ("PUT", "/api/things/secret", "/things/{id}", {"id": "secret"}),
        ("POST", "/api/things/7/secret", "/things/{name}/secret", {"name": "7"}),
        ("POST", "/api/things/{}/secret", "/things/{name}/secret", {"name": "{}"}),
        ("POST", "/api/others/reset", "/{kind}/reset", {"kind": "others"}),
        ("POST", "/api/things/all", "/things/all", {}),
    ],
)
def test_a_path_matches_its_route_and_its_parameter(method, path, route, parameters):
    assert found(method, path) == (route, parameters, ())


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/things/7", ("GET", "PUT")),
        ("GET", "/api/things/7/secret", ("POST",)),
        ("GET", "/api/things/all", ("POST",)),
        ("POST", "/api/things//secret", ()),
        ("POST", "/api/things/7/8/secret", ()),
        ("GET", "/api/nothing", ()),
        ("GET", "/api/" + "a/" * 10_000, ()),
    ],
)
def test_a_path_without_the_method_lists_its_methods(method, path, allowed):
    assert found(method, path) == (None, {}, allowed)


def test_rfc9110_9_2_1_head_is_get_only_where_that_begins_nothing():
    assert found("HEAD", "/api/things/7") == found("GET", "/api/things/7")
    assert found("GET", "/api/tickets/new") == ("/tickets/new", {}, ())
    for path in ("/api/tickets/new", "/api/tickets/new/"):
        assert found("HEAD", path) == (None, {}, ("GET",))
    assert found("HEAD", "/api/tickets/old") == (None, {}, ())


def test_other_paths_belong_to_no_dialect():
    assert found("GET", "/apiary") is None


@pytest.mark.parametrize(
    ("method", "raw_path", "name"),
    [
        ("GET", b"/api/things/api%3A%2F%2Fa%2Fb", "api://a/b"),
        ("GET", b"/api/things/my%20app/", "my app"),
        ("GET", b"/api/things/a%2Fsecret", "a/secret"),
        ("GET", b"/api/things/a%2F", "a/"),
        ("GET", b"/api/things/a%252Fb", "a%2Fb"),
        ("POST", b"/api/things/a%2fb/secret", "a/b"),
    ],
)
def test_rfc3986_2_2_an_encoded_slash_is_part_of_its_segment(method, raw_path, name):
    match = TABLE.find(method, unquote_to_bytes(raw_path).decode(), raw_path)
    assert list(match.parameters.values()) == [name]


@pytest.mark.parametrize("raw_path", [b"/api%2Fthings/7", b"/api/things%2F7/secret"])
def test_an_encoded_slash_does_not_separate_segments(raw_path):
    path = unquote_to_bytes(raw_path).decode()
    assert found("POST", path, raw_path) == (None, {}, ())
