"""What the suite's browser does on the provider's pages.

The suite finds elements by id (`email`, `password`) and by selector (`button.main`,
`button[value=allow]`). A page that renames one of them fails here.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.addresses import Addresses
from tests.conformance.clients import EMAIL, PASSWORD

Step = dict[str, Any]

PATIENCE = 10
"""Seconds that the browser waits for an element."""
ERROR = "This cannot go on"
"""The heading of the provider's error page; another page in its place is a failure."""


def sign_in(addresses: Addresses, *, answer: str = "allow", before: tuple[Any, ...] = ()) -> Step:
    """Signs in, answers the consent page, and waits for the suite's own page.

    Args:
        addresses: of the pages.
        answer: the button of the consent page, `allow` or `deny`.
        before: commands on the sign-in page, before its fields are filled in.
    """
    tasks = [
        {"task": "sign in", "optional": True, "match": f"{addresses.authorize}*"}
        | {"commands": [*before, *_credentials()]},
        {"task": "consent", "optional": True, "match": f"{addresses.authorize}/*"}
        | {"commands": [["click", "css", f"button[value={answer}]"]]},
        {"task": "callback", "match": "*/test/*/callback*"}
        | {"commands": [["wait", "id", "submission_complete", PATIENCE]]},
    ]
    return {"comment": "sign in and consent", "match": f"{addresses.authorize}*", "tasks": tasks}


def sign_in_seen(addresses: Addresses) -> Step:
    """Signs in, and hands the second sign-in page to the suite as the proof that it was shown."""
    return sign_in(addresses, before=(_show("Sign in", "update-image-placeholder-optional"),))


def error_page(addresses: Addresses) -> Step:
    """Hands the first page to the suite, which expects an error page and no redirect."""
    match = f"{addresses.authorize}*"
    task = {"task": "error page", "match": match, "commands": [_show(ERROR)]}
    return {"comment": "an error page at once", "match": match, "tasks": [task]}


def look_only(addresses: Addresses) -> Step:
    """Loads the first page once, and leaves it."""
    match = f"{addresses.authorize}*"
    task = {"task": "look at it only", "match": match}
    return {"comment": "the first visit", "match": match, "match-limit": 1, "tasks": [task]}


def sign_in_once(addresses: Addresses) -> Step:
    """As `sign_in`, and only at the first visit."""
    return {**sign_in(addresses), "match-limit": 1}


def _credentials() -> list[list[str]]:
    return [
        ["text", "id", "email", EMAIL],
        ["text", "id", "password", PASSWORD],
        ["click", "css", "button.main"],
    ]


def _show(text: str, action: str = "update-image-placeholder") -> list[Any]:
    """Gives the page's source to the suite, in place of a screenshot by a person."""
    return ["wait", "xpath", "//*", PATIENCE, text, action]
