"""A person gives an app access: the page's data about the app, and the code that the app gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reticket.core.commands import Asking, Audit, ListSessions, Now
from reticket.core.errors import Cause
from reticket.core.model import Selection
from reticket.core.people import User
from reticket.dialects.cloudreve import inputs
from reticket.dialects.cloudreve.app_codes import issue_code
from reticket.dialects.cloudreve.app_schemas import (
    ConsentRequest,
    Granted,
    GrantedResponse,
    ShownApp,
    ShownAppResponse,
)
from reticket.dialects.cloudreve.apps import OPENID, App
from reticket.dialects.cloudreve.document import open_to_all, signed_in
from reticket.dialects.cloudreve.errors import BAD_PARAMETER, NO_APP, Failure, failed
from reticket.dialects.cloudreve.schemas import succeeded
from reticket.dialects.cloudreve.tokens import APP
from reticket.dialects.cloudreve.user import current_user, expect_session, person_signed_in
from reticket.wire import Operation, Parameter, Route, WireRequest

AREA = "Session/OAuth"
MOST_SESSIONS = 100
"""Sessions of one person and app among which the newest is looked for."""


@dataclass(frozen=True, slots=True)
class Consent:
    """The operations.

    Args:
        apps: by id.
    """

    apps: Mapping[str, App]

    def show(self, request: WireRequest) -> Operation:
        """An app, and what the person has granted to it."""
        user = yield from current_user(request)
        app = self.apps.get(request.parameters["id"])
        if app is None:
            return failed(request, NO_APP)
        scopes = (yield from _granted(user, app)) if user else []
        return succeeded(_shown(app, scopes))

    def grant(self, request: WireRequest) -> Operation:
        """A code for an app. The person signs in with a password before, and not as an app."""
        user = yield from person_signed_in(request)
        asked = inputs.consent(request.body)
        app = self.apps.get(asked.client_id)
        if app is None:
            return failed(request, NO_APP)
        fault = _fault(app, asked)
        if fault:
            yield from Audit(APP, "refused", Cause.WRONG_GRANT, subject=user.id)
            return failed(request, fault)
        yield from expect_session(request, user)
        scope = _in_order(app, asked.scope)
        code = yield from issue_code(app.id, user, asked.redirect_uri, scope, asked.code_challenge)
        yield from Audit(APP, "consented", subject=user.id, detail={"client": app.id})
        return succeeded(Granted(code, asked.state))


def _granted(user: User, app: App) -> Asking[list[str]]:
    """The scopes of the newest session that the app has in the person's name."""
    now = yield from Now()
    mine = Selection(subject=user.id, resource=APP, client=app.id, live_at=now)
    page = yield from ListSessions(mine, MOST_SESSIONS)
    return (page.families[-1].scope or "").split() if page.families else []


def _in_order(app: App, scope: str) -> str:
    """The scopes in the order of the app, each once: stores keep each text of scopes for good."""
    asked = scope.split(" ")
    return " ".join(dict.fromkeys(each for each in app.scopes if each in asked))


def _shown(app: App, scopes: list[str]) -> ShownApp:
    shown = ShownApp(app.id, app.name)
    for member in ("homepage_url", "icon", "description"):
        if text := getattr(app, member):
            setattr(shown, member, text)
    if scopes:
        shown.consented_scopes = scopes
    return shown


def _fault(app: App, asked: ConsentRequest) -> Failure | None:
    scopes = asked.scope.split(" ")
    if asked.redirect_uri not in app.redirect_uris:
        return Failure(BAD_PARAMETER, "Invalid redirect URI")
    if not set(app.scopes).issuperset(scopes):
        return Failure(BAD_PARAMETER, "Invalid scope requested")
    return None if OPENID in scopes else Failure(BAD_PARAMETER, "openid scope required")


def routes(apps: Mapping[str, App]) -> tuple[Route, ...]:
    """The routes of consent."""
    consent = Consent(apps)
    return (
        Route(
            "GET",
            "/session/oauth/app/{id}",
            consent.show,
            open_to_all(
                "App",
                "An app, as people see it before they let it in.",
                ShownAppResponse,
                area=AREA,
                parameters=(Parameter("id", "path", str, "The id of the app.", required=True),),
            ),
        ),
        Route(
            "POST",
            "/session/oauth/consent",
            consent.grant,
            signed_in(
                "Consent",
                "Let an app in. The code is good for a minute.",
                GrantedResponse,
                area=AREA,
                body=ConsentRequest,
            ),
        ),
    )
