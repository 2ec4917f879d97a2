"""The admin API: the requests that an operator's programs may send.

It is built like a dialect, but is not one: it knows the directory and the key ring, and people
cannot sign in by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from reticket.admin import clients, errors, factors, keys, renamed, sessions, users
from reticket.admin.context import AdminContext
from reticket.admin.document import BASE, DOCUMENT
from reticket.core.errors import Code, ReticketError
from reticket.core.tokens.kinds import TokenKind
from reticket.wire import Dialect, Document, Route, WireRequest, WireResponse

__all__ = ["Admin", "AdminContext"]


class Admin(Dialect):
    """The routes of the admin API and its answers to errors (the protocol `Dialect`)."""

    name = "admin"
    base_path = BASE
    kinds: Sequence[TokenKind] = ()
    refusals: Mapping[Code, HTTPStatus] = errors.REFUSALS
    document: Document = DOCUMENT

    def __init__(self, context: AdminContext) -> None:
        self.routes: Sequence[Route] = (
            *sessions.routes(context),
            *clients.routes(context),
            *users.routes(context),
            *factors.routes(context),
            *keys.routes(context),
        )

    def refuse(self, request: WireRequest, error: ReticketError) -> WireResponse:
        """A problem document (RFC 9457)."""
        return errors.refuse(renamed.with_new_path(request, error))
