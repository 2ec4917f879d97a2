"""Why a page is shown again, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from reticket.core.errors import Code, Refusal
from reticket.dialects.oauth.pages.screens import Fault
from reticket.wire import retry_after

MISSING = Fault("Type your e-mail address and your password.")
_WRONG = "The e-mail address or the password is not right."
_BLOCKED = "This account cannot sign in. Ask those who run this service."
_LIMITED = "There were too many attempts. Wait a few minutes, then try again."
_WRONG_CODE = "The code is not right. Type the one that your app shows now."
SENT_TWICE = Fault("The code was sent twice at once. Type it once more.", 409)
EXPIRED = Fault("That took too long, or too many codes were wrong. Sign in again.")

SIGNED_OUT = Fault("That account is not signed in here any more. Type its password.")
OTHER_PERSON = Fault("The app expects somebody else: use the account that you have there.", 403)

OF_SIGN_IN = {
    Code.INVALID_CREDENTIALS: (_WRONG, 400),
    Code.SUBJECT_DISABLED: (_BLOCKED, 403),
    Code.SUBJECT_INACTIVE: (_BLOCKED, 403),
    Code.TOO_MANY_ATTEMPTS: (_LIMITED, 429),
}
OF_FACTOR = {**OF_SIGN_IN, Code.INVALID_CREDENTIALS: (_WRONG_CODE, 400)}


def fault_of(refusal: Refusal, faults: Mapping[Code, tuple[str, int]]) -> Fault:
    """The fault that the page shows; other refusals are raised again."""
    if refusal.code not in faults:
        raise refusal
    sentence, status = faults[refusal.code]
    return Fault(sentence, status, retry_after(refusal))
