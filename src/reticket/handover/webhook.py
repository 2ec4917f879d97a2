"""Asks a webhook of the operator. Request and answer are signed as Standard Webhooks 1.0 has it.

The answer is signed for this request alone, so an older answer, or one to somebody else, is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reticket.core.errors import Cause
from reticket.core.fetching.model import Exchange, Fetched, FetchRequest
from reticket.core.handover import Answer, Confirmed, Denied, NoAnswer, text_or_none
from reticket.core.policy import SECOND
from reticket.core.ports import Clock, Entropy
from reticket.core.webhook_signature import SIGNATURE, TIMESTAMP, is_signed, signed_headers

ANSWERED = "re_"
"""Stands before the id of the request in that of its answer."""

_DENIED = {"no": Cause.WRONG_SECRET, "second_factor": Cause.FACTOR_REQUIRED}


class SignInWebhook:
    """Asks one address.

    Args:
        url: an https URL.
        dialect: for which dialect people sign in.
        key: signs requests, and must have signed the answers.
        exchange: sends one request.
    """

    def __init__(
        self,
        url: str,
        dialect: str,
        key: bytes,
        exchange: Exchange,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._url = url
        self._dialect = dialect
        self._key = key
        self._exchange = exchange
        self._clock = clock
        self._entropy = entropy

    def __call__(self, name: str, password: str) -> Answer:
        """Whose password it is."""
        message_id = f"msg_{self._entropy(16).hex()}"
        data = {"dialect": self._dialect, "email": name, "password": password}
        body = json.dumps({"type": "sign_in", "data": data}).encode()
        result = self._exchange(self._request(message_id, body))
        if not isinstance(result, Fetched):
            return NoAnswer.of(result)
        if not self._is_signed(result, f"{ANSWERED}{message_id}"):
            return NoAnswer("bad_signature")
        return _read(result.body)

    def _request(self, message_id: str, body: bytes) -> FetchRequest:
        timestamp = str(self._clock() // SECOND)
        headers = signed_headers(self._key, message_id, timestamp, body)
        wanted = (TIMESTAMP, SIGNATURE)
        return FetchRequest(self._url, (), body, "application/json", headers, wanted=wanted)

    def _is_signed(self, answer: Fetched, message_id: str) -> bool:
        """Whether the signature is one for that id. The id that the answer says does not count."""
        said = dict(answer.headers)
        timestamp, signatures = said.get(TIMESTAMP, ""), said.get(SIGNATURE, "")
        return is_signed(self._key, message_id, timestamp, answer.body, signatures)


def _read(body: bytes) -> Answer:
    try:
        return _answer_of(json.loads(body))
    except (ValueError, LookupError, TypeError, RecursionError):
        return NoAnswer("bad_answer")


def _answer_of(said: Mapping[str, Any]) -> Answer:
    if said["result"] in _DENIED:
        return Denied(_DENIED[said["result"]])
    if said["result"] != "yes" or not isinstance(said["email"], str):
        return NoAnswer("bad_answer")
    names = ("first_name", "last_name", "nickname")
    return Confirmed(said["email"], **{name: text_or_none(said.get(name)) for name in names})
