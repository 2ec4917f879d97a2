"""What both halves of a person's sign-in share: names of counters, and who may come in at all."""

from __future__ import annotations

import hashlib

from reticket.core.attempts import Attempts, Limit
from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Caller
from reticket.core.people import User


def guards_of(attempts: Attempts, email: str) -> tuple[tuple[str, Limit], tuple[str, Limit]]:
    """Of an account, and of its second factor. Counted apart: a right password must not make
    wrong codes forgotten.
    """
    name = _account(email)
    return attempts.of_account(name), attempts.of_account(f"factor:{name}")


def in_good_standing(attempts: Attempts, user: User, resource: str, caller: Caller) -> None:
    """SUBJECT_DISABLED, SUBJECT_INACTIVE; the audit log hears of it."""
    if not user.disabled and user.active:
        return
    disabled = user.disabled
    refusal = Refusal(
        Code.SUBJECT_DISABLED if disabled else Code.SUBJECT_INACTIVE,
        Cause.DISABLED if disabled else Cause.INACTIVE,
    )
    raise attempts.told(resource, user.id, refusal, caller)


def _account(email: str) -> str:
    """A name of bounded length, whatever somebody sends as an e-mail."""
    folded = email.casefold().encode("utf-8", "surrogatepass")
    return f"account:{hashlib.sha256(folded).hexdigest()}"
