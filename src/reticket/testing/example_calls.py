"""The second call of an example, made of the answer to its sign-in, as a client makes it."""

from __future__ import annotations

from reticket.wire_examples import Example, tokens_in, word_in


def second_body(example: Example, answer: str) -> str:
    """The body of the second call."""
    return answer if example.then_body is None else _filled(example, example.then_body, answer)


def second_headers(example: Example, answer: str) -> dict[str, str]:
    """The headers of the second call."""
    return {name: _filled(example, text, answer) for name, text in example.then_headers.items()}


def _filled(example: Example, text: str, answer: str) -> str:
    word = word_in(text)
    return text.replace(word, tokens_in(example, answer)[word]) if word else text
