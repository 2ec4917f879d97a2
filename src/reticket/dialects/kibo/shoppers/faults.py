"""Refusals of the directory about a shopper, as parameters that the request had."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from reticket.core.errors import Cause, Code, Refusal, wrong

_NAMES = {
    "email": "emailAddress",
    "user_name": "userName",
    "first_name": "firstName",
    "last_name": "lastName",
}
_BAD = frozenset({Code.INVALID_CREDENTIALS, Code.SUBJECT_DISABLED, Code.SUBJECT_INACTIVE})


@contextmanager
def named_as_sent(new_password: str) -> Generator[None]:
    """Name parameters as the vendor does.

    Args:
        new_password: the name of the member with the new password.
    """
    try:
        yield
    except Refusal as refusal:
        if refusal.code is not Code.INVALID_PARAMETER:
            raise
        name = _NAMES.get(refusal.parameter or "", new_password)
        taken = refusal.cause is Cause.NAME_TAKEN
        fault = "is already associated with a login" if taken else refusal.detail
        raise wrong(name, fault or "is not valid", refusal.cause) from refusal


@contextmanager
def refused_as(name: str) -> Generator[None]:
    """A wrong secret in the body is a wrong parameter. At a 401 a client would take its own token
    for the wrong one, and repeat the request.
    """
    try:
        yield
    except Refusal as refusal:
        if refusal.code not in _BAD:
            raise
        raise wrong(name, "is not valid", refusal.cause) from refusal
