"""Where the routes of a dialect are served, and what the paths of its document leave out."""

from __future__ import annotations

from reticket.wire import Dialect, Route

WELL_KNOWN = "/.well-known/"
"""Such a path is not below the dialect's base path (RFC 8615)."""


def root_of(dialect: Dialect) -> str:
    """What the paths of the OpenAPI document leave out: the base path, if all are below it.

    Most generators of clients read no servers but those of the whole document. With a path beside
    the base path (RFC 8615) all paths are therefore whole.
    """
    described = [route for route in dialect.routes if route.describe is not None]
    return "" if any(WELL_KNOWN in route.path for route in described) else dialect.base_path


def document_path(dialect: Dialect, route: Route) -> str:
    """The path of a route in the OpenAPI document."""
    return whole_path(dialect, route).removeprefix(root_of(dialect))


def whole_path(dialect: Dialect, route: Route) -> str:
    """The path at which a route is served."""
    return route.path if WELL_KNOWN in route.path else dialect.base_path + route.path
