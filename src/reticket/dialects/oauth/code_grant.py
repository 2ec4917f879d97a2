"""`authorization_code` (RFC 6749 §4.1.3) with PKCE, S256 alone (RFC 7636): a code works once.

A second use ends what the first one gave (§4.1.2), even while the first one is still under way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Generator
from functools import partial
from typing import Any

from reticket.core.budget import of_holder
from reticket.core.commands import Command, EndFamilies, FindFamily, Keep, Look, Take
from reticket.core.errors import Cause, Code
from reticket.core.model import Family, Selection
from reticket.core.tokens import to_text
from reticket.dialects.oauth.answers import Granting, TokenRequest
from reticket.dialects.oauth.codes import (
    LIFETIME,
    REMEMBERED,
    CodeGrant,
    Given,
    begun,
    given_by,
    read_given,
    read_grant,
    used_again,
    waiting,
)
from reticket.dialects.oauth.consented import begin, consenting
from reticket.dialects.oauth.errors import Denied, denied
from reticket.dialects.oauth.inputs import required, wrong
from reticket.dialects.oauth.site import USER

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636 §4.1."""


def exchange_code(said: TokenRequest) -> Granting:
    """Everything is looked at before the code is spent; whoever comes second finds it gone."""
    code, challenge = required(said.form, "code"), _challenge(said)
    text = yield Look(waiting(code))
    if text is None:
        raise (yield from _gone(said, code, challenge))
    grant = read_grant(text)
    _check(said, grant, challenge)
    user = yield from consenting(said, grant)
    bound = yield from said.bind(of_holder(grant.subject))
    if (yield Take(waiting(code))) is None:
        raise (yield from _gone(said, code, challenge))
    answer = yield from begin(said, grant, user, bound, partial(_put_back, code))
    if (yield Look(used_again(code))) is not None:
        yield from _end(said, grant.family)
        raise denied(Code.INVALID_TOKEN, Cause.USED)
    return answer


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


def _put_back(code: str, grant: CodeGrant, age: int) -> Generator[Command, Any, None]:
    """For what is left of its life; last of all, so that nobody finds it half changed."""
    if age < LIFETIME:
        yield Take(begun(code))
        owner = of_holder(grant.subject)
        yield Keep(begun(code), given_by(grant).written(), REMEMBERED, owner)
        yield Keep(waiting(code), grant.written(), LIFETIME - age, owner)


def _gone(said: TokenRequest, code: str, challenge: str) -> Generator[Command, Any, Denied]:
    """A code that was used ends its family. The mark is set first: whoever is just beginning that
    family looks for it afterwards, so one of both ends it. Who could not have used it in the first
    place ends nothing: an address that has held a code is known to many.
    """
    text = yield Look(begun(code))
    if text is None:
        return denied(Code.INVALID_TOKEN, Cause.UNKNOWN)
    given = read_given(text)
    if given.client_id != said.registration.id:
        return denied(Code.INVALID_TOKEN, Cause.WRONG_CLIENT)
    _check(said, given, challenge)
    is_new = yield Keep(used_again(code), "", REMEMBERED, of_holder(given.family))
    if is_new or (yield from _lives(given.family)):
        yield from _end(said, given.family)
    return denied(Code.INVALID_TOKEN, Cause.USED)


def _lives(family: str) -> Generator[Command, Any, bool]:
    """Whether a use before this one could not end it. Where it has not begun yet, whoever begins it
    will see the mark. Nothing is ended twice: each end is a line in the audit stream.
    """
    row: Family | None
    row, _ = yield FindFamily(bytes.fromhex(family))
    return row is not None and row.revoked_at is None


def _end(said: TokenRequest, family: str) -> Generator[Command, Any, None]:
    """Only the client's own: nobody ends what a code of somebody else's gave."""
    mine = Selection(bytes.fromhex(family), resource=USER, client=said.registration.id)
    yield EndFamilies(mine, "code_reuse")
