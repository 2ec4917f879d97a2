"""What the suite's browser does on the provider's pages.

The suite finds elements by id (`email`, `password`) and by selector (`button.main`,
`button[value=allow]`). A page that renames one of them fails here.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.addresses import Addresses
from tests.conformance.clients import DENYING_EMAIL, EMAIL, PASSWORD

Step = dict[str, Any]

PATIENCE = 10
"""Seconds that the browser waits for an element."""
ERROR = "This cannot go on"
"""The heading of the provider's error page; another page in its place is a failure."""
ASKED, SIGNED_OUT = "Do you want to sign out?", "You are signed out"
"""The headings of the pages of a log-out."""


def sign_in(addresses: Addresses, *, before: tuple[Any, ...] = ()) -> Step:
    """Signs in, allows what the consent page asks for, and waits for the suite's own page.

    Args:
        addresses: of the pages.
        before: commands on the sign-in page, before its fields are filled in.
    """
    tasks = [
        {"task": "sign in", "optional": True, "match": f"{addresses.authorize}*"}
        | {"commands": [*before, *_credentials()]},
        {"task": "consent", "optional": True, "match": f"{addresses.authorize}/*"}
        | {"commands": [["click", "css", "button[value=allow]"]]},
        _callback(),
    ]
    return {"comment": "sign in and consent", "match": f"{addresses.authorize}*", "tasks": tasks}


def sign_in_and_deny(addresses: Addresses) -> Step:
    """Signs in as somebody whose consent is not remembered yet, and denies it.

    The person stays signed in, so a second request begins with the consent page.
    """
    match = f"{addresses.authorize}*"
    commands = [
        ["text", "id", "email", DENYING_EMAIL, "optional"],
        ["text", "id", "password", PASSWORD, "optional"],
        ["click", "css", "button.main:not([value])", "optional"],
        ["click", "css", "button[value=deny]"],
    ]
    tasks = [{"task": "sign in and deny", "match": match, "commands": commands}, _callback()]
    return {"comment": "sign in and deny", "match": match, "tasks": tasks}


def sign_in_seen(addresses: Addresses) -> Step:
    """Signs in, and hands the second sign-in page to the suite as the proof that it was shown."""
    return sign_in(addresses, before=(_show("Sign in", "update-image-placeholder-optional"),))


def consent_seen(addresses: Addresses) -> Step:
    """Signs in, and hands the consent page to the suite.

    The browser stops there. The suite ends the module when it has the page, and fails it when an
    answer comes back meanwhile.
    """
    step = sign_in(addresses)
    signing_in, consent, _ = step["tasks"]
    consent["commands"] = [_show("to access your account")]
    return {**step, "tasks": [signing_in, consent]}


def error_page(addresses: Addresses) -> Step:
    """Hands the first page to the suite, which expects an error page and no redirect."""
    return _shown_at_once(addresses.authorize, ERROR)


def logout_page(addresses: Addresses, heading: str) -> Step:
    """Hands the first page of a log-out to the suite, which must have this heading."""
    return _shown_at_once(addresses.logout, heading)


def sign_out(addresses: Addresses) -> Step:
    """Signs out without a question, and waits for the suite's own page."""
    task = {"task": "back", "match": "*/post_logout_redirect*"}
    return {"comment": "sign out", "match": f"{addresses.logout}*", "tasks": [task]}


def confirm_sign_out(addresses: Addresses) -> Step:
    """Answers the question of the log-out page, and hands the next page to the suite."""
    tasks = [
        {"task": "confirm", "match": f"{addresses.logout}*"}
        | {"commands": [["click", "css", "button.main"]]},
        {"task": "signed out", "match": f"{addresses.logout}/confirm*"}
        | {"commands": [_show(SIGNED_OUT)]},
    ]
    return {"comment": "sign out", "match": f"{addresses.logout}*", "tasks": tasks}


def look_only(addresses: Addresses) -> Step:
    """Loads the first page once, and leaves it."""
    match = f"{addresses.authorize}*"
    task = {"task": "look at it only", "match": match}
    return {"comment": "the first visit", "match": match, "match-limit": 1, "tasks": [task]}


def sign_in_once(addresses: Addresses) -> Step:
    """Like `sign_in`, but only at the first visit."""
    return {**sign_in(addresses), "match-limit": 1}


def _shown_at_once(address: str, heading: str) -> Step:
    match = f"{address}*"
    task = {"task": heading, "match": match, "commands": [_show(heading)]}
    return {"comment": f"{heading}, at once", "match": match, "tasks": [task]}


def _callback() -> Step:
    commands = [["wait", "id", "submission_complete", PATIENCE]]
    return {"task": "callback", "match": "*/test/*/callback*", "commands": commands}


def _credentials() -> list[list[str]]:
    """Enter the credentials. A person who is signed in already sees the consent page first, and the
    click allows it.
    """
    return [
        ["text", "id", "email", EMAIL, "optional"],
        ["text", "id", "password", PASSWORD, "optional"],
        ["click", "css", "button.main"],
    ]


def _show(text: str, action: str = "update-image-placeholder") -> list[Any]:
    """Gives the page's source to the suite, in place of a screenshot by a person."""
    return ["wait", "xpath", "//*", PATIENCE, text, action]
