"""The shell lines by which a person tries the demo: requests of each dialect's examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from reticket.settings.catalogue import variable
from reticket.wire import Dialect
from reticket.wire_examples import Example, word_in


def lines(first: str, second: str, dialects: Sequence[Dialect]) -> Iterator[str]:
    """Shell lines for each example: a sign-in at the first address, and a sign-in there with the
    second call at the second.
    """
    for dialect in dialects:
        for example in dialect.examples:
            sign_in = _sign_in(first, example, example.body)
            yield f"\n# {example.title}: sign in"
            yield sign_in
            yield f"# {example.title}: {example.then}"
            yield _then(second, example, sign_in)


def factor_lines(url: str, dialects: Sequence[Dialect]) -> Iterator[str]:
    """Shell lines for each dialect that refuses people with a second factor.

    Each is a sign-in that is refused, with the setting that makes the service accept it.
    """
    refusing = [
        (dialect, example, example.refused)
        for dialect in dialects
        for example in dialect.examples
        if example.refused is not None
    ]
    if refusing:
        yield "\n# Alan has a second factor. Dialects that cannot ask for it refuse him"
        yield "# (docs/second-factor.md)."
    for dialect, example, body in refusing:
        yield f"# {example.title}: {setting(dialect.name)}=ignore lets him in."
        yield _sign_in(url, example, body)


def setting(dialect: str) -> str:
    """The variable that sets what the dialect does with a second factor."""
    return variable(f"dialects.{dialect}.second_factor")


def sed_program(example: Example, text: str) -> str:
    """Makes that text of the sign-in's answer. The text has one of the words for a token."""
    word = word_in(text) or ""
    made = text.replace("&", r"\&").replace("/", r"\/").replace(word, r"\1")
    return rf's/.*"{example.member(word)}":"\([^"]*\)".*/{made}/'


def _sign_in(url: str, example: Example, body: str) -> str:
    return f"{_curl(url, example.sign_in)} {_content(example, quote(body))}"


def _then(url: str, example: Example, sign_in: str) -> str:
    """The second call. A text with a word is made of the answer to a sign-in."""

    def made(text: str) -> str:
        if word_in(text) is None:
            return quote(text)
        return f'"$({sign_in} | sed {quote(sed_program(example, text))})"'

    headers = [f"-H {made(f'{name}: {text}')}" for name, text in example.then_headers.items()]
    body = example.then_body
    sent = f'"$({sign_in})"' if body is None else made(body)
    content = [] if body == "" else [_content(example, sent)]
    return " ".join([_curl(url, example.refresh), *headers, *content])


def _content(example: Example, body: str) -> str:
    return f"-H 'Content-Type: {example.content_type}' -d {body}"


def _curl(url: str, call: tuple[str, str]) -> str:
    method, path = call
    return f"curl -sS -X {method} '{url}{path}'"
