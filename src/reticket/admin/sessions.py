"""`/sessions`: starts sessions for users whom your own login has checked; lists and ends them."""

from __future__ import annotations

from reticket.admin.context import AdminContext
from reticket.admin.document import CURSOR, ID, KEY, LIMIT, answered, created, described, empty
from reticket.admin.errors import missing
from reticket.admin.guard import done, guarded
from reticket.admin.idempotency import once
from reticket.admin.inputs import read_body, read_flag, read_limit, read_query, session_of
from reticket.admin.schemas import Listed, Revoke, Revoked, SessionAnswer, Start, session_answer
from reticket.admin.selecting import check_names
from reticket.core.commands import (
    Asking,
    EndSessions,
    FindClient,
    FindSession,
    FindUser,
    ListSessions,
    RunInDirectory,
)
from reticket.core.errors import wrong
from reticket.core.model import Selection
from reticket.core.people import Client, User
from reticket.core.policy import SECOND
from reticket.core.ports import Page
from reticket.oauth.direct_session import SessionOptions, start_session
from reticket.oauth.token_response import TokenResponse
from reticket.wire import Operation, Parameter, Route, WireRequest

TAG = "sessions"
CAUSE = "operator"
FORMER = {"family": "session", "resource": "kind"}
"""Members and parameters of former versions, each with the name that replaced it."""

_FILTERS = ("subject", "client", "tenant", "kind", "live", "limit", "cursor")
_ALONE = "must be true alone; or say session, subject, client, tenant or kind"
_TENANT = "The tenant, or the developer account, of a session's newest answer."
_QUERY = (
    Parameter("subject", "query", str, "The id of a user or an application."),
    Parameter("client", "query", str, "The id of an OAuth client."),
    Parameter("tenant", "query", str, _TENANT),
    Parameter("kind", "query", str, "A kind of token, such as `oauth.user`."),
    Parameter("live", "query", bool, "Only those that have not ended."),
    LIMIT,
    CURSOR,
)


class Sessions:
    """The operations."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context

    def begin(self, request: WireRequest, operator: str) -> Operation:
        """Start a session, and answer as a token endpoint would."""
        said = read_body(request, Start)
        client: Client | None = yield from FindClient(said.client_id)
        if client is None:
            raise missing("client_id")
        user = yield from self._user(said.user)
        now = self._context.clock() // SECOND
        begun = yield from start_session(
            self._context.provider, client, user, _wish(said, now), now
        )
        yield from done("session_started", operator, session=begun.session, client=client.id)
        return created(begun.answer, "sessions", begun.session)

    def page(self, request: WireRequest, operator: str) -> Operation:
        """A page of sessions, the oldest first."""
        query = read_query(request, _FILTERS, FORMER)
        cursor = session_of(query["cursor"], "cursor") if "cursor" in query else None
        live_at = self._context.clock() if read_flag(query, "live") else None
        selection = Selection(
            subject=(yield from self._subject(query.get("subject"))),
            resource=query.get("kind"),
            context=query.get("tenant"),
            client=query.get("client"),
            live_at=live_at,
        )
        yield from check_names(self._context, selection)
        page: Page = yield from ListSessions(selection, read_limit(query), cursor)
        items = [session_answer(family) for family in page.families]
        return answered(Listed(items, page.cursor.hex() if page.cursor else None))

    def show(self, request: WireRequest, operator: str) -> Operation:
        """One session, ended or not."""
        family, _ = yield from FindSession(session_of(request.parameters["id"]))
        if family is None:
            raise missing("id")
        return answered(session_answer(family))

    def end(self, request: WireRequest, operator: str) -> Operation:
        """End one session; a session that has ended stays as it is."""
        identifier = session_of(request.parameters["id"])
        family, _ = yield from FindSession(identifier)
        if family is None:
            raise missing("id")
        yield from EndSessions(Selection(family=identifier), CAUSE)
        yield from done("session_ended", operator, session=identifier.hex())
        return empty()

    def revoke(self, request: WireRequest, operator: str) -> Operation:
        """End all selected sessions."""
        said = read_body(request, Revoke, FORMER)
        narrowing = (said.session, said.subject, said.client, said.tenant, said.kind)
        if any(member is not None for member in narrowing) == said.all:
            raise wrong("all", _ALONE)
        selection = Selection(
            family=None if said.session is None else session_of(said.session, "session"),
            subject=(yield from self._subject(said.subject)),
            resource=said.kind,
            context=None if said.tenant is None else str(int(said.tenant)),
            client=said.client,
        )
        yield from check_names(self._context, selection)
        ended = yield from EndSessions(selection, CAUSE)
        yield from done("sessions_ended", operator, count=len(ended))
        return answered(Revoked(len(ended)))

    def _user(self, who: str) -> Asking[User]:
        user: User | None = yield from FindUser(who)
        if user is None:
            user = yield from RunInDirectory(lambda: self._context.directory.user(who))
        if user is None:
            raise missing("user")
        return user

    @staticmethod
    def _subject(said: str | None) -> Asking[str | None]:
        """The id of the user with that e-mail; any other text is an id."""
        if said is None or "@" not in said:
            return said
        user: User | None = yield from FindUser(said)
        if user is None:
            raise missing("subject")
        return user.id


def _wish(said: Start, now: int) -> SessionOptions:
    resources = (said.resource,) if isinstance(said.resource, str) else tuple(said.resource)
    auth_time = now if said.auth_time is None else said.auth_time
    tenant = None if said.tenant is None else int(said.tenant)
    return SessionOptions(auth_time, said.scope, resources, tuple(said.amr), tenant, said.dpop_jkt)


def routes(context: AdminContext) -> tuple[Route, ...]:
    """The routes."""
    sessions = Sessions(context)
    return (
        Route(
            "POST",
            "/sessions",
            guarded(context.provider, once(context.sealer, sessions.begin)),
            described("Start a session", TAG, {201: TokenResponse}, Start, (KEY,)),
        ),
        Route(
            "GET",
            "/sessions",
            guarded(context.provider, sessions.page),
            described("List sessions", TAG, {200: Listed[SessionAnswer]}, parameters=_QUERY),
        ),
        Route(
            "GET",
            "/sessions/{id}",
            guarded(context.provider, sessions.show),
            described("Show a session", TAG, {200: SessionAnswer}, parameters=(ID,)),
        ),
        Route(
            "DELETE",
            "/sessions/{id}",
            guarded(context.provider, sessions.end),
            described("End a session", TAG, {204: None}, parameters=(ID,)),
        ),
        Route(
            "POST",
            "/sessions/revoke",
            guarded(context.provider, sessions.revoke),
            described("End sessions", TAG, {200: Revoked}, Revoke),
        ),
    )
