"""`authorization_code` (RFC 6749 §4.1.3) with PKCE, S256 alone (RFC 7636): a code works once.

A second use ends what the first one gave (§4.1.2).
"""

from __future__ import annotations

import hashlib
import hmac
import re

from reticket.core.commands import Asking, Peek
from reticket.core.errors import Cause, Code, wrong
from reticket.core.storage.budget import of_account
from reticket.core.tokens.faces import to_text
from reticket.dialects.oauth.errors import Denied, denied
from reticket.dialects.oauth.grants.codes import (
    CodeGrant,
    Given,
    begun,
    read_given,
    read_grant,
    waiting,
)
from reticket.dialects.oauth.grants.consented_session import begin, consenting, end_begun
from reticket.dialects.oauth.grants.token_request import Granting, TokenRequest
from reticket.dialects.oauth.inputs import required

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636 §4.1."""


def exchange_code(said: TokenRequest) -> Granting:
    """Everything is looked at before the code is spent; whoever comes second finds it gone."""
    code, challenge = required(said.form, "code"), _challenge(said)
    text = yield from Peek(waiting(code))
    if text is None:
        raise (yield from _gone(said, code, challenge))
    grant = read_grant(text)
    _check(said, grant, challenge)
    user = yield from consenting(said, grant)
    bound = yield from said.bind(of_account(grant.subject))
    return (yield from begin(said, grant, user, bound, waiting(code)))


def _challenge(said: TokenRequest) -> str:
    """The one that the verifier answers. INVALID_PARAMETER."""
    verifier = required(said.form, "code_verifier")
    if not _VERIFIER.fullmatch(verifier):
        raise wrong("code_verifier", "must be 43 to 128 letters, digits, or -._~")
    return to_text(hashlib.sha256(verifier.encode()).digest())


def _check(said: TokenRequest, grant: CodeGrant | Given, challenge: str) -> None:
    """Denied, `invalid_grant`: the redirect URI, the verifier or the key is another."""
    if said.form.get("redirect_uri") != grant.redirect_uri:
        raise denied(Code.INVALID_TOKEN, Cause.WRONG_REDIRECT)
    if not hmac.compare_digest(challenge, grant.challenge):
        raise denied(Code.INVALID_TOKEN, Cause.WRONG_VERIFIER)
    if grant.jkt is not None and (said.proof is None or said.proof.jkt != grant.jkt):
        raise denied(Code.INVALID_TOKEN, Cause.WRONG_PROOF)


def _gone(said: TokenRequest, code: str, challenge: str) -> Asking[Denied]:
    """A code that was used ends its family. Who could not have used it in the first place ends
    nothing: an address that has held a code is known to many.
    """
    text = yield from Peek(begun(code))
    if text is None:
        return denied(Code.INVALID_TOKEN, Cause.UNKNOWN)
    given = read_given(text)
    if given.client_id != said.registration.id:
        return denied(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    _check(said, given, challenge)
    yield from end_begun(bytes.fromhex(given.family), given.client_id, "code_reuse")
    return denied(Code.INVALID_TOKEN, Cause.USED)
