"""Asks the vendor's own server by its sign-in route, as the dialect declares it."""

from __future__ import annotations

from reticket.core.fetching.model import Exchange, Fetched
from reticket.core.handover import Answer, NoAnswer, OldServer, OldSignIn


class VendorSignIn:
    """Asks one server.

    Args:
        declared: the requests, and what their answers mean.
        exchange: sends one request.
    """

    def __init__(self, declared: OldSignIn, server: OldServer, exchange: Exchange) -> None:
        self._declared = declared
        self._server = server
        self._exchange = exchange

    def __call__(self, name: str, password: str) -> Answer:
        """Whose password it is."""
        asking = self._declared.ask(self._server, name, password)
        try:
            request = next(asking)
            for _ in range(self._declared.requests):
                result = self._exchange(request)
                if not isinstance(result, Fetched):
                    return NoAnswer.of(result)
                request = asking.send(result)
        except StopIteration as done:
            answer: Answer = done.value
            return answer
        return NoAnswer("bad_answer")
