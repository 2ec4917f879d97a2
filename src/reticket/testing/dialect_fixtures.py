"""Plays a dialect's fixture file: recorded exchanges with exact bytes, against a scripted service.

A fixture file is written from a dialect's sources, never generated from its code. The scripted
service answers each command as the file says and checks its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from reticket.core.commands import Command
from reticket.core.errors import Cause, Code, Refusal, ReticketError, Unavailable
from reticket.core.model import Caller
from reticket.wire import Dialect, Operation, Route, WireRequest, WireResponse

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C is ten times as fast; a build of PyYAML may lack it."""

CALLER = Caller("192.0.2.7", "00112233445566778899aabbccddeeff", "fixture/1.0")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, the commands of the dialect, and the response.

    Args:
        name: unique in its file.
        source: where the exchange is documented.
        options: the dialect's options in this exchange.
        script: commands in order, each with its result or refusal.
    """

    name: str
    source: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    options: Mapping[str, Any]
    script: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Fixtures:
    """A fixture file.

    Args:
        refusals: the response to every refusal code.
        exchanges: recorded requests and responses.
        variants: options under which the dialect must keep its contract.
        lenient: names of schemathesis' checks that may fail for its OpenAPI document, because its
            clients require that.
    """

    refusals: Mapping[Code, Mapping[str, Any]]
    exchanges: Sequence[Exchange]
    variants: Sequence[Mapping[str, Any]] = ({},)
    lenient: Sequence[str] = ()


def load_fixtures(path: Path) -> Fixtures:
    """Read a fixture file."""
    said = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a safe one
    return Fixtures(
        refusals={Code(code): answer for code, answer in said["refusals"].items()},
        exchanges=[
            Exchange(
                name=one["name"],
                source=one["source"],
                request=one["request"],
                response=one["response"],
                options=one.get("options", {}),
                script=one.get("script", []),
            )
            for one in said["exchanges"]
        ],
        variants=said.get("variants", [{}]),
        lenient=said.get("lenient", []),
    )


def play(dialect: Dialect, exchange: Exchange, samples: Mapping[str, Any]) -> None:
    """Perform an exchange and compare the response to the byte. `samples` has the results of
    commands by their names in the file.
    """
    request = request_of(exchange.request)
    script = list(exchange.script)
    try:
        response = _run(_operation(dialect, request), script, samples)
    except ReticketError as error:
        response = dialect.refuse(request, error)
    assert script == [], "the dialect did not ask for all of the script"
    assert_answer(response, exchange.response)


def request_of(said: Mapping[str, Any]) -> WireRequest:
    """A request from its form in a fixture file; a body is text or bytes."""
    body = said.get("body", b"")
    headers = said.get("headers", {})
    return WireRequest(
        method=said["method"],
        path=said["path"],
        query=said.get("query", "").encode(),
        headers=[(name.lower().encode(), value.encode()) for name, value in headers.items()],
        body=body if isinstance(body, bytes) else body.encode(),
        caller=CALLER,
    )


def error_of(said: Mapping[str, Any]) -> ReticketError:
    """An error of the service from its form in a fixture file."""
    code = Code(said["code"])
    if code is Code.UNAVAILABLE:
        return Unavailable("scripted", said.get("retry_after", 1))
    if code is Code.INTERNAL:
        return ReticketError()
    cause = Cause(said["cause"]) if "cause" in said else None
    details = {name: said.get(name) for name in ("parameter", "detail", "retry_after")}
    return Refusal(code, cause, **details)


def assert_answer(response: WireResponse, said: Mapping[str, Any]) -> None:
    """Assert that status, body, content type and headers are exactly these."""
    assert response.body.decode() == said.get("body", "")
    assert response.status == said["status"]
    content_type = response.content_type.decode() if response.content_type else None
    assert content_type == said.get("content_type")
    headers = {name.decode(): value.decode() for name, value in response.headers}
    assert headers == said.get("headers", {})


def route_of(dialect: Dialect, request: WireRequest) -> Route | None:
    """The route with that exact path, else one with a parameter."""
    of_method = [route for route in dialect.routes if route.method == request.method]
    found = [route for route in of_method if _parameters(dialect, route, request) is not None]
    return min(found, key=lambda route: route.path.count("{"), default=None)


def _operation(dialect: Dialect, request: WireRequest) -> Operation:
    route = route_of(dialect, request)
    if route is not None:
        return route.operate(
            replace(request, parameters=_parameters(dialect, route, request) or {})
        )
    assert dialect.otherwise is not None, "no route has that method and path"
    return dialect.otherwise(request)


def _parameters(dialect: Dialect, route: Route, request: WireRequest) -> dict[str, str] | None:
    """The parameters in the path of a request; None when it is not the path of the route."""
    path = request.path.removeprefix(dialect.base_path).rstrip("/")
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
    found = re.fullmatch(pattern, path)
    return found.groupdict() if found else None


def _run(
    operation: Operation, script: list[Mapping[str, Any]], samples: Mapping[str, Any]
) -> WireResponse:
    """Answer the commands of an operation from the script, which must be used up."""
    try:
        command = next(operation)
        while script:
            step = script.pop(0)
            _assert_asked(command, step["ask"])
            if "refuse" in step:
                command = operation.throw(error_of(step["refuse"]))
            else:
                command = operation.send(samples[step["get"]])
    except StopIteration as done:
        response: WireResponse = done.value
        return response
    raise AssertionError(f"{command} was not expected")


def _assert_asked(command: Command[Any], said: Mapping[str, Any]) -> None:
    assert type(command).__name__ == said["command"]
    expected = {name: value for name, value in said.items() if name != "command"}
    assert {name: _plain(getattr(command, name)) for name in expected} == expected


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
