"""Sends a sample to two servers, ours first, and finds the differences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from reticket.core.fetching.model import FetchFault, Unfetched
from reticket.fetching.given_server import GivenRequest, GivenServer, WholeAnswer
from reticket.moving.compare.calls import ANSWER, Call, CallChain
from reticket.moving.compare.differences import Difference, differences
from reticket.moving.compare.forms import Hidden
from reticket.moving.compare.places import Places, places_of
from reticket.wire_examples import ACCESS, REFRESH, Example, tokens_in

PRODUCT = "reticket-compare"
"""The User-Agent, so that both servers can tell these requests from those of clients."""

SHORTEST_SECRET = 4
"""Characters of a password that is searched for in answers; a shorter one would be found in any."""


@dataclass
class Comparison:
    """What a comparison found.

    Args:
        compared: requests that both servers were asked.
        left_out: requests that need a token which one of them did not give.
    """

    compared: int = 0
    left_out: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


def compared(
    sample: Iterable[CallChain],
    ours: GivenServer,
    theirs: GivenServer,
    ignored: Collection[str] = (),
) -> Comparison:
    """Ask both servers and compare their answers."""
    comparison = Comparison()
    for chain in sample:
        answers = _asked(chain, ours), _asked(chain, theirs)
        for call, left, right in zip(chain.calls, *answers, strict=True):
            if left is None or right is None:
                comparison.left_out.append(call.name)
                continue
            comparison.compared += 1
            comparison.differences += differences(call.name, left, right, ignored)
    return comparison


def fault_of(server: GivenServer) -> FetchFault | None:
    """Why a server gives no answer at all; None if it gives one."""
    answer = server.ask(GivenRequest("GET", "/"))
    return answer.fault if isinstance(answer, Unfetched) else None


def _asked(chain: CallChain, server: GivenServer) -> list[Places | None]:
    """The places of each answer; None where a token for its request is missing."""
    found: list[Places | None] = []
    first: WholeAnswer | Unfetched | None = None
    for call in chain.calls:
        request = _request(call, chain.example, _text(first))
        if request is None:
            found.append(None)
            continue
        answer = server.ask(request)
        first = first or answer
        found.append(places_of(answer, _hidden(chain, server, first, answer)))
    return found


def _text(answer: WholeAnswer | Unfetched | None) -> str:
    return answer.body.decode("utf-8", "replace") if isinstance(answer, WholeAnswer) else ""


def _hidden(chain: CallChain, server: GivenServer, *answers: WholeAnswer | Unfetched) -> Hidden:
    secrets = {text for text in chain.secrets if len(text) >= SHORTEST_SECRET}
    if chain.example is not None:
        for answer in answers:
            secrets |= set(tokens_in(chain.example, _text(answer)).values())
    return Hidden(server.url, secrets)


def _request(call: Call, example: Example | None, answer: str) -> GivenRequest | None:
    """The request with the tokens of the first answer; None without them."""
    tokens = tokens_in(example, answer) if example else {}
    if tokens:
        tokens[ANSWER] = answer
    texts = [*call.headers.values(), call.body or ""]
    if any(word in text for text in texts for word in _words(example) if not tokens.get(word)):
        return None
    headers = tuple((name, _filled(text, tokens)) for name, text in call.headers.items())
    body = None if call.body is None else _filled(call.body, tokens).encode()
    said = ("user-agent", PRODUCT)
    return GivenRequest(call.method, call.path, (said, *_without_agent(headers)), body)


def _words(example: Example | None) -> tuple[str, ...]:
    return () if example is None else (ANSWER, ACCESS, REFRESH)


def _without_agent(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return (each for each in headers if each[0] != "user-agent")


def _filled(text: str, tokens: dict[str, str]) -> str:
    for word, token in tokens.items():
        text = text.replace(word, token)
    return text
