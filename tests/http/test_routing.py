"""Paths and their routes, an open segment anywhere among them."""

from types import SimpleNamespace

import pytest

from reticket.http.routing import RoutingTable
from reticket.wire import Route

ROUTES = [
    ("GET", "/things"), ("POST", "/things/all"), ("GET", "/things/{id}"), ("PUT", "/things/{id}"),
    ("POST", "/things/{name}/secret"), ("POST", "/{kind}/reset"),
]  # fmt: skip
TABLE = RoutingTable([
    SimpleNamespace(base_path="/api", routes=[Route(*each, operate=None) for each in ROUTES])
])  # fmt: skip


def found(method, path):
    match = TABLE.find(method, path)
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


def test_other_paths_belong_to_no_dialect():
    assert found("GET", "/apiary") is None
