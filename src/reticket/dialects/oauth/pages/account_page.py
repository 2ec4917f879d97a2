"""The page of a person's account: sessions, and apps that they have allowed, with their times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reticket.core.policy import SECOND
from reticket.dialects.oauth.pages.html import Markup, fill, page
from reticket.dialects.oauth.pages.screens import scope_texts
from reticket.wire import WireResponse


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as the page shows it.

    Args:
        id: 32 hex digits.
        name: the app, or what else it is.
        device: what its program calls itself, or empty.
        began_at / used_at: milliseconds.
    """

    id: str
    name: str
    device: str
    began_at: int
    used_at: int


@dataclass(frozen=True, slots=True)
class AppLine:
    """An app with a consent; `given_at` is in milliseconds."""

    id: str
    name: str
    scopes: Sequence[str]
    given_at: int


@dataclass(frozen=True, slots=True)
class AccountPaths:
    """Where the page leads, as a browser sees it.

    Args:
        end: the form.
        other: the same page, for another account of the browser.
        sign_out: the log-out of the browser.
    """

    end: str
    other: str
    sign_out: str


def account_page(
    paths: AccountPaths,
    ticket: str,
    email: str,
    sessions: Sequence[SessionLine],
    apps: Sequence[AppLine],
    *,
    has_more: bool,
) -> WireResponse:
    """The page; each of its buttons ends something. With `has_more` it says that sessions are
    missing.
    """
    body = fill(
        "own_account",
        action=paths.end,
        other=paths.other,
        sign_out=paths.sign_out,
        ticket=ticket,
        email=email,
        sessions=Markup("".join(map(_session, sessions))),
        more=fill("more_sessions") if has_more else Markup(""),
        apps=Markup("".join(map(_app, apps))) if apps else fill("no_apps"),
    )
    return page("Your account", body)


def _session(line: SessionLine) -> Markup:
    return fill(
        "own_session",
        id=line.id,
        name=line.name,
        device=line.device,
        began=_time(line.began_at),
        used=_time(line.used_at),
    )


def _app(line: AppLine) -> Markup:
    said = "; ".join(scope_texts(line.scopes))
    return fill("own_app", id=line.id, name=line.name, scopes=said, given=_time(line.given_at))


def _time(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")
