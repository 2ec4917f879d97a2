"""Examples of a dialect: two requests to paste, with words in place of tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ACCESS, REFRESH = "ACCESS_TOKEN", "REFRESH_TOKEN"
"""Words in the second call of an example. Each stands for a token of the sign-in's answer."""

_MEMBERS = {ACCESS: "access_*[tT]oken", REFRESH: "refresh_*[tT]oken"}


@dataclass(frozen=True, slots=True)
class Example:
    """Two calls that work against the demo directory, for a person to paste: a sign-in, and one
    that takes a token of its answer.

    Args:
        title: what signs in.
        sign_in / refresh: method and path of each call, the base path included.
        body: text of the sign-in.
        then_body: text of the second call, with at most one of the words ACCESS_TOKEN and
            REFRESH_TOKEN. None sends the sign-in's answer as it is; an empty text sends no body.
        content_type: of both bodies.
        then: the name of the second call, which is a refresh unless this says otherwise.
        refused: text of a sign-in of somebody with a second factor. Only a dialect with the option
            `second_factor` has one.
        then_headers: headers of the second call, each with at most one of the words.
        tokens: by a word, the member of the sign-in's answer that it stands for. By default the
            member is named access token or refresh token, in any spelling.
    """

    title: str
    sign_in: tuple[str, str]
    body: str
    refresh: tuple[str, str]
    then_body: str | None = None
    content_type: str = "application/json"
    then: str = "refresh"
    refused: str | None = None
    then_headers: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)

    def member(self, word: str) -> str:
        """The name of the member that a word stands for, as a pattern of sed and of Python."""
        return self.tokens.get(word, _MEMBERS[word])


def word_in(text: str) -> str | None:
    """The word for a token in a text of an example's second call; None without one."""
    return next((word for word in (ACCESS, REFRESH) if word in text), None)


def tokens_in(example: Example, answer: str) -> dict[str, str]:
    """The tokens of an answer to the sign-in, by the words that stand for them."""
    found = {word: _token(example, word, answer) for word in (ACCESS, REFRESH)}
    return {word: token for word, token in found.items() if token is not None}


def _token(example: Example, word: str, answer: str) -> str | None:
    found = re.findall(rf'"{example.member(word)}" ?: ?"([^"]+)"', answer)
    return found[-1] if found else None
