"""A request of the sample, and requests that belong together. Data, not code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reticket.wire_examples import Example

ANSWER = "ANSWER_TO_THE_SIGN_IN"
"""Stands for the whole answer to the first request of a chain, as a body."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request. Its texts may have words for tokens, as those of an example.

    Args:
        title: what kind of request it is, such as `wrong method`.
        path: with its query, as it is sent.
        shown: the path as the report has it, without secrets.
    """

    title: str
    method: str
    path: str = field(repr=False)
    shown: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The request for people."""
        return f"{self.method} {self.shown} ({self.title})"


@dataclass(frozen=True, slots=True)
class CallChain:
    """Requests that are sent one after the other.

    Args:
        example: says where the answer to the first one has its tokens; None when no word is used.
        secrets: passwords in it, which no report shows.
    """

    calls: Sequence[Call]
    example: Example | None = None
    secrets: Sequence[str] = field(default=(), repr=False)
