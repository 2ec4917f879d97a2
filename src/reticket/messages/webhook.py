"""Posts a message to the operator's webhook, signed as Standard Webhooks 1.0 has it.

The receiver checks the signature and the time, so nobody else can make it send messages.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from reticket.core.fetching.model import Exchange, Fetched, FetchFault, FetchRequest, Unfetched
from reticket.core.messages import Failure, Message
from reticket.core.policy import SECOND
from reticket.core.ports import Clock
from reticket.core.webhook_signature import mac, signed_headers

_PASSING_STATUSES = frozenset({408, 425, 429})
_PASSING_FAULTS = frozenset(
    {FetchFault.NO_ADDRESS, FetchFault.UNREACHABLE, FetchFault.TIMED_OUT, FetchFault.BAD_HTTP}
)


class Webhook:
    """Delivers messages to one address.

    Args:
        url: an https URL.
        key: signs the messages.
        exchange: sends one request.
    """

    def __init__(self, url: str, key: bytes, exchange: Exchange, clock: Clock) -> None:
        self._url = url
        self._key = key
        self._exchange = exchange
        self._clock = clock

    def __call__(self, message: Message) -> Failure | None:
        """Deliver a message, or say why it was not delivered. The same message has the same
        `webhook-id` at each attempt.
        """
        result = self._exchange(self._request(_body(message)))
        if isinstance(result, Fetched):
            return None
        return Failure(result.fault, not _may_pass(result))

    def _request(self, body: bytes) -> FetchRequest:
        message_id = f"msg_{mac(self._key, b'id:' + body).hex()[:32]}"
        timestamp = str(self._clock() // SECOND)
        headers = signed_headers(self._key, message_id, timestamp, body)
        return FetchRequest(self._url, (), body, "application/json", headers)


def _body(message: Message) -> bytes:
    expires_at = datetime.fromtimestamp(message.until / SECOND, UTC)
    data = {
        "recipient": message.recipient,
        "subject": message.subject,
        "text": message.text,
        "members": dict(message.members),
        "expires_at": expires_at.isoformat(timespec="seconds"),
    }
    return json.dumps({"type": message.topic, "data": data}).encode()


def _may_pass(result: Unfetched) -> bool:
    """Whether the same request may succeed later."""
    status = result.status or 0
    return result.fault in _PASSING_FAULTS or status >= 500 or status in _PASSING_STATUSES
