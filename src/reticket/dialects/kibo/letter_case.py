"""Finds the route of a path in any letter case, as the vendor's service does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from reticket.core.errors import Code, Refusal
from reticket.wire import Operation, Route, WireRequest

Template = Sequence[str | None]
"""Segments of a path; None is any text."""

Found = tuple[Route, Mapping[str, str]]
"""A route, and the values of its placeholders."""


class AnyLetterCase:
    """Answers requests whose path no route has letter by letter.

    Args:
        base_path: of the dialect.
        routes: all of its routes.
    """

    def __init__(self, base_path: str, routes: Sequence[Route]) -> None:
        self._base_path = base_path
        self._routes = [(_template(route.path), route) for route in routes]

    def answer(self, request: WireRequest) -> Operation:
        """The answer of the route.

        Raises:
            Refusal: NO_ROUTE; METHOD_NOT_ALLOWED for a path that has other methods.
        """
        found = self._of_path(request.path.removeprefix(self._base_path).rstrip("/").split("/"))
        if not found:
            raise Refusal(Code.NO_ROUTE)
        for route, parameters in found:
            if route.answers(request.method):
                return (yield from route.operate(replace(request, parameters=parameters)))
        raise Refusal(Code.METHOD_NOT_ALLOWED)

    def _of_path(self, segments: Sequence[str]) -> list[Found]:
        """The routes of a path. One without a placeholder hides those with it."""
        found: list[Found] = [
            (route, {name: segments[index] for name, index in placeholders.items()})
            for (template, placeholders), route in self._routes
            if _fits(template, segments)
        ]
        return [each for each in found if not each[1]] or found


def _template(path: str) -> tuple[Template, Mapping[str, int]]:
    """The segments of a route in lower case, and the places of its placeholders by their names."""
    segments = path.split("/")
    names = {each[1:-1]: place for place, each in enumerate(segments) if each.startswith("{")}
    return [None if each.startswith("{") else each.lower() for each in segments], names


def _fits(template: Template, segments: Sequence[str]) -> bool:
    return len(template) == len(segments) and all(
        said != "" if want is None else said.lower() == want
        for want, said in zip(template[1:], segments[1:], strict=True)
    )
