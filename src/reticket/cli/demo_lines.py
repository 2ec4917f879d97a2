"""The shell lines by which a person tries the demo: requests of each dialect's examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from reticket.openapi_to_try import ACCESS, REFRESH
from reticket.settings.catalogue import variable
from reticket.wire import Dialect, Example

_TOKENS = {ACCESS: "access_*[tT]oken", REFRESH: "refresh_*[tT]oken"}
"""The member of an answer that each word in a body stands for, as a pattern of sed."""


def lines(first: str, second: str, dialects: Sequence[Dialect]) -> Iterator[str]:
    """Shell lines for each example: a sign-in at the first address, and a sign-in there with a
    refresh at the second.
    """
    for dialect in dialects:
        for example in dialect.examples:
            sign_in = _curl(first, example.sign_in, example, quote(example.body))
            yield f"\n# {example.title}: sign in"
            yield sign_in
            yield f"# {example.title}: {example.then}"
            yield _curl(second, example.refresh, example, f'"$({sign_in}{_picking(example)})"')


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
        yield _curl(url, example.sign_in, example, quote(body))


def setting(dialect: str) -> str:
    """The variable that sets what the dialect does with a second factor."""
    return variable(f"dialects.{dialect}.second_factor")


def sed_program(body: str) -> str:
    """Makes that body of a sign-in's answer. The body has one of the words for a token."""
    word = next(word for word in _TOKENS if word in body)
    made = body.replace("&", r"\&").replace("/", r"\/").replace(word, r"\1")
    return rf's/.*"{_TOKENS[word]}":"\([^"]*\)".*/{made}/'


def _picking(example: Example) -> str:
    return f" | sed {quote(sed_program(example.then_body))}" if example.then_body else ""


def _curl(url: str, call: tuple[str, str], example: Example, body: str) -> str:
    method, path = call
    kind = f"-H 'Content-Type: {example.content_type}'"
    return f"curl -sS -X {method} '{url}{path}' {kind} -d {body}"
