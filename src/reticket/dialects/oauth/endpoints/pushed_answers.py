"""The one answer to a pushed authorization request (RFC 9126), and until when it may be given.

A load of its page is no answer. A person who is signed in and has consented is answered without a
page: the browser that loads the same request again gets the same code while it is unused.
"""

from __future__ import annotations

import hmac

from msgspec.structs import replace

from reticket.core.commands import Asking, Now, Peek, PutIfAbsent
from reticket.core.errors import Cause
from reticket.core.policy import SECOND
from reticket.core.storage.budget import of_account
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.endpoints.authorization_request import AuthorizationRequest
from reticket.dialects.oauth.endpoints.par import GONE, REQUEST_URI_LIFETIME
from reticket.dialects.oauth.grants import codes
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.interaction import Person, expired_page
from reticket.dialects.oauth.pages.login_session import Account, signed_in_accounts
from reticket.oauth.provider import Provider
from reticket.wire import WireRequest

ANSWER_LIFETIME = 3600
"""Seconds from a load of the page to the decision of the person."""

ANSWERED_LIFETIME = REQUEST_URI_LIFETIME + ANSWER_LIFETIME + 60
"""Seconds for which an answered request is known: longer than any loaded page is valid."""


def ticket_without_page(digest: str, account: Account) -> str:
    """The ticket of an answer without a page: always the same for a pushed request and a login
    session, and as secret as its token.
    """
    return to_text(hmac.digest(account.token.encode(), b"ticket:" + digest.encode(), "sha256"))


def expect_unanswered(digest: str, request: WireRequest, provider: Provider) -> Asking[bool]:
    """Check that nobody has answered a pushed request, but for this browser without a page; returns
    whether it has. The request stays known for its own lifetime, so that an error can still go to
    its redirect URI.

    Raises:
        PageError: `invalid_request_uri`.
    """
    answer = yield from Peek(_answered_key(digest))
    if answer is None:
        return False
    accounts = yield from signed_in_accounts(request, provider)
    own = (codes.code_of_ticket(ticket_without_page(digest, each)) for each in accounts)
    code = next((each for each in own if codes.code_key(each) == answer), None)
    if code is None or (yield from _is_used(code)):
        raise used_up()
    return True


def used_up() -> PageError:
    """The pushed request has its answer."""
    return PageError("invalid_request_uri", GONE, Cause.USED)


def with_deadline(auth_request: AuthorizationRequest, digest: str) -> Asking[AuthorizationRequest]:
    """The same request, marked as pushed, with the time until which it may be answered."""
    now: int = yield from Now()
    return replace(auth_request, pushed=digest, answer_until=now + ANSWER_LIFETIME * SECOND)


def answer_once(
    auth_request: AuthorizationRequest, answer: str, person: Person | None
) -> Asking[None]:
    """Use up a pushed request by its answer; any other request passes.

    Several browsers may have loaded the page. One answer counts, and its repetition is accepted.

    Args:
        auth_request: the request.
        answer: a text that identifies the answer.
        person: the person, or None before the sign-in.

    Raises:
        PageError: the request has expired, or has another answer.
    """
    if auth_request.pushed is None:
        return
    now: int = yield from Now()
    if now > auth_request.answer_until:
        raise expired_page(Cause.EXPIRED)
    mark_key = _answered_key(auth_request.pushed)
    owner = of_account(person.subject) if person else None
    if (
        not (yield from PutIfAbsent(mark_key, answer, ANSWERED_LIFETIME, owner))
        and (yield from Peek(mark_key)) != answer
    ):
        raise expired_page(Cause.USED)


def _is_used(code: str) -> Asking[bool]:
    """Whether a code was issued and is gone. One whose request was cut off may still be issued."""
    if (yield from Peek(codes.code_key(code))) is not None:
        return False
    return (yield from Peek(codes.issued_code_key(code))) is not None


def _answered_key(digest: str) -> str:
    return f"oauth:answered:{digest}"
