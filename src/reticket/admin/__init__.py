"""The admin API: what an operator's programs may ask. Built like a dialect, but it is none: it
knows the directory and the ring, and is no way for people to sign in.
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
    """Its routes and its answers to errors (the protocol `Dialect`)."""

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
        """RFC 9457."""
        return errors.refuse(renamed.with_new_path(request, error))
