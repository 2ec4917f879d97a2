"""Tickets of users: sign-in, refresh with or without a switch of scope, and sign-out.

Must not know tenants or developer accounts: a `TicketKind` defines which of them are the scopes.
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
    """A kind of ticket.

    Args:
        token_kind: the name of the kind of token.
        scope: the query parameter that names a scope.
        place: whether the scopes are tenants or accounts.
        ticket: encodes the ticket of a pair.
    """

    token_kind: str
    scope: str
    place: Place
    ticket: Callable[[Issued], bytes]


@dataclass(frozen=True, slots=True)
class Tickets:
    """The operations on one kind of ticket.

    Args:
        guard: the check of the access token that a request has beside its credentials.
        factor: how a person with a second factor is treated.
        created: the status of a sign-in.
    """

    kind: TicketKind
    guard: Guard
    factor: FactorRule
    created: int

    def create(self, request: WireRequest) -> Operation:
        """Sign in."""
        values = inputs.query(request)
        wanted, scope = inputs.selection(values), self._scope(values)
        email, password = _credentials(request)
        yield from self.guard(request)
        user = yield from SignIn(self.kind.token_kind, email, password, factor=self.factor)
        context = self._first_context(user, scope)
        issued = yield from BeginSession(self.kind.token_kind, user, context)
        if not entitled(issued.holder, context, self.kind.place, None):
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
        return answer(request, self.created, self.kind.ticket(issued), wanted)

    def refresh(self, request: WireRequest) -> Operation:
        """Return the next ticket for a refresh token. An id in the query switches the scope."""
        values = inputs.query(request)
        wanted, scope = inputs.selection(values), self._scope(values)
        token = inputs.required(inputs.refresh_token(request), TOKEN)
        yield from self.guard(request)
        issued = yield from Refresh(
            self.kind.token_kind, token, context=scope, place=self.kind.place
        )
        return answer(request, 200, self.kind.ticket(issued), wanted)

    def delete(self, request: WireRequest) -> Operation:
        """End the session of a refresh token."""
        values = inputs.query(request)
        inputs.selection(values)
        token = inputs.required(values.get(TOKEN.lower()), TOKEN)
        return (yield from end(request, self.kind.token_kind, token))

    def _scope(self, values: Mapping[str, str]) -> str | None:
        scope_id = inputs.optional_id(values, self.kind.scope)
        return None if scope_id is None else str(scope_id)

    def _first_context(self, user: User, scope: str | None) -> str | None:
        """The requested scope, else the user's only one; None if the user has several."""
        contexts = self._contexts(user)
        if not contexts or scope not in (None, *contexts):
            raise Refusal(Code.ACCESS_DENIED, Cause.NO_ACCESS)
        return contexts[0] if len(contexts) == 1 else scope

    def _contexts(self, user: User) -> list[str]:
        places = user.tenants if self.kind.place is Place.TENANT else user.accounts
        return [str(one.id) for one in places]


def _credentials(request: WireRequest) -> tuple[str, str]:
    body = inputs.members(request)
    email = inputs.text(body, "emailAddress")
    name = inputs.text(body, "userName")
    password = inputs.required(inputs.text(body, "password"), "password")
    return inputs.required(email or name, "emailAddress"), password
