"""The demo's lines about second factors: who has one, and the setting that ignores it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from reticket.settings.catalogue import variable
from reticket.wire import Dialect, Example


def factor_lines(url: str, dialects: Sequence[Dialect]) -> Iterator[str]:
    """Shell lines for each dialect that refuses people with a second factor.

    Each is a sign-in that is refused, with the setting that makes the service accept it.
    """
    refusing = [
        (dialect, example)
        for dialect in dialects
        for example in dialect.examples
        if example.refused is not None
    ]
    if refusing:
        yield "\n# Alan has a second factor. Dialects that cannot ask for it refuse him"
        yield "# (docs/second-factor.md)."
    for dialect, example in refusing:
        yield f"# {example.title}: {setting(dialect.name)}=ignore lets him in."
        yield _curl(url, example)


def setting(dialect: str) -> str:
    """The variable that sets what the dialect does with a second factor."""
    return variable(f"dialects.{dialect}.second_factor")


def _curl(url: str, example: Example) -> str:
    method, path = example.sign_in
    kind = f"-H 'Content-Type: {example.content_type}'"
    return f"curl -sS -X {method} '{url}{path}' {kind} -d {quote(example.refused or '')}"
