"""`/families`: begins them for people whom somebody else has checked; lists, shows, ends them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from reticket.admin.context import AdminContext
from reticket.admin.document import CURSOR, ID, KEY, LIMIT, answered, created, described, empty
from reticket.admin.errors import missing
from reticket.admin.guard import done, guarded
from reticket.admin.idempotency import once
from reticket.admin.inputs import family_of, read_body, read_flag, read_limit, read_query, wrong
from reticket.admin.schemas import FamilyAnswer, Listed, Revoke, Revoked, Start, family_answer
from reticket.admin.selecting import check_names
from reticket.core.commands import (
    Command,
    EndSessions,
    FindClient,
    FindSession,
    FindUser,
    ListSessions,
    RunInDirectory,
)
from reticket.core.model import Selection
from reticket.core.people import Client, User
from reticket.core.policy import SECOND
from reticket.core.ports import Page
from reticket.dialects.oauth.grants.answers import TokenAnswer
from reticket.dialects.oauth.grants.direct_session import SessionRequest, start
from reticket.wire import Operation, Parameter, Route, WireRequest

TAG = "families"
CAUSE = "operator"
_FILTERS = ("subject", "client", "tenant", "resource", "live", "limit", "cursor")
_ALONE = "must be true alone; or say family, subject, client, tenant or resource"
_TENANT = "The tenant, or for `kibo.developer` the account, of a family's newest answer."
_QUERY = (
    *(Parameter(name, "query", str) for name in ("subject", "client")),
    Parameter("tenant", "query", str, _TENANT),
    Parameter("resource", "query", str),
    Parameter("live", "query", bool, "Only those that have not ended."),
    LIMIT,
    CURSOR,
)


class Families:
    """The operations."""

    def __init__(self, office: AdminContext) -> None:
        self._office = office

    def begin(self, request: WireRequest, operator: str) -> Operation:
        """Start a family, and answer as a token endpoint would."""
        said = read_body(request, Start)
        client: Client | None = yield FindClient(said.client_id)
        if client is None:
            raise missing("client_id")
        user = yield from self._user(said.user)
        now = self._office.clock() // SECOND
        begun = yield from start(self._office.provider, client, user, _wish(said, now), now)
        yield done("family_started", operator, family=begun.family, client=client.id)
        return created(begun.answer, f"/families/{begun.family}")

    def page(self, request: WireRequest, operator: str) -> Operation:
        """A page of families, the oldest first."""
        query = read_query(request, _FILTERS)
        cursor = family_of(query["cursor"], "cursor") if "cursor" in query else None
        live_at = self._office.clock() if read_flag(query, "live") else None
        selection = Selection(
            subject=(yield from self._subject(query.get("subject"))),
            resource=query.get("resource"),
            context=query.get("tenant"),
            client=query.get("client"),
            live_at=live_at,
        )
        yield from check_names(self._office, selection)
        page: Page = yield ListSessions(selection, read_limit(query), cursor)
        items = [family_answer(family) for family in page.families]
        return answered(Listed(items, page.cursor.hex() if page.cursor else None))

    def show(self, request: WireRequest, operator: str) -> Operation:
        """One family, ended or not."""
        family, _ = yield FindSession(family_of(request.parameters["id"]))
        if family is None:
            raise missing("id")
        return answered(family_answer(family))

    def end(self, request: WireRequest, operator: str) -> Operation:
        """End one family; one that has ended stays as it is."""
        identifier = family_of(request.parameters["id"])
        family, _ = yield FindSession(identifier)
        if family is None:
            raise missing("id")
        yield EndSessions(Selection(family=identifier), CAUSE)
        yield done("family_ended", operator, family=identifier.hex())
        return empty()

    def revoke(self, request: WireRequest, operator: str) -> Operation:
        """End all that fit."""
        said = read_body(request, Revoke)
        narrowing = (said.family, said.subject, said.client, said.tenant, said.resource)
        if any(member is not None for member in narrowing) == said.all:
            raise wrong("all", _ALONE)
        selection = Selection(
            family=None if said.family is None else family_of(said.family, "family"),
            subject=(yield from self._subject(said.subject)),
            resource=said.resource,
            context=None if said.tenant is None else str(int(said.tenant)),
            client=said.client,
        )
        yield from check_names(self._office, selection)
        ended = yield EndSessions(selection, CAUSE)
        yield done("families_ended", operator, count=len(ended))
        return answered(Revoked(len(ended)))

    def _user(self, who: str) -> Generator[Command, Any, User]:
        user: User | None = yield FindUser(who)
        if user is None:
            user = yield RunInDirectory(lambda: self._office.directory.user(who))
        if user is None:
            raise missing("user")
        return user

    @staticmethod
    def _subject(said: str | None) -> Generator[Command, Any, str | None]:
        """The id of whoever is meant by an e-mail; any other text is an id."""
        if said is None or "@" not in said:
            return said
        user: User | None = yield FindUser(said)
        if user is None:
            raise missing("subject")
        return user.id


def _wish(said: Start, now: int) -> SessionRequest:
    resources = (said.resource,) if isinstance(said.resource, str) else tuple(said.resource)
    auth_time = now if said.auth_time is None else said.auth_time
    tenant = None if said.tenant is None else int(said.tenant)
    return SessionRequest(auth_time, said.scope, resources, tuple(said.amr), tenant, said.dpop_jkt)


def routes(office: AdminContext) -> tuple[Route, ...]:
    """The routes."""
    families = Families(office)
    return (
        Route(
            "POST",
            "/families",
            guarded(office.provider, once(office.sealer, families.begin)),
            described("Start a family", TAG, {201: TokenAnswer}, Start, (KEY,)),
        ),
        Route(
            "GET",
            "/families",
            guarded(office.provider, families.page),
            described("List families", TAG, {200: Listed[FamilyAnswer]}, parameters=_QUERY),
        ),
        Route(
            "GET",
            "/families/{id}",
            guarded(office.provider, families.show),
            described("Show a family", TAG, {200: FamilyAnswer}, parameters=(ID,)),
        ),
        Route(
            "DELETE",
            "/families/{id}",
            guarded(office.provider, families.end),
            described("End a family", TAG, {204: None}, parameters=(ID,)),
        ),
        Route(
            "POST",
            "/families/revoke",
            guarded(office.provider, families.revoke),
            described("End families", TAG, {200: Revoked}, Revoke),
        ),
    )
