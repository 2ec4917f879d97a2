"""Pages for people: templates that escape all values, and the headers of every page.

Knows no flow.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from reticket.core.errors import ReticketError
from reticket.core.texts import contained
from reticket.dialects.oauth.errors import NO_STORE, OAuthError, failure_of
from reticket.oauth.provider import BASE
from reticket.wire import Headers, WireRequest, WireResponse, retry_after

HTML = "text/html; charset=utf-8"

PRIVATE_HEADERS: Headers = (*NO_STORE, (b"referrer-policy", b"no-referrer"))
"""Headers of every answer to a browser: it is not cached, and no referrer is sent."""

_START_AGAIN = "Go back to the app that sent you here, and start again."
_WAIT = "Wait a little while, then try again."
_BAD_REQUEST = (
    "This cannot go on",
    "The app that sent you here made an invalid request.",
    _START_AGAIN,
)
_MESSAGES = {
    404: ("There is no such page", "The address is not right.", _START_AGAIN),
    429: ("Too many attempts", "Nothing more is tried from here for now.", _WAIT),
    500: ("Something went wrong", "It is not your fault.", _WAIT),
    503: ("Not available just now", "The service is busy, or being repaired.", _WAIT),
}


class PageError(OAuthError):
    """A refusal whose description is shown to the person."""


class Markup(str):
    """Text that is HTML. All other text is escaped."""

    __slots__ = ()


def fill(template: str, **values: str) -> Markup:
    """A template of the folder beside this file, with its names replaced by these values."""
    escaped = {name: _escaped(value) for name, value in values.items()}
    return Markup(_read(f"{template}.html").format_map(escaped))


def exact(value: str) -> Markup:
    """A value that the form of a page sends as it is. It is not shown."""
    return Markup(escape(value))


def page(
    title: str,
    body: Markup,
    *,
    status: int = 200,
    form_target: str = "",
    script: str = "",
    headers: Headers = (),
) -> WireResponse:
    """A whole page.

    Args:
        title: of the document.
        body: the content of its `main` element.
        status: of the response.
        form_target: a CSP source to which its form may be sent, beside this service.
        script: the text of the only script that `body` has.
        headers: beside those of every page.
    """
    style = Markup(_style())
    text = fill("frame", title=title, style=style, body=body)
    usual = _page_headers(form_target, script)
    return WireResponse(status, text.encode(), HTML.encode(), (*usual, *headers))


def is_page(request: WireRequest) -> bool:
    """Whether the answer is a page for a person; the device endpoint has the path of a page."""
    path = request.path.rstrip("/").removeprefix(BASE)
    if path == "/device":
        return request.method != "POST"
    return path.startswith(("/authorize", "/device/", "/account", "/logout"))


def error_page(error: ReticketError) -> WireResponse:
    """The page for any error."""
    status, error_code, description = failure_of(error)
    title, sentence, advice = _MESSAGES.get(status, _BAD_REQUEST)
    if isinstance(error, PageError):
        sentence = description
    detail = f"{error_code}: {description}"
    body = fill("message", title=title, sentence=sentence, advice=advice, detail=detail)
    return page(title, body, status=status, headers=retry_after(error))


def _page_headers(form_target: str, script: str) -> Headers:
    """No other scripts, no frames, nothing from other origins. Browsers apply `form-action` to
    redirects after a form too, so their target is named.
    """
    policy: Mapping[str, str] = {
        "default-src": "'none'",
        "style-src": f"'sha256-{_digest(_style())}'",
        "form-action": f"'self' {form_target}".rstrip(),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    } | ({"script-src": f"'sha256-{_digest(script)}'"} if script else {})
    policy_text = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    return (
        *PRIVATE_HEADERS,
        (b"content-security-policy", policy_text.encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
    )


@cache
def _digest(text: str) -> str:
    """The digest of a style or a script, as CSP has it. There are as many as templates."""
    return b64encode(sha256(text.encode()).digest()).decode()


@cache
def _style() -> str:
    return (files("reticket") / "base.css").read_text("utf-8") + _read("style.css")


@cache
def _read(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


def _escaped(value: str) -> str:
    return value if isinstance(value, Markup) else escape(contained(value))
