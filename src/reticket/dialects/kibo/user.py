"""Tickets of people: sign-in, refresh with or without a switch of scope, and sign-out.

Knows neither tenants nor developer accounts: a `TicketKind` says which of them are the scopes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reticket.core.commands import BeginSession, FactorRule, Refresh, SignIn
from reticket.core.entitlement import entitled
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Issued, Place
from reticket.core.people import User
from reticket.dialects.kibo import inputs
from reticket.dialects.kibo.access import Guard
from reticket.dialects.kibo.answers import answer
from reticket.dialects.kibo.document import TOKEN
from reticket.dialects.kibo.sign_out import end
from reticket.wire import Operation, WireRequest


@dataclass(frozen=True, slots=True)
class TicketKind:
    """What tells the tickets of one kind from those of another.

    Args:
        scope: the query parameter that names a scope.
        place: what its scopes are.
        ticket: the encoded ticket of a pair.
    """

    resource: str
    scope: str
    place: Place
    ticket: Callable[[Issued], bytes]


@dataclass(frozen=True, slots=True)
class Tickets:
    """The operations on one kind of tickets.

    Args:
        guard: what a request must show beside what it asks with.
        factor: how a person with a second factor is treated.
    """

    kind: TicketKind
    guard: Guard
    factor: FactorRule

    def create(self, request: WireRequest) -> Operation:
        """Sign in; 201."""
        values = inputs.query(request)
        wanted, scope = inputs.selection(values), self._scope(values)
        email, password = _credentials(request)
        yield from self.guard(request)
        user = yield from SignIn(self.kind.resource, email, password, factor=self.factor)
        context = self._first_context(user, scope)
        issued = yield from BeginSession(self.kind.resource, user, context)
        if not entitled(issued.holder, context, self.kind.place, None):
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
        return answer(request, 201, self.kind.ticket(issued), wanted)

    def refresh(self, request: WireRequest) -> Operation:
        """Exchange a refresh token; an id in the query switches the scope."""
        values = inputs.query(request)
        wanted, scope = inputs.selection(values), self._scope(values)
        token = inputs.required(inputs.refresh_token(request), TOKEN)
        yield from self.guard(request)
        issued = yield from Refresh(self.kind.resource, token, context=scope, place=self.kind.place)
        return answer(request, 200, self.kind.ticket(issued), wanted)

    def delete(self, request: WireRequest) -> Operation:
        """End the session of a refresh token."""
        values = inputs.query(request)
        inputs.selection(values)
        token = inputs.required(values.get(TOKEN.lower()), TOKEN)
        return (yield from end(request, self.kind.resource, token))

    def _scope(self, values: Mapping[str, str]) -> str | None:
        said = inputs.optional_id(values, self.kind.scope)
        return None if said is None else str(said)

    def _first_context(self, user: User, scope: str | None) -> str | None:
        """The scope that was asked for, the only one, or none while there is a choice."""
        contexts = self._contexts(user)
        if not contexts or scope not in (None, *contexts):
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
        return contexts[0] if len(contexts) == 1 else scope

    def _contexts(self, user: User) -> list[str]:
        places = user.tenants if self.kind.place is Place.TENANT else user.accounts
        return [str(one.id) for one in places]


def _credentials(request: WireRequest) -> tuple[str, str]:
    said = inputs.members(request)
    email = inputs.text(said, "emailAddress")
    name = inputs.text(said, "userName")
    password = inputs.required(inputs.text(said, "password"), "password")
    return inputs.required(email or name, "emailAddress"), password
