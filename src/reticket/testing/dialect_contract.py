"""The contract that every dialect must pass.

Subclass `DialectContract` in a test module and give it a fixture `dialect`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import pytest

from reticket import dialects
from reticket.core.commands import Command, FactorRule, SignIn
from reticket.core.errors import Cause, Code, Refusal, ReticketError, Unavailable
from reticket.core.model import Caller
from reticket.openapi import build_document, document_bytes
from reticket.testing.dialect_declarations import DeclarationsContract
from reticket.wire import Dialect, Route, WireRequest, WireResponse
from reticket.wire_paths import document_path

MARK = "Zq7SecretMark"
"""Placed wherever a request may contain a secret; no output may contain it."""

CORRELATION = "00112233445566778899aabbccddeeff"
_SECRET = re.compile("token|password|secret|otp|session", re.IGNORECASE)

NO_ACCESS = Refusal(Code.INVALID_ACCESS_TOKEN, Cause.FORGED)
MOST_COMMANDS = 10
FORM = "application/x-www-form-urlencoded"

HOSTILE_BODIES = [
    b"",
    b"{",
    b"[]",
    b"[{}]",
    b"{}",
    b"null",
    b"true",
    b"123",
    b'"text"',
    b'{"a": 1}x',
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"\x00",
    b"a=b&a=c&%ff=%zz",
    b'{"a": "\\ud800"}',
    b'{"a": NaN}',
    b"9" * 5000,
    b"[" * 50_000,
    b'{"a":' * 50_000,
    b'{"a": "' + b"x" * 100_000 + b'"}',
]


class DialectContract(DeclarationsContract):
    """The contract of a dialect, whatever its wire form is."""

    def test_one_segment_of_a_path_is_open_at_most(self, dialect: Dialect) -> None:
        for route in dialect.routes:
            assert re.fullmatch(r"(/([^{}/]+|\{\w+\}))+", route.path), route.path
            assert route.path.count("{") <= 1, route.path
            assert route.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}

    def test_every_route_is_described(self, dialect: Dialect) -> None:
        for route in dialect.routes:
            described = route.describe
            assert described is not None, route.path
            assert any(200 <= status < 300 for status in described.answers), route.path
            in_path = {one.name for one in described.parameters if one.location == "path"}
            assert in_path == set(re.findall(r"\{(\w+)\}", route.path)), route.path

    def test_every_code_has_a_wire_form(self, dialect: Dialect) -> None:
        assert set(dialect.refusals) == set(Code)

    @pytest.mark.parametrize("code", list(Code))
    def test_it_answers_every_code(self, dialect: Dialect, code: Code) -> None:
        response = dialect.refuse(_request(), _error(code))
        assert 200 <= response.status < 600
        assert (response.content_type is None) == (response.body == b"")
        _assert_header_bytes(response)

    def test_it_says_when_to_come_back(self, dialect: Dialect) -> None:
        response = dialect.refuse(_request(), Refusal(Code.TOO_MANY_ATTEMPTS, retry_after=17))
        assert dict(response.headers)[b"retry-after"] == b"17"
        assert response.status in {429, 200}  # 200: clients of some vendors read no other body

    def test_a_failing_store_is_503(self, dialect: Dialect) -> None:
        response = dialect.refuse(_request(), Unavailable("full disk", 17))
        assert dict(response.headers)[b"retry-after"] == b"17"
        assert response.status == 503

    @pytest.mark.parametrize("code", list(Code))
    def test_a_refusal_shows_no_secret(self, dialect: Dialect, code: Code) -> None:
        for cause in (None, *Cause):
            shown = _shown(dialect.refuse(_request(), _error(code, cause)))
            assert MARK not in shown

    def test_a_refusal_does_not_say_what_failed(self, dialect: Dialect) -> None:
        shown = _shown(dialect.refuse(_request(), Unavailable(f"no space on {MARK}")))
        assert MARK not in shown

    @pytest.mark.parametrize("code", [Code.INVALID_TOKEN, Code.INVALID_CREDENTIALS])
    def test_refusals_of_a_kind_are_one_answer(self, dialect: Dialect, code: Code) -> None:
        causes = set(Cause) - {Cause.WRONG_FACTOR, Cause.FACTOR_LOCKED}
        answers = {dialect.refuse(_request(), Refusal(code, cause)).body for cause in causes}
        assert len(answers) == 1

    def test_a_locked_factor_looks_as_a_wrong_code(self, dialect: Dialect) -> None:
        wrong, locked = (
            dialect.refuse(_request(), Refusal(Code.INVALID_CREDENTIALS, cause)).body
            for cause in (Cause.WRONG_FACTOR, Cause.FACTOR_LOCKED)
        )
        assert wrong == locked

    @pytest.mark.parametrize("body", HOSTILE_BODIES, ids=range(len(HOSTILE_BODIES)))
    @pytest.mark.parametrize(
        "content_type", [b"", b"application/json", b"text/plain", FORM.encode()]
    )
    def test_it_survives_any_body(self, dialect: Dialect, body: bytes, content_type: bytes) -> None:
        for route in dialect.routes:
            driven = _drive(dialect, _request(route, body, content_type), route, NO_ACCESS)
            assert driven.response.status < 500, route.path

    @pytest.mark.parametrize("code", list(Code))
    def test_it_answers_whatever_the_service_refuses(self, dialect: Dialect, code: Code) -> None:
        for route in dialect.routes:
            driven = _drive(dialect, _request(route, *_good_body(route)), route, _error(code))
            assert MARK not in _shown(driven.response), route.path

    def test_its_commands_are_its_own_and_show_no_secret(self, dialect: Dialect) -> None:
        own = {kind.name for kind in dialect.kinds}
        for route in dialect.routes:
            driven = _drive(dialect, _request(route, *_good_body(route)), route, NO_ACCESS)
            for command in driven.commands:
                assert MARK not in repr(command), route.path
                assert _resources(command) <= own, route.path

    def test_it_signs_nobody_in_past_a_second_factor_unless_a_setting_says_so(
        self, dialect: Dialect
    ) -> None:
        assert FactorRule.IGNORE not in _factor_rules(dialect)

    def test_a_setting_says_what_happens_to_a_second_factor_that_it_cannot_ask_for(
        self, dialect: Dialect
    ) -> None:
        module = dialects.modules()[dialect.name]
        if "second_factor" in module.Options.__dataclass_fields__:
            lenient = module.build(module.Options(second_factor="ignore"))
            assert _factor_rules(lenient) == {FactorRule.IGNORE}
        else:
            assert FactorRule.REFUSE not in _factor_rules(dialect)

    def test_its_document_is_whole(self, dialect: Dialect) -> None:
        document = json.loads(document_bytes(dialect, "https://example.com"))
        assert document["openapi"].startswith("3.0.")
        assert {
            (method.upper(), path)
            for path, operations in document["paths"].items()
            for method in operations
        } == {(route.method, document_path(dialect, route)) for route in dialect.routes}
        known = document["components"]["schemas"]
        assert set(_references(document)) <= {f"#/components/schemas/{name}" for name in known}

    def test_its_operation_ids_are_distinct(self, dialect: Dialect) -> None:
        ids = [
            operation["operationId"]
            for operations in build_document(dialect)["paths"].values()
            for operation in operations.values()
            if "operationId" in operation
        ]
        assert len(set(ids)) == len(ids)


def _request(
    route: Route | None = None, body: bytes = MARK.encode(), content_type: bytes = b""
) -> WireRequest:
    path = route.path if route else f"/{MARK}"
    names = re.findall(r"\{(\w+)\}", path)
    sent = [(b"content-type", content_type)] if content_type else []
    return WireRequest(
        method=route.method if route else "POST",
        path=path,
        query=f"token={MARK}&refreshToken={MARK}&email={MARK}".encode(),
        headers=[*sent, (b"authorization", f"Bearer {MARK}".encode()), (b"x-any", MARK.encode())],
        body=body,
        caller=Caller("192.0.2.7", CORRELATION, MARK),
        parameters=dict.fromkeys(names, MARK),
    )


def _error(code: Code, cause: Cause | None = None) -> ReticketError:
    if code is Code.UNAVAILABLE:
        return Unavailable("full disk")
    return ReticketError() if code is Code.INTERNAL else Refusal(code, cause)


class _Driven(NamedTuple):
    commands: list[Command[Any]]
    response: WireResponse


def _drive(dialect: Dialect, request: WireRequest, route: Route, error: ReticketError) -> _Driven:
    """Run an operation against a service that answers every command with that error."""
    commands: list[Command[Any]] = []
    operation = route.operate(request)
    try:
        commands.append(next(operation))
        while len(commands) < MOST_COMMANDS:
            commands.append(operation.throw(error))
    except StopIteration as done:
        return _Driven(commands, done.value)
    except ReticketError as raised:
        return _Driven(commands, dialect.refuse(request, raised))
    raise AssertionError(f"{route.path} never gives up")


def _factor_rules(dialect: Dialect) -> set[FactorRule]:
    """The rules for a second factor of all its sign-ins of people."""
    driven = [
        _drive(dialect, _request(route, *_good_body(route)), route, NO_ACCESS)
        for route in dialect.routes
    ]
    commands = [command for each in driven for command in each.commands]
    return {command.factor for command in commands if isinstance(command, SignIn)}


def _good_body(route: Route) -> tuple[bytes, bytes]:
    """A body of the type that the route accepts, with secrets wherever they may occur."""
    described = route.describe
    kind = described.body if described else None
    names = [field.encode_name for field in msgspec.structs.fields(kind)] if kind else []
    members = {name: MARK if _SECRET.search(name) else "ada@example.com" for name in names}
    if described and FORM in described.body_media_types:
        return urlencode(members).encode(), FORM.encode()
    return msgspec.json.encode(members), b"application/json"


def _resources(command: Command[Any]) -> set[str]:
    many = getattr(command, "resources", None)
    one = getattr(command, "resource", None)
    return set(many or ()) | ({one} if one else set())


def _shown(response: WireResponse) -> str:
    return repr((response.body, list(response.headers)))


def _assert_header_bytes(response: WireResponse) -> None:
    for name, value in response.headers:
        assert name == name.lower()
        assert re.fullmatch(rb"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)
