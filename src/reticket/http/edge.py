"""The ASGI application that answers the dialects: bytes to operation, operation to bytes.

No framework and no middleware on this path; every other request goes to the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple, TypeVar

import structlog
from msgspec.structs import replace

from reticket.core.commands import Asking, Audit
from reticket.core.errors import Code, Refusal, ReticketError, Unavailable
from reticket.core.model import Caller
from reticket.core.service import Performers
from reticket.http.asgi import Asgi, Receive, Scope, Send
from reticket.http.correlation import chosen_id, correlated, new_id
from reticket.http.cross_origin import fixed_headers, preflight, reader_headers
from reticket.http.deadlines import Deadlines
from reticket.http.incidents import Incidents
from reticket.http.routing import Match, RoutingTable
from reticket.wire import Headers, Operation, Route, WireRequest, WireResponse

R = TypeVar("R")

LONGEST_DEVICE = 200
MOST_DIGITS = 20
"""Digits of a Content-Length that are read: `int` refuses thousands of them, and these suffice."""

BEFORE_DIALECT = frozenset(
    {Code.NO_ROUTE, Code.METHOD_NOT_ALLOWED, Code.UNSUPPORTED_ENCODING, Code.TOO_LARGE}
)
"""Refusals before a dialect is called; the edge itself writes them into the audit stream."""

NO_CODINGS = (b"", b"identity")
"""Values of Content-Encoding for a body as it is (RFC 9110 §8.4.1)."""

NO_CONTENT = 204
"""A status whose response must not have a Content-Length (RFC 9110 §8.6)."""

_ACCEPTED_CODINGS = (b"accept-encoding", b"identity")
"""Tells the client how to send the body (RFC 9110 §12.5.3)."""

_log = structlog.get_logger("reticket.http")


Observer = Callable[[Match, WireResponse, Caller, float], None]
"""Called with each response and the seconds that it took."""


def logged(match: Match, response: WireResponse, caller: Caller, seconds: float) -> None:
    """The observer that logs a request. It logs the route, not the path, which may contain
    a token.
    """
    route = f"{match.route.method} {match.route.path}" if match.route else None
    _log.info(
        "request",
        dialect=match.dialect.name,
        route=route,
        status=response.status,
        milliseconds=round(seconds * 1000, 1),
        address=caller.address,
        correlation_id=caller.correlation_id,
    )


class ClientGone(Exception):
    """The connection ended before the request was complete."""


class Edge:
    """Owns the path of a request through its dialect.

    Args:
        table: the routes of all dialects.
        performers: perform the commands, by their classes.
        pages: answers what belongs to no dialect.
        body_limit: bytes.
        deadlines: for each request; a client retries after one, as after a lost response.
        observers: called with every response. What happened to sessions is in the audit stream.
        incidents: logs unavailable stores and internal errors.
    """

    def __init__(
        self,
        table: RoutingTable,
        performers: Performers,
        pages: Asgi,
        body_limit: int,
        deadlines: Deadlines,
        observers: Sequence[Observer],
        incidents: Incidents,
    ) -> None:
        self._table = table
        self._performers = performers
        self._pages = pages
        self._body_limit = body_limit
        self._deadlines = deadlines
        self._observers = observers
        self._incidents = incidents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = (
            self._table.find(scope["method"], scope["path"], scope.get("raw_path"))
            if scope["type"] == "http"
            else None
        )
        if match is None:
            await self._pages(scope, receive, correlated(send))
            return
        begun = perf_counter()
        caller = _caller(scope, match.dialect.correlation_header)
        try:
            response, refuses, readable = await self._answer(match, scope, receive, caller)
        except ClientGone:
            return
        seconds = perf_counter() - begun
        for observer in self._observers:
            observer(match, response, caller, seconds)
        body_wanted = scope["method"] != "HEAD"
        about = About(caller.correlation_id, match.allowed, body_wanted, refuses, readable)
        await _send(send, response, about)

    async def _answer(
        self, match: Match, scope: Scope, receive: Receive, caller: Caller
    ) -> tuple[WireResponse, bool, Headers]:
        """The response; whether it is a refusal, which a dialect's status may not show; and the
        headers for pages of other origins.
        """
        route = match.route
        request = WireRequest(
            scope["method"], scope["path"], scope["query_string"], scope["headers"], b"", caller,
            match.parameters,
        )  # fmt: skip
        try:
            request = replace(request, body=await self._body(scope, receive))
            operation = route.operate(request) if route else self._none(match, request)
            work = carried_out(operation, self._performers, caller)
            response, refuses = await self._deadlines.keep(work), False
        except ClientGone:
            raise
        except Exception as error:
            response, refuses = await self._refused(match, request, error), True
        if route is None or route.readers is None:
            return response, refuses, ()
        readable = fixed_headers(route, request)
        if readable is None:
            readable = await self._headers_for_readers(match, route, request)
        return response, refuses, readable

    async def _refused(self, match: Match, request: WireRequest, error: Exception) -> WireResponse:
        self._report(match, request.caller, error)
        if isinstance(error, Refusal) and error.code in BEFORE_DIALECT:
            audit = Audit(match.dialect.name, "refused", error.code)
            await self._performers[Audit](audit, request.caller)
        try:
            response = match.dialect.refuse(request, _as_reticket_error(error))
        finally:
            _drop_tracebacks(error)
        if isinstance(error, Refusal) and error.code is Code.UNSUPPORTED_ENCODING:
            return replace(response, headers=(*response.headers, _ACCEPTED_CODINGS))
        return response

    def _none(self, match: Match, request: WireRequest) -> Operation:
        """The answer to a preflight, or what the dialect says of a request without a route.

        Raises:
            Refusal: METHOD_NOT_ALLOWED; NO_ROUTE.
        """
        allowed = yield from preflight(self._table, request)
        if allowed is not None:
            return allowed
        if match.dialect.otherwise is not None:
            return (yield from match.dialect.otherwise(request))
        raise Refusal(Code.METHOD_NOT_ALLOWED if match.allowed else Code.NO_ROUTE)

    async def _headers_for_readers(
        self, match: Match, route: Route, request: WireRequest
    ) -> Headers:
        """The headers (CORS) that let the page read the response, if its origin may."""
        try:
            work = carried_out(reader_headers(route, request), self._performers, request.caller)
            return await self._deadlines.keep(work)
        except Exception as error:
            self._report(match, request.caller, error)
            _drop_tracebacks(error)
            return ()

    def _report(self, match: Match, caller: Caller, error: Exception) -> None:
        context = {"dialect": match.dialect.name, "correlation_id": caller.correlation_id}
        if isinstance(error, Unavailable):
            self._incidents.unavailable(str(error), **context)
        elif not isinstance(error, Refusal):
            self._incidents.failed("internal_error", error, **context)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared[:MOST_DIGITS]) > self._body_limit:
            raise Refusal(Code.TOO_LARGE)
        parts: list[bytes] = []
        length, more = 0, True
        while more and length <= self._body_limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            length, more = length + len(parts[-1]), message.get("more_body", False)
        if length > self._body_limit:
            raise Refusal(Code.TOO_LARGE)
        if length and headers.get(b"content-encoding", b"").lower() not in NO_CODINGS:
            raise Refusal(Code.UNSUPPORTED_ENCODING)
        return b"".join(parts)


async def carried_out(operation: Asking[R], performers: Performers, caller: Caller) -> R:
    """The result of an operation after all its commands were performed."""
    try:
        command = next(operation)
        while True:
            try:
                result = await performers[type(command)](command, caller)
            except ReticketError as error:
                command = operation.throw(error)
            else:
                command = operation.send(result)
    except StopIteration as done:
        returned: R = done.value
        return returned


def _caller(scope: Scope, chosen_by: bytes | None) -> Caller:
    client = scope.get("client")
    headers = dict(reversed(scope["headers"]))  # the first of several
    device, chosen = headers.get(b"user-agent"), headers.get(chosen_by)
    return Caller(
        client[0] if client else "",
        (chosen and chosen_id(chosen)) or new_id(),
        device[:LONGEST_DEVICE].decode("latin-1") if device else None,
    )


def _as_reticket_error(error: Exception) -> ReticketError:
    return error if isinstance(error, ReticketError) else ReticketError()


def _drop_tracebacks(error: BaseException | None) -> None:
    """Drop the tracebacks. Their frames and the error refer to each other, so a refused body would
    stay in memory until the next garbage collection.
    """
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class About(NamedTuple):
    """What a response needs beyond the dialect's part.

    Args:
        correlation_id: of the request.
        allowed: the methods of the path, for 405.
        body_wanted: whether the client wants a body (not for HEAD).
        refuses: whether nothing was done; for the connection, not for the client.
        readable: headers for pages of other origins.
    """

    correlation_id: str
    allowed: tuple[str, ...]
    body_wanted: bool
    refuses: bool
    readable: Headers


async def _send(send: Send, response: WireResponse, about: About) -> None:
    correlation_id = b"x-correlation-id", about.correlation_id.encode()
    headers = [correlation_id, *response.headers, *about.readable]
    if response.status != NO_CONTENT:
        headers.append((b"content-length", b"%d" % len(response.body)))
    if response.content_type is not None:
        headers.append((b"content-type", response.content_type))
    if about.allowed:
        headers.append((b"allow", ", ".join(about.allowed).encode()))
    start = "http.response.start"
    await send(
        {"type": start, "status": response.status, "headers": headers, "refuses": about.refuses}
    )
    body = response.body if about.body_wanted else b""
    await send({"type": "http.response.body", "body": body})
