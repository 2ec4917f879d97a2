"""Finds the dialect and the route of a request: a table from method and path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from reticket.wire import Dialect, Route
from reticket.wire_paths import whole_path

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_OPEN = "{}"

Segments = tuple[str, ...]
"""The segments of a path, each decoded by itself."""


class Match(NamedTuple):
    """The dialect of a path. `route` is None when the dialect has none for it; `allowed` then has
    the methods of the path.
    """

    dialect: Dialect
    route: Route | None
    parameters: Mapping[str, str]
    allowed: tuple[str, ...] = ()


class RoutingTable:
    """Owns the routes of all dialects. A trailing slash is ignored."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._exact: dict[tuple[str, str], Match] = {}
        self._templates: dict[tuple[str, Segments], tuple[Match, str]] = {}
        self._deepest = 0
        self._bases = sorted(dialects, key=lambda dialect: -len(dialect.base_path))
        for dialect in self._bases:
            for route in dialect.routes:
                self._add(dialect, route)

    def _add(self, dialect: Dialect, route: Route) -> None:
        path = whole_path(dialect, route)
        match = Match(dialect, route, {})
        name = _PLACEHOLDER.search(path)
        if name is None:
            self._exact[route.method, path] = match
            return
        template = tuple(_PLACEHOLDER.sub(_OPEN, path).split("/"))
        self._templates[route.method, template] = match, name[1]
        self._deepest = max(self._deepest, path.count("/"))

    def find(self, method: str, path: str, raw_path: bytes | None = None) -> Match | None:
        """The match, or None when the path belongs to no dialect. HEAD is answered like GET (RFC
        9110 §9.3.2), where that begins nothing.

        Args:
            method: upper case.
            path: percent-decoded.
            raw_path: as sent. An encoded slash in it is a part of its segment (RFC 3986 §2.2).
                Without it, no slash of `path` was encoded.
        """
        if method == "HEAD":
            return self._find_for_head(path, raw_path)
        match = self._exact.get((method, path))
        if match is not None:
            return match
        path = path.rstrip("/")
        segments = _segments(path, raw_path)
        return (
            self._exact.get((method, path))
            or self._find_template(method, path, segments)
            or self._not_found(path, segments)
        )

    def _find_for_head(self, path: str, raw_path: bytes | None) -> Match | None:
        match = self.find("GET", path, raw_path)
        if match is None or match.route is None or match.route.answers("HEAD"):
            return match
        return Match(match.dialect, None, {}, (match.route.method,))

    def _find_template(self, method: str, path: str, segments: Sequence[str]) -> Match | None:
        for template, value in self._with_placeholder(segments):
            found = self._templates.get((method, template))
            if found is not None and not self._is_exact(path):
                match, name = found
                return match._replace(parameters={name: value})
        return None

    def _with_placeholder(self, segments: Sequence[str]) -> Iterator[tuple[Segments, str]]:
        """The path with one segment replaced by a placeholder, the last one first; and that
        segment.
        """
        if len(segments) > self._deepest + 1:
            return
        for index in range(len(segments) - 1, 0, -1):
            if segments[index]:
                yield (*segments[:index], _OPEN, *segments[index + 1 :]), segments[index]

    def _is_exact(self, path: str) -> bool:
        return any(path == exact for _, exact in self._exact)

    def _not_found(self, path: str, segments: Sequence[str]) -> Match | None:
        dialect = self._owner(path)
        return Match(dialect, None, {}, self._methods(path, segments)) if dialect else None

    def _owner(self, path: str) -> Dialect | None:
        """The dialect of a path that exists with another method, or that is below the dialect's
        base path.
        """
        exact = (match.dialect for (_, known), match in self._exact.items() if known == path)
        below = (each for each in self._bases if f"{path}/".startswith(f"{each.base_path}/"))
        return next(exact, None) or next(below, None)

    def _methods(self, path: str, segments: Sequence[str]) -> tuple[str, ...]:
        exact = {method for method, known in self._exact if known == path}
        if exact:
            return tuple(sorted(exact))
        templates = {template for template, _ in self._with_placeholder(segments)}
        return tuple(sorted(method for method, known in self._templates if known in templates))


def _segments(path: str, raw_path: bytes | None) -> Sequence[str]:
    """The segments of a path without a slash at its end."""
    if raw_path is None or b"%" not in raw_path:
        return path.split("/")
    return [unquote(each) for each in raw_path.decode("latin-1").rstrip("/").split("/")]
